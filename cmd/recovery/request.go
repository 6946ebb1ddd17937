package recovery

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/release"
	"bake/cmd/terminal"
)

// WrittenFlags are the flags that say what is built, and that a journal writes
// down one by one. --file, --push, --var and the targets are written down, too.
var WrittenFlags = map[string]bool{
	"set": true, "no-cache": true, "pull": true, "load": true, "sbom": true, "provenance": true, "policy": true,
	"allow": true, "env-file": true, "profile": true, "frontend": true,
}

// DecidingVariables are those of the environment that decide which definition is
// read, and how.
var DecidingVariables = []string{
	"BUILDX_BAKE_FILE", "BUILDX_BAKE_FILE_SEPARATOR", "BUILDX_BAKE_FILE_RELATIVE_PATHS", NoLookups, "BUILDX_NO_DEFAULT_ATTESTATIONS",
	"COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "COMPOSE_ENV_FILES", "COMPOSE_DISABLE_ENV_FILE", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME",
}

// NoLookups is the one that keeps the environment from setting variables.
const NoLookups = "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP"

// NewFlag is a flag as a journal writes it down.
func NewFlag(name, value string) release.Flag {
	if name != "set" {
		return release.Flag{Name: name, Value: value}
	}
	key, text, _ := strings.Cut(value, "=")
	if bake.MayBeSecret(key[strings.LastIndex(key, ".")+1:], text) && text != "" {
		return release.Flag{Name: name, Value: key, Hidden: true}
	}
	return release.Flag{Name: name, Value: value}
}

// Command is what goes on with a release whose images are not all pushed.
func Command(r release.Request, id string) string {
	words := []string{"bake", "--resume=" + id}
	for _, f := range r.Flags {
		if f.Hidden {
			words = append(words, "--"+f.Name, terminal.ShellQuote(f.Value+"=..."))
		}
	}
	switch {
	case slices.Contains(r.Files, "-"):
		for _, name := range r.Files {
			words = append(words, "-f", terminal.ShellQuote(name))
		}
		words = append(words, "<DEFINITION")
	case r.More:
		words = append(words, "URL")
	}
	return strings.Join(words, " ")
}

// Differences tells how what would be built now differs from what a release was
// of: its variables, targets, platforms and tags. There are none if nobody wrote
// down what it was of.
func Differences(then, now release.Request) []string {
	if len(then.Plan) == 0 {
		return nil
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(union(then.Variables, now.Variables))) {
		before, was := then.Variables[name]
		value, is := now.Variables[name]
		switch {
		case slices.Contains(then.Hidden, name) || slices.Contains(now.Hidden, name):
		case !was:
			out = append(out, fmt.Sprintf("the variable %s is %q and was not set", name, value))
		case !is:
			out = append(out, fmt.Sprintf("the variable %s was %q and is not read", name, before))
		case before != value:
			out = append(out, fmt.Sprintf("the variable %s is %q and was %q", name, value, before))
		}
	}
	for _, name := range then.Hidden {
		if !slices.Contains(now.Hidden, name) {
			out = append(out, fmt.Sprintf("the variable %s was set, but to what is not written down, as it may be secret", name))
		}
	}
	for _, name := range now.Hidden {
		if !slices.Contains(then.Hidden, name) {
			out = append(out, fmt.Sprintf("the variable %s is set and was not", name))
		}
	}
	return append(out, planDifferences(then.Plan, now.Plan)...)
}

func union(a, b map[string]string) map[string]bool {
	out := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for name := range m {
			out[name] = true
		}
	}
	return out
}

// planDifferences compares targets by their names.
func planDifferences(then, now []release.Planned) []string {
	var out []string
	find := func(list []release.Planned, name string) *release.Planned {
		if i := slices.IndexFunc(list, func(p release.Planned) bool { return p.Target == name }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, p := range then {
		is := find(now, p.Target)
		switch {
		case is == nil:
			out = append(out, fmt.Sprintf("the target %s is not to be built", p.Target))
			continue
		case !slices.Equal(is.Platforms, p.Platforms):
			out = append(out, fmt.Sprintf("the platforms of target %s are %s and were %s", p.Target, listed(is.Platforms), listed(p.Platforms)))
		}
		if !slices.Equal(is.Tags, p.Tags) {
			out = append(out, fmt.Sprintf("the tags of target %s are %s and were %s", p.Target, listed(is.Tags), listed(p.Tags)))
		}
	}
	for _, p := range now {
		if find(then, p.Target) == nil {
			out = append(out, fmt.Sprintf("the target %s was not to be built", p.Target))
		}
	}
	return out
}

func listed(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
