// Package enginecmd has the verbs of `bake engine`, and runs the engine where bake is
// started as one.
package enginecmd
