package release

// Request is the build that a release is of, so that it can be asked for again,
// and told from another.
type Request struct {
	Dir      string   `json:"directory"`
	Files    []string `json:"files,omitempty"`
	Targets  []string `json:"targets,omitempty"`  // as typed, with the URL of the definition
	Push     bool     `json:"push,omitempty"`     // --push was given
	Deferred bool     `json:"deferred,omitempty"` // the outputs were only held back (-j defer-output)
	Flags    []Flag   `json:"flags,omitempty"`

	// Variables are the values that the plan had from outside, by name: of the
	// environment and of --var. Hidden are those of which the values may be secret.
	Variables map[string]string `json:"variables,omitempty"`
	Hidden    []string          `json:"hidden,omitempty"`

	// Plan is what was to be built, in its order.
	Plan []Planned `json:"plan,omitempty"`

	// More is whether the definition cannot be named again: it came from standard
	// input, or from a URL with a login in it.
	More bool `json:"more,omitempty"`
}

// Flag is one that says what is built.
type Flag struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`  // of a hidden one what stands before its last "="
	Hidden bool   `json:"hidden,omitempty"` // the rest of the value may be secret
}

// Planned is a target of a plan.
type Planned struct {
	Target    string   `json:"target"`
	Platforms []string `json:"platforms,omitempty"`
	Tags      []string `json:"tags,omitempty"` // that it pushes
}
