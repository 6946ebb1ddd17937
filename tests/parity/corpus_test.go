package parity

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// corpusCase is one line of the corpus: a real definition and the names that
// can be asked of it.
type corpusCase struct {
	ID       string
	Kind     string
	Dir      string
	Cwd      string
	Files    []string
	Env      map[string]string
	Mkfiles  []string
	Names    []string
	Hidden   []string
	Volatile bool
	OK       int
}

// corpusDir is where the corpus is, or empty.
func corpusDir() string {
	dir := os.Getenv("BAKE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "cases.jsonl")); err != nil {
		return ""
	}
	return dir
}

// tally counts what became of the runs of the corpus.
type tally struct {
	sync.Mutex
	runs, equal, bothFail, listed int
}

func (c *tally) count(n *int) {
	c.Lock()
	defer c.Unlock()
	c.runs++
	*n++
}

// TestCorpus runs every definition of the corpus on both sides: without
// arguments, with each name, with all names, and with overrides and variables.
func TestCorpus(t *testing.T) {
	dir := corpusDir()
	if dir == "" {
		t.Skip("no corpus: set BAKE_CORPUS to a directory with cases.jsonl")
	}
	file, err := os.Open(filepath.Join(dir, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var count tally
	ids := readDifferences(t)
	unseen := maps.Clone(corpusDiffers)
	t.Run("all", func(t *testing.T) {
		for lines := bufio.NewScanner(file); lines.Scan(); {
			var c corpusCase
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatal(err)
			}
			delete(unseen, c.ID)
			t.Run(c.ID, func(t *testing.T) {
				t.Parallel()
				checkCorpusListed(t, c, ids, checkCorpusCase(t, dir, c, &count))
			})
		}
	})
	for id := range unseen {
		t.Errorf("%s is listed, but not in the corpus", id)
	}
	t.Logf("parity: %d corpus runs, %d equal, %d both fail, %d listed differences",
		count.runs, count.equal, count.bothFail, count.listed)
}

// checkCorpusCase returns how many runs differ as listed.
func checkCorpusCase(t *testing.T, corpus string, c corpusCase, count *tally) (differing int) {
	root := t.TempDir()
	if err := copyCase(root, corpus, c); err != nil {
		t.Fatal(err)
	}
	succeeded := 0
	cache := &configCache{}
	for _, r := range c.baseRuns(root) {
		theirs := peer.ask(r)
		if !theirs.failed() && theirs.Strict == "" {
			succeeded++
		}
		if checkCorpusRun(t, c, r, theirs, cache, count) {
			differing++
		}
	}
	if succeeded != c.OK {
		t.Errorf("%d runs succeed here, %d with the peer's program: the oracle is wrong", succeeded, c.OK)
	}
	for _, r := range c.variedRuns(root) {
		if checkCorpusRun(t, c, r, peer.ask(r), cache, count) {
			differing++
		}
	}
	return differing
}

// checkCorpusRun tells whether a run differs as listed.
func checkCorpusRun(t *testing.T, c corpusCase, r run, theirs answer, cache *configCache, count *tally) bool {
	t.Helper()
	mine := askCached(r, cache)
	if c.Volatile {
		theirs, mine = maskDigits(theirs), maskDigits(mine)
	}
	if listedInCorpus(c, theirs, mine) {
		count.count(&count.listed)
		return true
	}
	same := sameAnswer(theirs, mine) || sameButOrder(theirs, mine, peer.matrix(r))
	switch {
	case same && theirs.failed():
		count.count(&count.bothFail)
	case same:
		count.count(&count.equal)
	default:
		t.Errorf("%s: - buildx, + bake\n%s", r, diff(theirs, mine))
	}
	return false
}

// copyCase copies the files of a case below root and creates those that it
// misses.
func copyCase(root, corpus string, c corpusCase) error {
	if err := os.CopyFS(root, os.DirFS(filepath.Join(corpus, c.Dir))); err != nil {
		return err
	}
	for _, name := range c.Mkfiles {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (c corpusCase) run(root string, args ...string) run {
	r := run{Dir: filepath.Join(root, c.Cwd), Env: maps.Clone(c.Env)}
	for _, name := range c.Files {
		r.Args = append(r.Args, "-f", name)
	}
	r.Args = append(r.Args, args...)
	return r
}

// baseRuns are the runs that the corpus counts: default, each name, all names.
func (c corpusCase) baseRuns(root string) []run {
	runs := []run{c.run(root)}
	for _, name := range slices.Concat(c.Names, c.Hidden) {
		runs = append(runs, c.run(root, name))
	}
	if len(c.Names) > 1 {
		runs = append(runs, c.run(root, c.Names...))
	}
	return runs
}

// variations are arguments that change every target.
var variations = [][]string{
	{"--set", "*.args.PARITY=x", "--set", "*.labels.parity=y", "--set", "*.tags+=parity:1"},
	{"--push"},
	{"--set", "*.platform=linux/amd64,linux/arm64", "--set", "*.tags="},
	{"--load"},
	{"--set", "*.output=type=oci,dest=parity.tar", "--set", "*.cache-to=type=inline"},
	{"--no-cache", "--pull", "--provenance=mode=max", "--sbom=true"},
	{"--set", "*.cache-from+=parity/cache", "--set", "*.contexts.parity=docker-image://parity", "--set", "*.target=parity"},
	{"--set", "*.context=parity", "--set", "*.dockerfile=parity", "--set", "*.secrets+=id=parity", "--set", "*.annotations=k=v"},
}

// variedRuns are one variation for each name in turn, several for all names at
// once, and variables set to texts of several kinds. With BAKE_PARITY=all
// nothing is left out.
func (c corpusCase) variedRuns(root string) []run {
	var runs []run
	start := len(c.ID) // another one for each case
	names := few(slices.Concat(c.Names, c.Hidden), 10)
	for i, name := range names {
		args := append(slices.Clone(variations[(start+i)%len(variations)]), name)
		runs = append(runs, c.run(root, args...))
	}
	for i := range few(variations, 4) {
		runs = append(runs, c.run(root, slices.Concat(variations[(start+i)%len(variations)], c.Names)...))
	}
	variables := few(c.variables(root), 5)
	for _, value := range few([]string{"1", "", "a,b"}, 1) {
		r := c.run(root, c.Names...)
		for _, name := range variables {
			r.Env[name] = value
		}
		runs = append(runs, r)
	}
	for i, name := range variables {
		r := c.run(root, c.Names...)
		r.Env[name] = []string{"true", "v2.3.4", "0"}[i%3]
		runs = append(runs, r)
	}
	return runs
}

var (
	hclVariable  = regexp.MustCompile(`(?m)^\s*variable\s+"?([A-Za-z0-9_-]+)"?\s*\{`)
	jsonVariable = regexp.MustCompile(`"variable"\s*:\s*\{`)
)

// variables are the names of the variables that the definitions of a case
// declare, as far as a pattern finds them.
func (c corpusCase) variables(root string) []string {
	found := map[string]bool{}
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch filepath.Ext(path) {
		case ".hcl":
			for _, m := range hclVariable.FindAllSubmatch(data, -1) {
				found[string(m[1])] = true
			}
		case ".json":
			var def struct{ Variable map[string]any }
			if jsonVariable.Match(data) && json.Unmarshal(data, &def) == nil {
				for name := range def.Variable {
					found[name] = true
				}
			}
		}
		return nil
	})
	return slices.Sorted(maps.Keys(found))
}

// few keeps the first n items, or all when everything is asked for.
func few[T any](items []T, n int) []T {
	if everything {
		return items
	}
	return items[:min(n, len(items))]
}

// everything asks for all variations of all corpus cases.
var everything = os.Getenv("BAKE_PARITY") == "all"

func (c corpusCase) String() string { return fmt.Sprintf("%s (%s)", c.ID, c.Kind) }
