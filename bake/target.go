package bake

import "github.com/hashicorp/hcl/v2"

// Target is one image build, decoded from its attributes after inheritance,
// overrides and defaults. A Target is immutable once it stands in a Plan.
// The field names follow the attributes of the same name; see the attribute
// table in schema.go for their meaning, defaults and merge rules.
type Target struct {
	Name        string
	Description string

	Annotations      []string
	Attest           []Entry // type, disabled and any further attributes
	Context          string  // never empty, "." by default
	Contexts         map[string]string
	Dockerfile       string // never empty, "Dockerfile" by default
	DockerfileInline *string
	Args             map[string]string
	Labels           map[string]string
	Tags             []string
	CacheFrom        []Entry // type and its attributes
	CacheTo          []Entry
	Stage            *string // the attribute "target": the Dockerfile stage to build
	Secrets          []Secret
	SSH              []SSH
	Platforms        []string
	Outputs          []Entry // type, dest and further attributes
	Pull             *bool
	NoCache          *bool
	Network          *string
	NoCacheFilter    []string
	ShmSize          *string
	Ulimits          []string
	Resources        *Resources
	Call             *string
	Entitlements     []string
	ExtraHosts       map[string]string
	Policy           []Policy

	// Linked is true for a target that nobody requested: it is in the plan
	// only because another target uses its result as a named context.
	Linked bool

	// Links are the named contexts that are results of other targets of the
	// same plan, sorted by context name.
	Links []Link

	// Range is where the target was first defined.
	Range hcl.Range

	attrs *resolved // the cells behind Origin
}

// Link is a named context whose value is the result of another target.
type Link struct {
	Context string // name of the named context in the Dockerfile
	Target  *Target
}

// Entry is one element of a list such as output, cache-from, cache-to or
// attest: a type and its attributes. Attrs holds neither "type" nor, for
// outputs, "dest".
type Entry struct {
	Type  string
	Dest  string // outputs only
	Attrs map[string]string
}

// Disabled reports whether the entry is an attestation or a policy that its
// definition turns off. The value is "true" or not there.
func (e Entry) Disabled() bool { return e.Attrs["disabled"] == "true" }

// Secret is one secret that a build may mount. With neither Src nor Env, the
// environment variable named like the ID is used if set, else the file so named.
type Secret struct {
	ID  string
	Src string
	Env string

	// Value is what Env stands for if the environment does not have it, nil for
	// nothing. The files of variables of a Compose project say so. It is a secret:
	// nothing prints it.
	Value *string `json:"-"`
}

// variable is the environment variable that the secret is taken from, or would be
// if it is set; empty if it is a file.
func (s Secret) variable() string {
	switch {
	case s.Env != "":
		return s.Env
	case s.Src == "":
		return s.ID
	}
	return ""
}

// SSH is one SSH agent socket or a set of keys forwarded to a build. Without
// paths it is the agent at SSH_AUTH_SOCK.
type SSH struct {
	ID    string
	Paths []string
}

// Resources are limits for the containers of RUN. Sizes are as written
// ("512m"); shares, period (µs) and quota (µs) are integers, nil when not set.
type Resources struct {
	Memory     string
	MemorySwap string
	CPUShares  *int64
	CPUPeriod  *int64
	CPUQuota   *int64
	CPUSetCPUs string
	CPUSetMems string
}

// Policy is one source policy entry. Several files are evaluated as one.
type Policy struct {
	Filename string
	More     []string // the files after the first
	Reset    bool
	Disabled bool
	Strict   *bool
	LogLevel string
}
