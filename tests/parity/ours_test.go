package parity

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"bake/bake"

	"github.com/hashicorp/hcl/v2"
)

// ourDeadline bounds one run of our side.
const ourDeadline = 20 * time.Second

// askOurs does what `bake --print` does. A panic is an answer too, and so is
// no answer in time.
func askOurs(r run) answer { return askCached(r, &configCache{}) }

// askCached is askOurs for runs in the same directory one after another: the
// configuration is kept as long as files and environment stay the same. It
// must not show, as a configuration is immutable.
func askCached(r run, cache *configCache) answer {
	done := make(chan answer, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- answer{Err: fmt.Sprintf("panic: %v\n%s", p, debug.Stack()), Crash: true}
			}
		}()
		text, err := planOurs(r, cache)
		if err != nil {
			done <- answer{Err: err.Error()}
			return
		}
		done <- answer{JSON: string(text)}
	}()
	select {
	case a := <-done:
		return a
	case <-time.After(ourDeadline):
		return answer{Err: "no answer in time", Crash: true}
	}
}

func planOurs(r run, cache *configCache) ([]byte, error) {
	f, err := parseFlags(r.Args)
	if err != nil {
		return nil, err
	}
	set, noPolicy, err := ourOverrides(f)
	if err != nil {
		return nil, err
	}
	config, err := cache.config(r, f)
	if err != nil {
		return nil, err
	}
	switch f.list {
	case "targets":
		return []byte(listing(config.ListTargets()).JSON), nil
	case "variables":
		return []byte(listing(config.ListVariables()).JSON), nil
	}
	plan, diags := config.Plan(bake.Request{Targets: f.targets, Set: set, Env: ourEnv(r), NoPolicy: noPolicy})
	if diags.HasErrors() {
		return nil, failure(diags)
	}
	return plan.JSON()
}

// configCache keeps the configuration of the last run.
type configCache struct {
	key  string
	conf *bake.Config
	err  error
}

func (c *configCache) config(r run, f *flags) (*bake.Config, error) {
	key := fmt.Sprintf("%q %q %q %q", r.Dir, r.Env, f.files, f.vars)
	if c.key != key {
		c.key = key
		c.conf, c.err = evaluateOurs(r, f)
	}
	return c.conf, c.err
}

func evaluateOurs(r run, f *flags) (*bake.Config, error) {
	vars, err := f.variables()
	if err != nil {
		return nil, err
	}
	if _, err := fileRelative(r.Env); err != nil {
		return nil, err
	}
	env := ourEnv(r)
	names, err := f.fileNames(r.Env, func(name string) error {
		_, err := dirFS(r.Dir).stat(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "cwd://")
	}
	files, err := bake.Load(dirFS(r.Dir), names, bytes.NewReader(r.Stdin))
	if err != nil {
		return nil, err
	}
	def, diags := bake.ParseWith(files, bake.ParseOptions{Env: env, Vars: vars, FS: dirFS(r.Dir)})
	if diags.HasErrors() {
		return nil, failure(diags)
	}
	config, diags := def.Evaluate(bake.Scope{Env: lookupEnv(env), Vars: vars, Builtins: oracleBuiltins()})
	if diags.HasErrors() {
		return nil, failure(diags)
	}
	return config, nil
}

func ourOverrides(f *flags) (set []bake.Override, noPolicy bool, err error) {
	for _, text := range f.set {
		o, err := bake.ParseOverride(text)
		if err != nil {
			return nil, false, err
		}
		set = append(set, o)
	}
	extra, noPolicy, err := f.overrides()
	if err != nil {
		return nil, false, err
	}
	for _, e := range extra {
		o, err := bake.FlagOverride(e.flag, e.text)
		if err != nil {
			return nil, false, err
		}
		set = append(set, o)
	}
	return set, noPolicy, nil
}

// ourEnv is the environment that a worker gives the peer.
func ourEnv(r run) bake.Env {
	env := bake.Env{"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME")}
	maps.Copy(env, r.Env)
	return env
}

// lookupEnv is what variables may read: nothing when the switch says so.
func lookupEnv(env bake.Env) bake.Env {
	if off, err := strconv.ParseBool(env[lookupSwitch]); err == nil && off {
		return nil
	}
	return env
}

// failure is an error with all that the diagnostics say.
func failure(diags hcl.Diagnostics) error {
	var texts []string
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			texts = append(texts, d.Error())
		}
	}
	return errors.New(strings.Join(texts, "\n"))
}

// dirFS opens names as the command line gives them: relative to a directory,
// absolute, or with dots in front.
type dirFS string

func (d dirFS) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(string(d), name)
}

func (d dirFS) Open(name string) (fs.File, error) { return os.Open(d.path(name)) }

func (d dirFS) stat(name string) (fs.FileInfo, error) { return os.Stat(d.path(name)) }
