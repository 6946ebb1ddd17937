package bake

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"
)

// A golden is a txtar archive. Its comment holds prose and the lines
//
//	env NAME=VALUE
//	bake [-f FILE] [--set S] [--var N=V] [--push] [--load] [TARGET...]
//	explain PATH
//
// its files are the definition, and out/plan, out/diagnostics and out/explain
// are what comes of it. BAKE_UPDATE=1 writes them anew.
type golden struct {
	files    []File
	env      Env
	vars     map[string]string
	set      []Override
	targets  []string
	explain  []string
	names    []string
	archive  *txtar.Archive
	problems []string
}

func readGolden(t *testing.T, path string) *golden {
	t.Helper()
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{archive: ar, env: Env{}, vars: map[string]string{}}
	for _, f := range ar.Files {
		if !strings.HasPrefix(f.Name, "out/") {
			g.files = append(g.files, File{Name: f.Name, Data: f.Data})
		}
	}
	for _, line := range strings.Split(string(ar.Comment), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "env":
			k, v, _ := strings.Cut(rest, "=")
			g.env[k] = v
		case "bake":
			g.arguments(t, strings.Fields(rest))
		case "explain":
			g.explain = append(g.explain, rest)
		}
	}
	return g
}

func (g *golden) arguments(t *testing.T, args []string) {
	t.Helper()
	for i := 0; i < len(args); i++ {
		value := func() string { i++; return args[i] }
		switch args[i] {
		case "-f":
			g.names = append(g.names, value())
		case "--var":
			k, v, _ := strings.Cut(value(), "=")
			g.vars[k] = v
		case "--set":
			o, err := ParseOverride(value())
			g.add(o, err)
		case "--push", "--load":
			o, err := FlagOverride(args[i], "*."+args[i][2:]+"=true")
			g.add(o, err)
		default:
			g.targets = append(g.targets, args[i])
		}
	}
}

func (g *golden) add(o Override, err error) {
	if err != nil {
		g.problems = append(g.problems, err.Error())
		return
	}
	g.set = append(g.set, o)
}

// run goes through all phases and returns what each out file should hold.
func (g *golden) run(t *testing.T) map[string]string {
	t.Helper()
	files := g.files
	if len(g.names) > 0 {
		files = nil
		for _, name := range g.names {
			for _, f := range g.files {
				if f.Name == name {
					files = append(files, f)
				}
			}
		}
	}
	out := map[string]string{}
	var all hcl.Diagnostics
	def, diags := Parse(files, g.env)
	all = append(all, diags...)
	cfg, diags := def.Evaluate(Scope{Env: g.env, Vars: g.vars, Builtins: map[string]string{
		"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": "linux/amd64",
	}})
	all = append(all, diags...)
	if !all.HasErrors() && len(g.problems) == 0 {
		var plan *Plan
		plan, diags = cfg.Plan(Request{Targets: g.targets, Set: g.set, Env: g.env})
		all = append(all, diags...)
		if plan != nil {
			all = append(all, plan.Collisions(nil)...)
			data, err := plan.JSON()
			if err != nil {
				t.Fatal(err)
			}
			out["out/plan"] = string(data)
			out["out/explain"], diags = g.explanations(plan, cfg)
			all = append(all, diags...)
		}
	}
	out["out/diagnostics"] = diagnosticsText(all) + strings.Join(g.problems, "\n")
	checkPositions(t, all)
	return out
}

func (g *golden) explanations(p *Plan, c *Config) (string, hcl.Diagnostics) {
	var b strings.Builder
	var all hcl.Diagnostics
	for _, path := range g.explain {
		if name, ok := strings.CutPrefix(path, "variable "); ok {
			x, diags := c.ExplainVariable(name)
			all = append(all, diags...)
			if x.Origin != nil {
				writeExplained(&b, x)
			}
			continue
		}
		xs, diags := p.Explain(path)
		all = append(all, diags...)
		for _, x := range xs {
			writeExplained(&b, x)
		}
	}
	return b.String(), all
}

func writeExplained(b *strings.Builder, x Explained) {
	fmt.Fprintf(b, "%s = %s\n", x.Path, x.Value)
	writeOrigin(b, x.Origin, "", 1)
}

func writeOrigin(b *strings.Builder, o *Origin, prefix string, depth int) {
	fmt.Fprintf(b, "%s%s%s", strings.Repeat("  ", depth), prefix, o.Kind)
	if o.Name != "" {
		fmt.Fprintf(b, " %s", o.Name)
	}
	if o.Range.Filename != "" {
		fmt.Fprintf(b, " %s", at(o.Range))
	}
	fmt.Fprintf(b, " = %s\n", o.Value)
	for _, f := range o.From {
		writeOrigin(b, f, "reads ", depth+1)
	}
	if o.Over != nil {
		writeOrigin(b, o.Over, "over ", depth)
	}
}

func diagnosticsText(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		where := ""
		if d.Subject != nil {
			where = at(*d.Subject) + ": "
		}
		fmt.Fprintf(&b, "%s%s: %s [%s]\n  %s\n", where, severity, d.Summary, d.Extra, d.Detail)
		if u, ok := d.Extra.(*undeclared); ok {
			for _, rng := range u.also {
				fmt.Fprintf(&b, "  also at %s\n", at(rng))
			}
		}
	}
	return b.String()
}

// checkPositions fails on a diagnostic without a place, unless it is about
// something that is typed on the command line or stands in the environment.
func checkPositions(t *testing.T, diags hcl.Diagnostics) {
	t.Helper()
	elsewhere := map[diagID]bool{"unknown-target": true, "no-default": true, "no-match": true, "bad-pattern": true,
		"bad-override": true, "unknown-attribute": true, "unknown-key": true, "unknown-variable": true, "bad-environment": true, "group-not-target": true}
	for _, d := range diags {
		id, ok := d.Extra.(interface{ DiagnosticID() string })
		if d.Subject == nil && !(ok && elsewhere[diagID(id.DiagnosticID())]) {
			t.Errorf("diagnostic without a position: %s; %s", d.Summary, d.Detail)
		}
	}
}

func goldens(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no goldens in testdata", err)
	}
	return paths
}

func TestGoldens(t *testing.T) {
	for _, path := range goldens(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			g := readGolden(t, path)
			got := g.run(t)
			if os.Getenv("BAKE_UPDATE") != "" {
				g.update(t, path, got)
				return
			}
			for _, f := range g.archive.Files {
				if want, ok := got[f.Name]; ok {
					if diff := cmp.Diff(string(f.Data), want); diff != "" {
						t.Errorf("%s (-want +got):\n%s", f.Name, diff)
					}
					delete(got, f.Name)
				}
			}
			for name, text := range got {
				if text != "" {
					t.Errorf("%s is not in the archive:\n%s", name, text)
				}
			}
		})
	}
}

func (g *golden) update(t *testing.T, path string, got map[string]string) {
	t.Helper()
	out := &txtar.Archive{Comment: g.archive.Comment}
	for _, f := range g.archive.Files {
		if !strings.HasPrefix(f.Name, "out/") {
			out.Files = append(out.Files, f)
		}
	}
	for _, name := range []string{"out/plan", "out/explain", "out/diagnostics"} {
		if got[name] != "" {
			out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(got[name])})
		}
	}
	if err := os.WriteFile(path, txtar.Format(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDeterminism plans every golden many times, at once and one after the
// other; every time the bytes must be the same.
func TestDeterminism(t *testing.T) {
	for _, path := range goldens(t) {
		g := readGolden(t, path)
		want := g.run(t)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				got := g.run(t)
				for name, text := range want {
					if !bytes.Equal([]byte(text), []byte(got[name])) {
						t.Errorf("%s: %s differs between runs:\n%s", path, name, cmp.Diff(text, got[name]))
					}
				}
			})
		}
		wg.Wait()
	}
}
