// Package bake is the pure core of the tool: it turns build definitions into
// a plan of image builds. It touches no operating system, no environment, no
// Docker and no BuildKit; what it needs of the world is handed to it.
//
// Work goes through five phases, each taking an immutable value and returning
// a new one with diagnostics beside it:
//
//	Load      names            -> []File       what stands on disk
//	Parse     []File           -> Definition   what is written: blocks, names, ranges, no values
//	Evaluate  Definition+Scope -> Config       what it means: variables, functions, matrix
//	Plan      Config+Request   -> Plan         what will happen: selection, inheritance, overrides, links
//	submit.Run Plan            -> Report       what happened (package bake/submit)
//
// The names of files tell the phase: parse_, evaluate_, plan_. Three things are
// asked of every phase: print_ writes values as JSON and lists, origin_ tells where
// they come from, diag_ words what is wrong. Files without such a name hold the
// values that go from phase to phase.
//
// The words, as used everywhere: a definition holds targets, groups, variables
// and functions. A target has attributes, declared once in the attribute
// table. A matrix turns one block into several instances. A target inherits
// from base targets. An override is a --set or a flag that acts like one. A
// named context whose value is "target:NAME" is a link. Every value has an
// origin: where it was written and what it replaced.
//
// The same input gives the same output, byte for byte, always.
package bake
