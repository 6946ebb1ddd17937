package rootless

// Options are what a child needs to know besides its command.
type Options struct {
	// RuntimeDir, if set, is where the child finds a tmpfs of its own that
	// $XDG_RUNTIME_DIR points to. The directory is made if it is missing. What
	// is put there inside is not seen outside, so it is no place for sockets
	// to be reached by others.
	RuntimeDir string
}

// Info describes the namespace to the child in it.
type Info struct {
	UID    int  `json:"uid"`    // of the user outside, who is 0 inside
	GID    int  `json:"gid"`    // of the user's group outside, which is 0 inside
	Ranges bool `json:"ranges"` // whether there are more ids than 0
}

// A Problem is something the host lacks. It is also an error of [Start].
type Problem struct {
	What  string // what is missing, and what does not work therefore
	Fix   string // what to install or to set
	Fatal bool   // nothing works without it; else something is missing or slow
}

// Error is the problem with its solution, in one line.
func (p Problem) Error() string { return p.What + ": " + p.Fix }
