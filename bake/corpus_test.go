package bake

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// hostFS opens files of a directory by any name, "../" included.
type hostFS string

func (h hostFS) Open(name string) (fs.File, error) {
	if filepath.IsAbs(name) {
		return os.Open(name)
	}
	return os.Open(filepath.Join(string(h), name))
}

// corpusCase is one line of the corpus' cases.jsonl.
type corpusCase struct {
	Dir, Cwd      string
	Files         []string
	Env           Env
	Names, Hidden []string
	OK            int
}

func corpus(t *testing.T) (root string, cases []corpusCase) {
	t.Helper()
	root = os.Getenv("BAKE_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	f, err := os.Open(filepath.Join(root, "cases.jsonl"))
	if err != nil {
		t.Skipf("no corpus of real definitions at %s: set BAKE_CORPUS", root)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c corpusCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return root, cases
}

// TestExplainCorpus explains every attribute of every target of real
// definitions: each value has an origin that says the same value, and a place
// unless it was given outside of the files.
func TestExplainCorpus(t *testing.T) {
	root, cases := corpus(t)
	explained := 0
	for _, c := range cases {
		dir := hostFS(filepath.Join(root, c.Dir, c.Cwd))
		files, err := Load(dir, c.Files, nil)
		if err != nil || c.OK == 0 {
			continue
		}
		def, diags := ParseWith(files, ParseOptions{Env: c.Env, FS: dir})
		cfg, more := def.Evaluate(Scope{Env: c.Env, Builtins: fuzzBuiltins})
		if append(diags, more...).HasErrors() {
			continue
		}
		for _, name := range append(c.Names, c.Hidden...) {
			plan, _ := cfg.Plan(Request{Targets: []string{name}, Env: c.Env})
			if plan == nil {
				continue
			}
			for _, target := range plan.Targets {
				explained += checkExplained(t, plan, target.Name)
			}
		}
	}
	t.Logf("%d values of %d definitions explained", explained, len(cases))
	if explained < 10000 {
		t.Errorf("only %d values were explained", explained)
	}
}

func checkExplained(t *testing.T, plan *Plan, name string) int {
	t.Helper()
	xs, diags := plan.Explain(name)
	if diags.HasErrors() {
		t.Error(diags)
	}
	for _, x := range xs {
		switch {
		case x.Origin == nil:
			t.Errorf("%s has no origin", x.Path)
		case x.Origin.Kind == KindDefault, x.Origin.Kind == KindFlag, x.Origin.Kind == KindEnv:
		case x.Origin.Range.Filename == "":
			t.Errorf("%s has an origin without a place: %+v", x.Path, x.Origin)
		case x.Origin.Value != x.Value:
			t.Errorf("%s is %s, but its origin says %s", x.Path, x.Value, x.Origin.Value)
		}
		checkMatrixPlaces(t, x.Path, x.Origin)
	}
	return len(xs)
}

// checkMatrixPlaces wants a place for every matrix value that was read.
func checkMatrixPlaces(t *testing.T, path string, o *Origin) {
	t.Helper()
	if o == nil {
		return
	}
	if o.Kind == KindMatrix && o.Range.Filename == "" {
		t.Errorf("%s reads the matrix value %s, which has no place", path, o.Name)
	}
	for _, from := range append([]*Origin{o.Over}, o.From...) {
		checkMatrixPlaces(t, path, from)
	}
}
