// Package cmd is the command line of bake.
//
// One file holds one verb: an Options struct that its flags fill, a newX that
// makes the cobra command, and a runX that does the work. newX takes the
// function to run, so that a test can look at the options alone.
//
// Everything a verb knows about the outside comes in through app: the three
// streams, the environment, the working directory and the version. The
// environment is read once, in Main. Standard output carries data only (plans,
// lists, JSON); all talk goes to standard error.
//
// A run of `bake` goes through load, parse, evaluate and plan (package bake),
// the selection of a builder, submit.Run and the report. Nothing before the
// selection of a builder touches an engine, Docker, a credential or the network.
package cmd
