package dockerfile

import ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

// Build is what a Dockerfile makes of one target for one platform.
type Build struct {
	File     *File
	Platform ocispecs.Platform
	Foreign  string // the frontend that alone knows what the rest would be; then nothing else is set

	Target   int      // the node that is built
	Nodes    []Node   // the stages of the file in their order, then what they are made of from elsewhere
	Uses     []Use    // of nodes by stages, in the order of the file
	Reads    []Read   // of files, by reached stages
	Mounts   []Mount  // of RUN, by reached stages
	Fetches  []Fetch  // of URLs and git repositories, by reached stages
	Args     []Arg    // what ARG instructions declare: those before the first stage, and of reached stages
	Transfer Transfer // what the builder is sent of the context

	Unknown []Unknown // what could not be told, in the order of the file
	Result  *Config   // what is known of the configuration of the image
}

// Context is the index of the target's context, where a node is meant.
const Context = -1

// NodeKind is what a node stands for.
type NodeKind int

// The kinds of nodes.
const (
	StageNode   NodeKind = iota
	ImageNode            // an image that FROM or --from names
	ScratchNode          // the empty image
	NamedNode            // a named context
)

// Node is a stage, or what a stage is made of from elsewhere.
type Node struct {
	Kind     NodeKind
	Stage    *Stage            // of a StageNode
	Name     string            // of the stage, as FROM or --from has it, or the key of the named context
	Image    string            // the whole reference of an ImageNode, or of a NamedNode that is an image
	Value    string            // of a NamedNode
	Transfer []Transfer        // what the builder is sent of a NamedNode that is a directory, by stages and instructions
	Platform ocispecs.Platform // of the image that it stands on
	Replaced bool              // a stage whose place a named context takes: its instructions are not run
	Reached  bool              // the frontend looks at it
	Built    bool              // its result goes into that of the target
}

// UseKind is how an instruction uses a node.
type UseKind int

// The kinds of uses.
const (
	BaseUse  UseKind = iota // FROM
	CopyUse                 // COPY --from
	MountUse                // RUN --mount=from
)

// Use is one of a node by the stage Node.
type Use struct {
	Node, From int
	Kind       UseKind
	Trigger    bool // by ONBUILD of what the stage stands on
	At         *Instruction
}

// Read is what an instruction of the stage Node reads of the files of From.
type Read struct {
	Node, From int
	Kind       ReadKind
	Path       string   // from the top, "/" for all; with wildcards in COPY and ADD
	Include    []string // what is read below Path, empty for all: the rest of it where --parents keeps names
	Exclude    []string // patterns of what is not, below Path
	Required   []string // what has to be there
	Unpack     bool     // archives are
	Unknown    string   // why it is not known what is read; then Path is "/"
	At         *Instruction

	from *state
}

// ReadKind is how files are read.
type ReadKind int

// The kinds of reads.
const (
	Copied ReadKind = iota // COPY and ADD
	Bound                  // RUN --mount=type=bind, or a cache that begins with them
)

// MountKind is the type of a mount.
type MountKind string

// The types of mounts.
const (
	BindMount   MountKind = "bind"
	CacheMount  MountKind = "cache"
	TmpfsMount  MountKind = "tmpfs"
	SecretMount MountKind = "secret"
	SSHMount    MountKind = "ssh"
)

// Mount is one of a RUN instruction of the stage Node.
type Mount struct {
	Node     int
	Kind     MountKind
	From     int    // what is mounted, for bind and cache; NoNode for nothing
	Source   string // below From, from the top
	ID       string // of a cache, a secret or an agent
	Target   string // where, as written
	Sharing  string // of a cache: shared, private or locked
	ReadOnly bool
	Required bool // a secret or agent has to be given
	Env      string
	Owned    bool   // uid, gid or mode are given
	Unknown  string // why its values are not known
	At       *Instruction

	from *state
}

// NoNode is the index of nothing.
const NoNode = -2

// Fetch is a URL or a git repository that ADD of the stage Node reads.
type Fetch struct {
	Node     int
	URL      string // of the file or repository
	Git      bool
	Ref      string // of git: the branch, tag or commit, empty for the default branch
	Subdir   string // of git
	Checksum string // empty for none
	GitDir   bool   // .git is kept
	At       *Instruction
}

// ArgSource is where the value of an argument comes from.
type ArgSource int

// The sources of arguments.
const (
	ArgUnset   ArgSource = iota // it has no value
	ArgDefault                  // its ARG instruction
	ArgGiven                    // the target
	ArgGlobal                   // an ARG instruction before the first stage
	ArgBuiltin                  // the platform, or another that the frontend knows
)

// Arg is what an ARG instruction declares.
type Arg struct {
	Node    int // the stage, NoNode before the first
	Name    string
	Value   string
	Source  ArgSource
	Unknown string // why the value is not known
	At      *Instruction
}

// Transfer is what the builder is sent of a directory.
type Transfer struct {
	All   bool     // all that the ignore file lets in
	Paths []string // else these and what links there lead to, with wildcards, sorted; none if it is not read
}

// Unknown is a question about a build that only a builder, or somebody who knows an
// image, can answer.
type Unknown struct {
	Node int
	Kind UnknownKind
	Why  string
	At   *Instruction
}

// UnknownKind is what an answer would tell.
type UnknownKind int

// The kinds of what is unknown.
const (
	UnknownValue    UnknownKind = iota // what an instruction reads: it may be all of the context
	UnknownTriggers                    // whether the image has ONBUILD instructions, which is rare
	UnknownTime                        // SOURCE_DATE_EPOCH is taken from something
)

// Config is what is known of the configuration of an image.
type Config struct {
	Env     []string // NAME=value
	OnBuild []string
	Dir     string // the working directory
	Empty   bool   // it has no layers: whoever stands on it stands on scratch
	Open    string // the image whose environment and directory are not known, empty if they are
}
