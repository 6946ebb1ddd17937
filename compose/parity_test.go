package compose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	buildx "github.com/docker/buildx/bake"
	"github.com/hashicorp/hcl/v2"
	"github.com/sirupsen/logrus"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/tools/txtar"

	"bake/compose"
)

func init() { logrus.SetOutput(io.Discard) } // what the peer says about unset variables

// disk opens files as the command line does: by any name.
type disk struct{}

func (disk) Open(name string) (fs.File, error) { return os.Open(name) }

// testcase is one case of an archive: the files of a directory, those whose
// names begin with "compose" being the ones given with -f.
type testcase struct {
	name    string
	files   []txtar.File
	env     map[string]string
	differs string // why the result is not that of the peer
	out     string // what it is instead
}

// cases reads the archives. Each holds cases, one per top-level directory.
func cases(t *testing.T) []testcase {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	var all []testcase
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for _, f := range ar.Files {
			dir, rest, ok := strings.Cut(f.Name, "/")
			if !ok {
				t.Fatalf("%s: %s is in no case", name, f.Name)
			}
			dir = strings.TrimSuffix(filepath.Base(name), ".txtar") + "/" + dir
			i, ok := at[dir]
			if !ok {
				i = len(all)
				at[dir] = i
				all = append(all, testcase{name: dir, env: map[string]string{}})
			}
			all[i].add(rest, f.Data)
		}
	}
	return all
}

func (c *testcase) add(name string, data []byte) {
	switch name {
	case "env":
		for line := range strings.Lines(string(data)) {
			k, v, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
			c.env[k] = v
		}
	case "differs":
		c.differs = strings.TrimSpace(string(data))
	case "out":
		c.out = string(data)
	default:
		c.files = append(c.files, txtar.File{Name: name, Data: data})
	}
}

// write puts the files of a case into a directory and returns those to read.
func (c *testcase) write(t *testing.T, dir string) []compose.File {
	var given []compose.File
	for _, f := range c.files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f.Name, "compose") {
			given = append(given, compose.File{Name: f.Name, Data: f.Data})
		}
	}
	return given
}

// TestParity asks buildx for each case. What is not the same is written in the
// archive, with the reason.
func TestParity(t *testing.T) {
	all := cases(t)
	if len(all) < 300 {
		t.Errorf("only %d cases", len(all))
	}
	update := map[string]string{}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			files := c.write(t, ".")
			got, gotErr := ours(t, files)
			want, wantErr := peers(files)
			same := got == want && (gotErr == nil) == (wantErr == nil)
			switch {
			case c.differs == "" && !same:
				t.Errorf("ours:\n%s%v\nbuildx:\n%s%v", got, gotErr, want, wantErr)
			case c.differs != "" && same:
				t.Errorf("no longer differs from buildx: %s", got)
			case c.differs != "":
				text := got
				if gotErr != nil {
					text = "error: " + gotErr.Error() + "\n"
				}
				update[c.name] = text
				if text != c.out && os.Getenv("BAKE_UPDATE") == "" {
					t.Errorf("got\n%swant\n%s", text, c.out)
				}
			}
		})
	}
	if os.Getenv("BAKE_UPDATE") != "" {
		rewrite(t, update)
	}
}

// rewrite puts results that differ into the archives.
func rewrite(t *testing.T, out map[string]string) {
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		group := strings.TrimSuffix(filepath.Base(name), ".txtar")
		var files []txtar.File
		for _, f := range ar.Files {
			dir, rest, _ := strings.Cut(f.Name, "/")
			if rest == "out" {
				continue
			}
			files = append(files, f)
			if text, ok := out[group+"/"+dir]; ok && rest == "differs" {
				files = append(files, txtar.File{Name: dir + "/out", Data: []byte(text)})
			}
		}
		ar.Files = files
		if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// peers is what buildx makes of Compose files.
func peers(files []compose.File) (out string, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = "", fmt.Errorf("panic: %v", r)
		}
	}()
	var in []buildx.File
	for _, f := range files {
		in = append(in, buildx.File{Name: f.Name, Data: f.Data})
	}
	return resolve(in)
}

// ours is what buildx makes of the same definition, written as JSON.
func ours(t *testing.T, files []compose.File) (string, error) {
	data, err := written(t, files)
	if err != nil {
		return "", err
	}
	return resolve([]buildx.File{{Name: "docker-bake.json", Data: data}})
}

// written is the definition that Compose files make, as bake's JSON.
func written(t *testing.T, files []compose.File) ([]byte, error) {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	body, diags := compose.Parse(files, compose.Options{FS: disk{}, Env: env})
	checkPlaces(t, files, body, diags)
	if diags.HasErrors() {
		var text []string
		for _, d := range diags {
			if d.Severity == hcl.DiagError {
				text = append(text, d.Error())
			}
		}
		return nil, errors.New(strings.Join(text, "\n"))
	}
	return definition(t, body), nil
}

// definition writes a body as bake's JSON.
func definition(t *testing.T, body hcl.Body) []byte {
	content, diags := body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "target", LabelNames: []string{"name"}}, {Type: "group", LabelNames: []string{"name"}},
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	def := map[string]map[string][]map[string]json.RawMessage{}
	for _, b := range content.Blocks {
		attrs, _ := b.Body.JustAttributes()
		m := map[string]json.RawMessage{}
		for name, a := range attrs {
			v, diags := a.Expr.Value(nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			data, err := ctyjson.Marshal(escape(v), v.Type())
			if err != nil {
				t.Fatal(err)
			}
			m[name] = data
		}
		if def[b.Type] == nil {
			def[b.Type] = map[string][]map[string]json.RawMessage{}
		}
		def[b.Type][b.Labels[0]] = append(def[b.Type][b.Labels[0]], m)
	}
	data, err := json.Marshal(def)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// escape writes the strings of a value as templates that mean themselves.
func escape(v cty.Value) cty.Value {
	out, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.Type() == cty.String {
			s := strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v.AsString())
			return cty.StringVal(s), nil
		}
		if v.Type().IsObjectType() {
			m := map[string]cty.Value{}
			for k, e := range v.AsValueMap() {
				m[strings.NewReplacer("${", "$${", "%{", "%%{").Replace(k)] = e
			}
			return cty.ObjectVal(m), nil
		}
		return v, nil
	})
	if err != nil {
		panic(err)
	}
	return out
}

// resolve is the peer's result for everything in group "default".
func resolve(files []buildx.File) (string, error) {
	targets, groups, err := buildx.ReadTargets(context.Background(), files, []string{"default"}, nil, nil, nil, &buildx.EntitlementConf{})
	if err != nil {
		return "", err
	}
	for _, t := range targets {
		slices.Sort(t.Ulimits) // in random order there
	}
	for _, g := range groups {
		slices.Sort(g.Targets)
		g.Targets = slices.Compact(g.Targets)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if groups[name].Targets == nil {
			fmt.Fprintf(&out, "group %s null\n", name) // as it is printed
			continue
		}
		fmt.Fprintf(&out, "group %s %v\n", name, groups[name].Targets)
	}
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		fmt.Fprintf(&out, "target %s ", name)
		if err := enc.Encode(targets[name]); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

// checkPlaces fails when a value or diagnostic points outside its file.
func checkPlaces(t *testing.T, files []compose.File, body hcl.Body, diags hcl.Diagnostics) {
	size := map[string]int{}
	for _, f := range files {
		size[f.Name] = len(f.Data)
	}
	check := func(rng hcl.Range, what string) {
		t.Helper()
		n, ok := size[rng.Filename]
		if !ok {
			if rng.Filename == "" {
				t.Errorf("%s: no place", what)
			}
			return
		}
		if rng.Start.Byte < 0 || rng.Start.Byte > rng.End.Byte || rng.End.Byte > n {
			t.Errorf("%s: %v (%d-%d) is outside the %d bytes", what, rng, rng.Start.Byte, rng.End.Byte, n)
		}
	}
	for _, d := range diags {
		if d.Subject == nil {
			t.Errorf("no place: %v", d)
			continue
		}
		check(*d.Subject, d.Summary)
	}
	content, _, _ := body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "target", LabelNames: []string{"name"}}}})
	for _, b := range content.Blocks {
		check(b.DefRange, b.Labels[0])
		attrs, _ := b.Body.JustAttributes()
		for name, a := range attrs {
			check(a.NameRange, name)
			check(a.Expr.Range(), name)
			if pairs, bad := hcl.ExprMap(a.Expr); !bad.HasErrors() {
				for _, p := range pairs {
					check(p.Key.Range(), name)
					check(p.Value.Range(), name)
				}
			}
			if items, bad := hcl.ExprList(a.Expr); !bad.HasErrors() {
				for _, x := range items {
					check(x.Range(), name)
				}
			}
		}
	}
}
