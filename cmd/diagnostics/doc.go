// Package diagnostics shows what is wrong with a definition or a build: as text with
// the lines in question, as JSON, and as annotations of GitHub. It collects, sorts
// and counts them, and says what to do where that is known.
//
// Where diagnostics come from is the business of the package bake; failures of
// builds come from bake/submit.
package diagnostics
