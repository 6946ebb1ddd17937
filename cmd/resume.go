package cmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/release"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/recovery"
	"bake/cmd/terminal"

	"github.com/spf13/pflag"
)

// keepRelease notes the flags that say what is built: a release writes them
// down.
func (o *bakeOptions) keepRelease(flags *pflag.FlagSet) {
	o.flags = flags
	flags.Visit(func(f *pflag.Flag) {
		written := recovery.WrittenFlags[f.Name]
		o.specific = o.specific || written || f.Name == "var" || f.Name == "file" || f.Name == "push"
		if !written {
			return
		}
		for _, value := range flagValues(f) {
			o.written = append(o.written, recovery.NewFlag(f.Name, value))
		}
	})
}

// flagValues are the values that a flag was given.
func flagValues(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	if !f.Changed {
		return nil
	}
	return []string{f.Value.String()}
}

// releaseRequest is what a journal says of a build.
func (o *bakeOptions) releaseRequest(a *app.App, plan *bake.Plan) release.Request {
	given := plan.Given()
	r := release.Request{
		Dir: a.Dir, Files: o.files, Targets: o.asked, Push: o.push, Deferred: o.jobs.hold && !o.atomic,
		Flags: o.written, Variables: given.Values, Hidden: given.Hidden,
	}
	for _, name := range slices.Concat(recovery.DecidingVariables, o.bareArgs()) {
		value, ok := a.Env[name]
		switch _, known := r.Variables[name]; {
		case !ok || known || slices.Contains(r.Hidden, name):
		case bake.MayBeSecret(name, value):
			r.Hidden = append(r.Hidden, name)
		default:
			r.Variables[name] = value
		}
	}
	for _, t := range plan.Targets {
		r.Plan = append(r.Plan, release.Planned{Target: t.Name, Platforms: t.Platforms, Tags: t.PushedTags()})
	}
	if o.rerunFailed {
		r.Targets = nil
		for _, t := range plan.Targets {
			if !t.Linked {
				r.Targets = append(r.Targets, t.Name)
			}
		}
	}
	r.More = slices.Contains(o.files, "-")
	if slices.ContainsFunc(r.Targets, func(t string) bool { return bake.IsRemote(t) && bake.MayBeSecret("", t) }) {
		r.Targets, r.More = nil, true
	}
	return r
}

// bareArgs are the build arguments of --set that have their values from the
// environment.
func (o *bakeOptions) bareArgs() []string {
	var out []string
	for _, text := range o.set {
		if override, err := bake.ParseOverride(text); err == nil && override.NoValue {
			out = append(out, override.Name)
		}
	}
	return out
}

// again makes o ask for what a release was of, where the command line does not
// say it once more. What it says otherwise is refused.
func (o *bakeOptions) again(a *app.App, entry *release.Entry) error {
	r := entry.Request
	command := recovery.Command(r, entry.ID)
	if r.Dir != a.Dir {
		if entry.Phase != release.Pushing {
			return exit.Usagef("release %s was not started in this directory, so what it is of cannot be compared with these arguments", entry.ID).
				WithHint("`bake --resume=%s` by itself finishes it from anywhere.", entry.ID)
		}
		return exit.Usagef("release %s was not started in this directory, and not all of its images were pushed", entry.ID).
			WithHint("It has to be built again. Do it there:\n\n  cd %s && %s", terminal.ShellQuote(r.Dir), command)
	}
	if r.More && len(o.targets) == 0 && !slices.Contains(o.files, "-") {
		return exit.Usagef("release %s is of a definition that came from standard input, or from a URL that may be secret", entry.ID).
			WithHint("Not all of its images were pushed, so it has to be built again. Give the definition once more:\n\n  %s", command)
	}
	var wrong []string
	differ := func(what string, is, was []string) {
		if len(is) > 0 && !slices.Equal(is, was) {
			wrong = append(wrong, fmt.Sprintf("%s: %s, and it was %s", what, strings.Join(is, " "), cmp.Or(strings.Join(was, " "), "none")))
		}
	}
	if !r.More {
		differ("targets", o.targets, r.Targets)
	}
	differ("--file", o.files, r.Files)
	wrong = append(wrong, o.flagsAgain(r.Flags)...)
	if len(wrong) > 0 {
		return notTheSame(entry, wrong)
	}
	if len(o.targets) == 0 {
		o.targets = r.Targets
	}
	if len(o.files) == 0 {
		o.files = r.Files
	}
	if o.builder == "" {
		o.builder = entry.Builder
	}
	o.push = o.push || r.Push
	o.atomic, o.jobs.hold = o.atomic || !r.Deferred, o.jobs.hold || r.Deferred
	o.variablesAgain(a, r.Variables)
	o.resumed = entry
	return nil
}

// variablesAgain gives the variables of a release their values, unless they have
// some.
func (o *bakeOptions) variablesAgain(a *app.App, values map[string]string) {
	env := bake.Env{}
	maps.Copy(env, a.Env)
	given := func(name string) bool {
		_, ok := env[name]
		return ok || slices.ContainsFunc(o.vars, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	}
	for _, name := range recovery.DecidingVariables {
		if value, ok := values[name]; ok && !given(name) {
			env[name] = value
		}
	}
	off, _ := strconv.ParseBool(env[recovery.NoLookups])
	for _, name := range slices.Sorted(maps.Keys(values)) {
		bare := strings.TrimSuffix(name, "_JSON")
		switch {
		case given(name) || given(bare) || given(bare+"_JSON"):
		case off:
			o.vars = append(o.vars, name+"="+values[name])
		default:
			env[name] = values[name]
		}
	}
	a.Env = env
}

// flagsAgain gives the flags of a release that are not given now. It returns what
// is given in another way.
func (o *bakeOptions) flagsAgain(then []release.Flag) (wrong []string) {
	byName := map[string][]release.Flag{}
	for _, f := range then {
		byName[f.Name] = append(byName[f.Name], f)
	}
	for _, name := range slices.Sorted(maps.Keys(recovery.WrittenFlags)) {
		flag, list := o.flags.Lookup(name), byName[name]
		if flag == nil {
			continue
		}
		merged, bad := mergeFlags(name, flagValues(flag), list)
		wrong = append(wrong, bad...)
		several, ok := flag.Value.(pflag.SliceValue)
		switch {
		case len(bad) > 0 || len(list) == 0:
		case ok:
			_ = several.Replace(merged) // strings are always taken
		default:
			if err := o.flags.Set(name, merged[0]); err != nil {
				wrong = append(wrong, fmt.Sprintf("--%s: %s", name, err))
			}
		}
	}
	o.noCache, o.pull = o.switchOf("no-cache"), o.switchOf("pull")
	o.written = then
	return wrong
}

// switchOf is the value of a switch, nil if it was not given.
func (o *bakeOptions) switchOf(name string) *bool {
	if !o.flags.Changed(name) {
		return nil
	}
	on, _ := o.flags.GetBool(name)
	return &on
}

// mergeFlags are the values of a flag as they were, with what is hidden filled in
// by what is given now. What is given now and is none of them is returned as wrong.
func mergeFlags(name string, now []string, then []release.Flag) (merged, wrong []string) {
	used := make([]bool, len(now))
	for _, f := range then {
		at := slices.IndexFunc(now, func(value string) bool {
			return !f.Hidden && value == f.Value || f.Hidden && strings.HasPrefix(value, f.Value+"=")
		})
		switch {
		case at >= 0:
			used[at] = true
			merged = append(merged, now[at])
		case f.Hidden:
			wrong = append(wrong, fmt.Sprintf("--%s %s was given, but its value is not written down, as it may be secret", name, f.Value))
		default:
			merged = append(merged, f.Value)
		}
	}
	for i, value := range now {
		if !used[i] {
			f := recovery.NewFlag(name, value)
			wrong = append(wrong, fmt.Sprintf("--%s %s was not given", name, f.Value))
		}
	}
	return merged, wrong
}

// compareRelease refuses to go on with a release as something else than it was.
func (o *bakeOptions) compareRelease(a *app.App, plan *bake.Plan) error {
	if wrong := recovery.Differences(o.resumed.Request, o.releaseRequest(a, plan)); len(wrong) > 0 {
		return notTheSame(o.resumed, wrong)
	}
	return nil
}

// notTheSame says how a release differs from what is asked for now.
func notTheSame(entry *release.Entry, wrong []string) error {
	const most = 8
	if more := len(wrong) - most; more > 0 {
		wrong = append(wrong[:most:most], fmt.Sprintf("and %d more", more))
	}
	again := "To build what there is now, run the command without --resume: that begins a release of its own."
	if entry.Phase == release.Moving {
		again = fmt.Sprintf("To release what there is now, put the tags back first (`bake --rollback=%s`).", entry.ID)
	}
	return exit.Usagef("release %s was of something else: %s", entry.ID, strings.Join(wrong, "; ")).
		WithHint("Nothing was done. As it was it goes on with `%s`, where none of these is set otherwise. %s", recovery.Command(entry.Request, entry.ID), again)
}
