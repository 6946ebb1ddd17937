// Package compose reads Compose files as definitions of image builds.
//
// [Parse] turns the Compose files of one invocation into one [hcl.Body]: a
// block target "NAME" for each service with a build section, and a block group
// "default" that names them. Whoever evaluates HCL thereby evaluates Compose
// files, and every value has its place in the YAML: the package never loses the
// line and column of a key, a list element or a map entry on the way through
// anchors, merge keys, include, extends and the merging of several files.
//
// # Words
//
// A source is one YAML file. A document is one of the documents in it, divided
// by "---". A value is a node of a document after interpolation. A model is
// what documents say together: services and secrets, by name. A scope is what
// holds for a group of files that are loaded together: their environment and
// the directory that relative paths are relative to.
//
// # Order of things
//
// For each document, as Compose does it: interpolate, include, extend, merge
// over what earlier documents and files said. Then the services become
// attributes. The rules for merging are compose-go's own (its package
// override). Reading, positions, include and extends are done here, because
// compose-go's loader has no positions, opens files of the operating system by
// itself, and compiles a JSON schema at start-up (5 to 10 ms) that every run
// would pay for, also those without any Compose file.
//
// Only what a build needs is looked at: of a service its image, build,
// environment, env_file, extends and profiles. What else Compose knows is
// accepted, whatever its value; names that Compose does not know are reported.
package compose
