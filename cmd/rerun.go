package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/files"
)

// leftover is what the runs of a definition in a directory have left: the
// targets that were asked for and that failed, were skipped or were interrupted
// when they were built last. It holds names only, no values, and of the URL of a
// definition no credentials, which may be others in the next run.
type leftover struct {
	Directory string   `json:"directory"`
	Files     []string `json:"files"`
	Targets   []string `json:"targets"` // sorted

	path string
}

// leftOver reads what the runs of the definition have left. There is no
// file if they left nothing.
func leftOver(a *app.App, o *bakeOptions) (*leftover, error) {
	dir, err := a.StateDir("runs")
	if err != nil {
		return nil, err
	}
	u := &leftover{Directory: a.Dir, Files: []string{diagnostics.HideCredentials(o.url)}}
	if o.url == "" || len(o.files) > 0 {
		names, _, err := o.names(a.Env, files.HostFS{Dir: a.Dir})
		if err != nil {
			return nil, err
		}
		u.Files = append(u.Files, names...)
	}
	sum := sha256.Sum256([]byte(strings.Join(append([]string{u.Directory}, u.Files...), "\x00")))
	u.path = filepath.Join(dir, hex.EncodeToString(sum[:16])+".json")
	data, err := os.ReadFile(u.path)
	if errors.Is(err, os.ErrNotExist) {
		return u, nil
	}
	if err == nil {
		err = json.Unmarshal(data, u)
	}
	return u, err
}

// note takes the results of a run in and writes the file.
func (u *leftover) note(plan *bake.Plan, outcome *report.Report) error {
	before := slices.Clone(u.Targets)
	for _, r := range outcome.Targets {
		if t := plan.Target(r.Name); t == nil || t.Linked {
			continue // it comes along with who needs it
		}
		u.Targets = slices.DeleteFunc(u.Targets, func(name string) bool { return name == r.Name })
		if !r.Complete() {
			u.Targets = append(u.Targets, r.Name)
		}
	}
	slices.Sort(u.Targets)
	if slices.Equal(before, u.Targets) {
		return nil
	}
	if len(u.Targets) == 0 {
		return os.Remove(u.path)
	}
	data, err := json.MarshalIndent(u, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(u.path), 0o700); err != nil {
		return err
	}
	return writeFileAtomic(u.path, append(data, '\n'))
}

// rememberFailed notes what became of the targets, for --rerun-failed. A build is not
// worse for failing to.
func rememberFailed(a *app.App, o *bakeOptions, plan *bake.Plan, outcome *report.Report) {
	if outcome == nil || o.call != "build" || slices.ContainsFunc(o.files, func(f string) bool { return f == "-" }) {
		return
	}
	u, err := leftOver(a, o)
	if err == nil {
		err = u.note(plan, outcome)
	}
	if err != nil && o.rerunFailed {
		a.Warn("cannot note what became of the targets: %s", err)
	}
}

// failedBefore are the targets to build with --rerun-failed: those of the
// request, or all if it names none, that were not built last time.
func failedBefore(a *app.App, o *bakeOptions, request bake.Request, config *bake.Config) ([]string, error) {
	u, err := leftOver(a, o)
	if err != nil {
		return nil, exit.Usagef("--rerun-failed: %w", err)
	}
	asked := func(string) bool { return true }
	if len(request.Targets) > 0 {
		plan, _ := config.Plan(request)
		if plan == nil {
			return request.Targets, nil // planning them again tells what is wrong
		}
		asked = func(name string) bool {
			t := plan.Target(name)
			return t != nil && !t.Linked
		}
	}
	known := config.Names()
	var names []string
	for _, name := range u.Targets {
		switch {
		case !slices.Contains(known, name):
			a.Warn("target %s failed last time, but is no longer in the definition", name)
		case asked(name):
			names = append(names, name)
		}
	}
	return names, nil
}
