// Package vcs looks up the git repository that a local context lies in, for the
// labels and the provenance of images.
package vcs
