// Package dockerfile finds the Dockerfile of a target and the ignore rules beside
// it, and reads the stages of its text: what they copy from the context and
// which of them use each other.
//
// What it reads lies on this machine or was given to it. The room frontend reads
// a Dockerfile through the engine.
package dockerfile
