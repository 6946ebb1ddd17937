package form_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bake/bake/graph"
	"bake/bake/graph/form"
	"bake/bake/graph/look"
	"bake/tests/golden"
)

// graphs are those that every form is tried on.
func graphs() map[string]*graph.Graph {
	return map[string]*graph.Graph{
		"empty": {}, "small": small(), "one": chain(1), "chain": chain(12), "star": star(20), "monorepo": monorepo(60),
		"hostile": hostile(), "bare": {Boxes: []graph.Box{{Targets: []string{"a"}}, {Targets: []string{"b"}}}, Links: []graph.Link{{From: 0, To: 1}}},
	}
}

func render(t testing.TB, name string, g *graph.Graph, o look.Options) []byte {
	t.Helper()
	out, err := form.Render(name, g, o)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func TestForms(t *testing.T) {
	options := look.Options{Legend: true, Layers: true}
	for _, name := range form.Names() {
		if name == "png" || name == "pdf" {
			continue // not texts; what they show is compared with the svg
		}
		out := string(render(t, name, small(), options))
		out = own.ReplaceAllString(places.ReplaceAllString(out, "${1}_"), "${1}_${2}")
		golden.Check(t, "testdata/small."+name, out)
	}
}

// own are the style, the script and the policy of a page, which files hold.
var own = regexp.MustCompile(`(?s)(<style>|<script>|sha256-).*?(</style>|</script>|&#39;)`)

// places are the numbers of a drawing that the layout decides, which has tests of
// its own.
var places = regexp.MustCompile(`(\b(?:d|x|y|width|height|viewBox)="[A-Z]?)[^"]*`)

func TestFormsAreTheSameEachTime(t *testing.T) {
	for _, name := range form.Names() {
		for of, g := range graphs() {
			for _, o := range []look.Options{{}, {Legend: true, Layers: true, TopDown: true, Theme: look.Dark, MaxLabel: 8, Unflatten: 3}} {
				o.DPI = 24 // large pictures take time
				if !bytes.Equal(render(t, name, g, o), render(t, name, g, o)) {
					t.Errorf("%s of %s differs from run to run", name, of)
				}
			}
		}
	}
}

func TestFormOfFile(t *testing.T) {
	for file, want := range map[string]string{"a.svg": "svg", "b/C.PNG": "png", "x.gv": "dot", "x.mmd": "mermaid", "x.txt": "text", "x.html": "html", "x": "", "x.exe": ""} {
		if got := form.Of(file); got != want && slicesHas(form.Names(), want) {
			t.Errorf("%s: %q", file, got)
		}
	}
	if _, err := form.Render("gif", small(), look.Options{}); err == nil || !strings.Contains(err.Error(), "mermaid") {
		t.Errorf("gif: %v", err)
	}
}

func slicesHas(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return s == ""
}

func TestFormsRefuseWhatLeadsNowhere(t *testing.T) {
	for _, name := range form.Names() {
		for _, g := range []*graph.Graph{
			{Boxes: []graph.Box{{Edges: []graph.Edge{{From: 0, To: 1}}}}},
			{Links: []graph.Link{{From: -1}}},
		} {
			if _, err := form.Render(name, g, look.Options{}); err == nil {
				t.Errorf("%s draws an edge from nowhere", name)
			}
		}
	}
}

// TestPictures writes pictures to look at to the directory BAKE_PICTURES.
func TestPictures(t *testing.T) {
	dir := os.Getenv("BAKE_PICTURES")
	if dir == "" {
		t.Skip("BAKE_PICTURES is not set")
	}
	list := graphs()
	for name, file := range map[string]string{
		"moby": "/work/dockerfiles/moby__moby/Dockerfile", "buildkit": "/work/dockerfiles/moby__buildkit/Dockerfile",
		"vllm": "/work/dockerfiles/ROCm__vllm/docker/Dockerfile", "rocm": "/work/dockerfiles/avesed__vllm-ampere-optimized/vllm/docker/Dockerfile.rocm",
		"lmdeploy": "/work/dockerfiles/InternLM__lmdeploy/docker/Dockerfile", "nerdctl": "/work/dockerfiles/containerd__nerdctl/Dockerfile",
	} {
		if _, err := os.Stat(file); err == nil {
			list[name] = real(t, file)
		}
	}
	for name, g := range list {
		for _, f := range form.Names() {
			out, err := form.Render(f, g, look.Options{Legend: true, MaxLabel: 40, Width: 100})
			if err != nil {
				t.Error(name, err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"."+f), out, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
