// Package recovery finds releases that were not finished, lists them and puts their
// tags back. Flags of `bake` ask for it.
package recovery
