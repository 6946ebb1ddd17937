// Package policy finds the policies of a target, policies in Rego and the source
// policy of the run, and answers the engine, which asks about every source.
package policy
