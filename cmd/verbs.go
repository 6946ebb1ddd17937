package cmd

import (
	"bytes"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"bake/bake"
)

// noteShadowed says so when the definition has a target named like the verb
// that runs. It only evaluates a definition that holds the word at all.
func (a *app) noteShadowed(verb *cobra.Command) {
	for verb.HasParent() && verb.Parent().HasParent() {
		verb = verb.Parent()
	}
	name := verb.Name()
	fsys := hostFS{a.dir}
	names, err := definitionNames(nil, a.env, fsys)
	if err != nil || slices.Contains(names, "-") {
		return
	}
	files, err := bake.Load(fsys, names, nil)
	if err != nil || !mentions(files, name) {
		return
	}
	quiet := *a
	quiet.err = io.Discard
	config, err := quiet.evaluate(&definitionOptions{}, &reporter{streams: quiet.streams})
	if err != nil {
		return
	}
	if slices.Contains(config.Names(), name) {
		a.note("%q is a verb of bake; to build the target of that name, write: bake -- %s", name, name)
	}
}

func mentions(files []bake.File, word string) bool {
	for _, f := range files {
		if bytes.Contains(f.Data, []byte(word)) {
			return true
		}
	}
	return false
}
