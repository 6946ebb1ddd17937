package node

import (
	"strconv"
	"strings"
)

// Older reports whether the BuildKit of a node is older than 0.since. One whose
// version is not known, as it was built from a branch, is not taken to be.
func (n *Node) Older(since int) bool {
	minor, known := n.minor()
	return !n.Embedded && known && minor < since
}

// unversioned is the last BuildKit that does not say which version it is: 0.10.
const unversioned = 10

// minor is the BuildKit of a node, 0.minor.
func (n *Node) minor() (minor int, known bool) {
	if n.Version == "" {
		return unversioned, true
	}
	major, rest, _ := strings.Cut(strings.TrimPrefix(n.Version, "v"), ".")
	digits, _, _ := strings.Cut(rest, ".")
	minor, err := strconv.Atoi(digits)
	return minor, major == "0" && err == nil && minor > 0
}

// Age says how old the BuildKit of a node is.
func (n *Node) Age() string {
	name := "the builder"
	if n.Builder != "" {
		name = "builder " + n.Builder
	}
	if n.Version == "" {
		return name + " has an older one"
	}
	return name + " has " + strings.TrimPrefix(n.Version, "v")
}
