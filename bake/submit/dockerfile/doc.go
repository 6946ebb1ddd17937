// Package dockerfile finds the Dockerfile of a target and the ignore rules beside
// it, and tells which part of the context its text names.
//
// What it reads lies on this machine or was given to it. The room frontend reads
// a Dockerfile through the engine; what a text means is known above, in
// bake/dockerfile.
package dockerfile
