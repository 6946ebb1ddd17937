// Package builders selects the builder that a plan is built on, and has the verbs
// of `bake builders`: those of buildx, Docker, a BuildKit elsewhere, and the engine
// inside bake.
package builders
