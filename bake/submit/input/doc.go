// Package input finds where a target reads from: its context, its Dockerfile and
// its named contexts, each as a source of the engine or as something that the
// engine fetches.
//
// Links to other targets are left out: they have no source before the other
// target is loaded.
package input
