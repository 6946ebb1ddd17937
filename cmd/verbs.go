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
)

// settleVerb decides what a command line means whose first word is a verb: the
// targets of these names where every word is a target or group of the
// definition, else the verb. The verbs are then taken from the root, so that it
// builds. Which definition that is, is said by the flags of a build.
//
// A verb with a verb of its own (engine stop) is never anything else, nor is
// one before "--", and after "--" there are only targets: neither looks at a
// definition. No other command line gets here.
func (a *app) settleVerb(root *cobra.Command) {
	words := a.args
	completing := len(words) > 1 && strings.HasPrefix(words[0], cobra.ShellCompRequestCmd)
	if completing {
		words = words[1 : len(words)-1] // the last is still being typed
	}
	verb, _, err := root.Find(words)
	if err != nil || verb == root || verb.Parent() != root || verb.Hidden || slices.Contains(words, "--") {
		return
	}
	asked := a.asBuild(words)
	if asked == nil || slices.ContainsFunc(asked.targets, notAName) {
		return
	}
	fits := a.takesFlags(verb.Name(), words)
	named, known := a.namedTargets(asked)
	all := known && len(named) == len(asked.targets)
	first := slices.Contains(named, verb.Name())
	quiet := completing || asked.diagnostics == "json" // standard error is for a program
	switch {
	case all, !known && !fits, first && !fits:
		root.RemoveCommand(root.Commands()...)
		a.verbToo = verb
		if all && !quiet {
			a.note("%q is a target here; for the verb, write: bake %[1]s --", verb.Name())
		}
	case first && !quiet:
		a.note("%q is a verb of bake; to build the target of that name, write: bake -- %[1]s", verb.Name())
	}
}

// asBuild is what a command line asks for as one that builds, nil when it is
// none.
func (a *app) asBuild(args []string) (asked *bakeOptions) {
	quiet := *a
	quiet.out, quiet.err = io.Discard, io.Discard
	c := newBake(&quiet, func(_ *app, o *bakeOptions) error { asked = o; return nil })
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
func (a *app) takesFlags(name string, args []string) bool {
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
func (a *app) namedTargets(asked *bakeOptions) (named []string, known bool) {
	quiet := *a
	quiet.out, quiet.err = io.Discard, io.Discard
	o := &asked.definitionOptions
	files, _, err := o.read(&quiet, hostFS{a.dir})
	a.opened = quiet.opened
	if err != nil {
		return nil, false
	}
	if !mayName(files, o, a.env, asked.targets[0]) {
		return nil, true
	}
	config, err := quiet.evaluate(o, &reporter{streams: quiet.streams})
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
func mayName(files []bake.File, o *definitionOptions, env bake.Env, word string) bool {
	for _, f := range files {
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
