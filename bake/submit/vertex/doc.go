// Package vertex reads the definitions that a frontend returns: the steps in
// them, how the engine shows them, and which of them are the same for several
// targets.
package vertex
