// Package host is the machine that bake was called on, as far as a build reads
// it: the working directory, the environment, what a path means there, and
// regular files, read to a bound and without following a link out of the
// directory that they belong to.
//
// It knows nothing of plans: who may read what is the room grant.
package host
