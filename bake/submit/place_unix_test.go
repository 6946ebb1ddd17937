//go:build unix

package submit

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/credential"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"
	"bake/bake/submit/grant"
	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/bake/submit/output"
	"bake/bake/submit/source"
	"bake/tests/workspace"
)

// A use of a path is one attribute that names what is read or written, and where
// what was made ready for it goes.
type use struct {
	kind   string
	target func(path string) *bake.Target
	place  func(*bake.Target, *host.Caller) (string, error)
}

func contextOf(t *bake.Target, at *host.Caller) (*input.Inputs, error) {
	return input.Prepare(t, nil, false, at, &source.Sources{})
}

// written is where an output file appears.
func written(t *bake.Target, at *host.Caller) (string, error) {
	exports, err := output.Prepare(t, t.Outputs, at, nil)
	if err != nil {
		return "", err
	}
	w, err := exports[0].Output(nil)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(w, "made"); err != nil {
		return "", err
	}
	name := exports[0].File.Temp.Name()
	return filepath.Dir(name), errors.Join(w.Close(), exports[0].File.Commit())
}

// cached is the directory of a local cache.
func cached(attr string, entries func(*bake.Target) []bake.Entry) func(*bake.Target, *host.Caller) (string, error) {
	return func(t *bake.Target, at *host.Caller) (string, error) {
		got := frontend.CacheEntries(context.Background(), entries(t), at)
		return got[0].Attrs[attr], nil
	}
}

// inContext is a target with a Dockerfile of its own text.
func inContext(t bake.Target) *bake.Target {
	t.DockerfileInline = workspace.Ptr("FROM scratch")
	if t.Context == "" {
		t.Context = "."
	}
	return &t
}

var pathUses = []use{
	{"fs.read=context", func(p string) *bake.Target { return inContext(bake.Target{Context: p}) }, func(t *bake.Target, at *host.Caller) (string, error) {
		i, err := contextOf(t, at)
		return i.ContextDir, err
	}},
	{"fs.read=contexts", func(p string) *bake.Target { return inContext(bake.Target{Contexts: map[string]string{"n": p}}) }, func(t *bake.Target, at *host.Caller) (string, error) {
		i, err := contextOf(t, at)
		return i.Named["n"], err
	}},
	{"fs.read=dockerfile", func(p string) *bake.Target { return &bake.Target{Context: ".", Dockerfile: p + "/Dockerfile"} }, func(t *bake.Target, at *host.Caller) (string, error) {
		i, err := contextOf(t, at)
		if err != nil {
			return "", err
		}
		return filepath.Dir(i.Dockerfile.Path), err
	}},
	{"fs.read=secret", func(p string) *bake.Target {
		return inContext(bake.Target{Secrets: []bake.Secret{{ID: "s", Src: p + "/secret"}}})
	}, func(t *bake.Target, at *host.Caller) (string, error) {
		c, err := credential.Prepare(t, nil, at)
		if err != nil {
			return "", err
		}
		return filepath.Dir(c.Secrets["s"].File), nil
	}},
	{"fs.read=cache-from", func(p string) *bake.Target {
		return inContext(bake.Target{CacheFrom: workspace.To("local", "", "src", p)})
	}, cached("src", func(t *bake.Target) []bake.Entry { return t.CacheFrom })},
	{"fs.write=cache-to", func(p string) *bake.Target {
		return inContext(bake.Target{CacheTo: workspace.To("local", "", "dest", p)})
	}, cached("dest", func(t *bake.Target) []bake.Entry { return t.CacheTo })},
	{"fs.write=local", func(p string) *bake.Target { return inContext(bake.Target{Outputs: workspace.To("local", p)}) }, func(t *bake.Target, at *host.Caller) (string, error) {
		exports, err := output.Prepare(t, t.Outputs, at, nil)
		if err != nil {
			return "", err
		}
		return exports[0].OutputDir, nil
	}},
	{"fs.write=tar", func(p string) *bake.Target {
		return inContext(bake.Target{Outputs: workspace.To("tar", p+"/out.tar")})
	}, written},
}

// What is checked is what is opened: for each attribute, however its path is
// written and however the working directory was reached, what a grant is asked for
// is the place that is used.
func TestCheckedIsUsed(t *testing.T) {
	files := map[string]string{}
	for _, dir := range []string{"real/work/in", "real/near", "far/deep", "near"} {
		files[dir+"/Dockerfile"], files[dir+"/secret"] = "FROM scratch", "x"
	}
	w := workspace.New(t, files)
	root := host.Place("", w.Path)
	for link, to := range map[string]string{"alias": "real/work", "real/work/out": "../../far/deep"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	at := &host.Caller{Dir: filepath.Join(root, "alias")} // whose parent is real, not root
	for path, want := range map[string]string{
		"in": "real/work/in", "../near": "real/near", "out": "far/deep", "cwd://in": "real/work/in", "cwd://../near": "real/near", "cwd://out": "far/deep",
		filepath.Join(root, "alias/out"): "far/deep",
	} {
		want = filepath.Join(root, want)
		for _, u := range pathUses {
			target := u.target(path)
			got, err := u.place(target, at)
			if err != nil || got != want {
				t.Errorf("%s %q uses %s, %v, want %s", u.kind, path, got, err, want)
			}
			asked := asks(t, target, at)
			if host.Contains(filepath.Join(root, "real/work"), want) {
				if len(asked) > 0 {
					t.Errorf("%s %q asks for %q", u.kind, path, asked)
				}
				continue
			}
			if len(asked) != 1 || !host.Contains(want, at.Place(asked[0])) {
				t.Errorf("%s %q asks for %q, want %s", u.kind, path, asked, want)
			}
		}
	}
}

// asks are the paths that a grant is asked for.
func asks(t *testing.T, target *bake.Target, at *host.Caller) []string {
	t.Helper()
	var refused *failure.EntitlementError
	if err := grant.Check(&bake.Plan{Targets: []*bake.Target{target}}, at, nil); err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	out := map[string]bool{}
	if refused != nil {
		for _, m := range refused.Missing {
			_, path, _ := strings.Cut(m.Name, "=")
			out[path] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}
