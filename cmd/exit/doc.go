// Package exit has the exit codes of bake and the errors that know theirs, with what
// to do about them.
package exit
