package cmd

import (
	"bytes"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/files"
)

// settleVerb decides what a command line means whose first word is a verb: the
// targets of these names where every word is a target or group of the
// definition, else the verb. The verbs are then taken from the root, so that it
// builds. Which definition that is, is said by the flags of a build.
//
// A verb with a verb of its own (engine stop) is never anything else, nor is
// one before "--", and after "--" there are only targets: neither looks at a
// definition. No other command line gets here.
func settleVerb(a *app.App, root *cobra.Command) {
	words := a.Args
	completing := len(words) > 1 && strings.HasPrefix(words[0], cobra.ShellCompRequestCmd)
	if completing {
		words = words[1 : len(words)-1] // the last is still being typed
	}
	verb, _, err := root.Find(words)
	if err != nil || verb == root || verb.Parent() != root || verb.Hidden || slices.Contains(words, "--") {
		return
	}
	asked := asBuild(a, words)
	if asked == nil || slices.ContainsFunc(asked.targets, notAName) {
		return
	}
	fits := takesFlags(a, verb.Name(), words)
	named, known := namedTargets(a, asked)
	all := known && len(named) == len(asked.targets)
	first := slices.Contains(named, verb.Name())
	quiet := completing || asked.diagnostics == "json" // standard error is for a program
	switch {
	case all, !known && !fits, first && !fits:
		root.RemoveCommand(root.Commands()...)
		a.VerbToo = verb
		if all && !quiet {
			a.Note("%q is a target here; for the verb, write: bake %[1]s --", verb.Name())
		}
	case first && !quiet:
		a.Note("%q is a verb of bake; to build the target of that name, write: bake -- %[1]s", verb.Name())
	}
}

// asBuild is what a command line asks for as one that builds, nil when it is
// none.
func asBuild(a *app.App, args []string) (asked *bakeOptions) {
	quiet := *a
	quiet.Out, quiet.Err = io.Discard, io.Discard
	c := newBake(&quiet, func(_ *app.App, o *bakeOptions) error { asked = o; return nil })
	addPersistentFlags(&quiet, c)
	c.SilenceErrors, c.SilenceUsage, c.CompletionOptions.DisableDefaultCmd = true, true, true
	c.SetOut(io.Discard)
	c.SetArgs(args)
	if c.Execute() != nil {
		return nil
	}
	return asked
}

// takesFlags tells whether a verb has all flags of a command line.
func takesFlags(a *app.App, name string, args []string) bool {
	quiet := *a
	verb, rest, err := newRoot(&quiet).Find(args)
	return err == nil && verb.Name() == name && verb.ParseFlags(rest) == nil
}

// notAName tells words that are neither a target nor a pattern: a path, a URL.
func notAName(word string) bool { return !nameOrPattern.MatchString(word) }

var nameOrPattern = regexp.MustCompile(`^[a-zA-Z0-9_.*?\[\]^-]+$`)

// namedTargets are the words that the definition has a target or group for;
// known is false if it cannot be read. The definition is only evaluated when it
// may have all of them.
func namedTargets(a *app.App, asked *bakeOptions) (named []string, known bool) {
	quiet := *a
	quiet.Out, quiet.Err = io.Discard, io.Discard
	o := &asked.definitionOptions
	list, _, err := o.read(&quiet, files.HostFS{Dir: a.Dir})
	a.Opened = quiet.Opened
	if err != nil {
		return nil, false
	}
	if !mayName(list, o, a.Env, asked.targets[0]) {
		return nil, true
	}
	config, err := evaluateDefinition(&quiet, o, &diagnostics.Reporter{Streams: quiet.Streams})
	if err != nil {
		return nil, false
	}
	for _, word := range asked.targets {
		if config.Has(word) {
			named = append(named, word)
		}
	}
	return named, true
}

// mayName tells whether the files may have a target of that name: they say the
// word, or may take names from elsewhere, for a matrix or from further files.
func mayName(list []bake.File, o *definitionOptions, env bake.Env, word string) bool {
	for _, f := range list {
		if bytes.Contains(f.Data, []byte(word)) {
			return true
		}
		ext := strings.ToLower(path.Ext(f.Name))
		if ext != ".hcl" && ext != ".json" && bytes.Contains(f.Data, []byte("include")) {
			return true
		}
		if bytes.Contains(f.Data, []byte("matrix")) && givesWord(o, env, word) {
			return true
		}
	}
	return false
}

// givesWord tells whether a value of the command line or of the environment has
// the word.
func givesWord(o *definitionOptions, env bake.Env, word string) bool {
	for _, v := range o.vars {
		if strings.Contains(v, word) {
			return true
		}
	}
	for _, v := range env {
		if strings.Contains(v, word) {
			return true
		}
	}
	return false
}
