// Package output turns the outputs of a target into exporters of BuildKit, checks
// what they can do, and has the files and directories that they write: each
// appears whole or not at all, and two targets that write the same file are told
// of each other.
//
// It does not push tags: the rooms publish and release do.
package output
