package bake

import (
	"strings"
	"testing"
)

// Two different builds that give one tag to what goes to one place are warned
// about, whatever that place is.
func TestTagCollisions(t *testing.T) {
	docker, box, loading := Keeping{Images: true, Default: true}, Keeping{}, Keeping{Default: true}
	for _, c := range []struct {
		name, a, b string // bodies of two targets that differ in their context
		keeping    Keeping
		want       string // part of the diagnostic, empty for none
	}{
		{"pushed", `tags = ["r/x:1"] output = ["type=registry"]`, `tags = ["r/x:1"] output = ["type=image,push=true"]`, box, "pushes r/x:1, and"},
		{"by digest", `tags = ["r/x"] output = ["type=image,push=true,push-by-digest=true"]`, `tags = ["r/x"] output = ["type=registry"]`, box, ""},
		{"other tags", `tags = ["x:1"] output = ["type=docker"]`, `tags = ["x:2"] output = ["type=docker"]`, box, ""},
		{"loaded", `tags = ["x:1", "x:2"] output = ["type=docker"]`, `tags = ["x:2"] output = ["type=docker"]`, box, "loads x:2 into Docker, and"},
		{"loaded under a name", `output = ["type=docker,name=x"]`, `tags = ["docker.io/library/x:latest"] output = ["type=docker"]`, box, "loads docker.io/library/x:latest into"},
		{"into files", `tags = ["x:1"] output = ["type=docker,dest=a.tar"]`, `tags = ["x:1"] output = ["type=docker,dest=b.tar"]`, docker, ""},
		{"loaded and pushed", `tags = ["x:1"] output = ["type=docker"]`, `tags = ["x:1"] output = ["type=registry"]`, box, ""},
		{"into two Dockers", `tags = ["x:1"] output = ["type=docker"]`, `tags = ["x:1"] output = ["type=docker,context=other"]`, box, ""},
		{"Docker's own builder", `tags = ["x:1"] output = ["type=docker"]`, `tags = ["x:1"] output = ["type=docker,context=other"]`, docker, "loads x:1"},
		{"stored", `tags = ["x:1"] output = ["type=image"]`, `tags = ["x:1"]`, docker, "loads x:1"},
		{"stored nowhere", `tags = ["x:1"] output = ["type=image"]`, `tags = ["x:1"] output = ["type=image"]`, box, ""},
		{"by default", `tags = ["x:1"]`, `tags = ["x:1"]`, loading, "loads x:1"},
		{"no default", `tags = ["x:1"]`, `tags = ["x:1"]`, box, ""},
		{"only asked", `tags = ["x:1"] call = "check"`, `tags = ["x:1"] call = "check"`, docker, ""},
		{"one layout", `tags = ["x:1"] output = ["type=oci,dest=d,tar=false"]`, `tags = ["x:1"] output = ["type=docker,dest=./d,tar=false"]`, box, "writes x:1 into d, and"},
		{"two layouts", `tags = ["x:1"] output = ["type=oci,dest=d,tar=false"]`, `tags = ["x:1"] output = ["type=oci,dest=e,tar=false"]`, box, ""},
		{"ports and digests", `tags = ["r:5000/x"] output = ["type=docker"]`, `tags = ["r:5000/x:latest"] output = ["type=docker"]`, box, "loads r:5000/x:latest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := func(text string) string { return strings.ReplaceAll(text, "] ", "]\n") }
			text := "target \"a\" {\n" + body(c.a) + "\n}\ntarget \"b\" {\ncontext = \"b\"\n" + body(c.b) + "\n}\ntarget \"again\" {\ninherits = [\"b\"]\n}\n"
			if found := tagsFound(t, text, c.keeping, "b", "again"); len(found) > 0 {
				t.Errorf("identical builds collide: %v", found)
			}
			found := tagsFound(t, text, c.keeping, "a", "b")
			if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0], c.want)) {
				t.Errorf("%q, want %q", found, c.want)
			}
		})
	}
}

// A target that others use is not loaded unless it is asked for, too.
func TestTagCollisionsOfLinked(t *testing.T) {
	const text = `
target "a" { tags = ["x:1"] }
target "b" {
  contexts = { a = "target:a" }
  tags     = ["x:1"]
}
`
	keeping := Keeping{Images: true, Default: true}
	if found := tagsFound(t, text, keeping, "b"); len(found) > 0 {
		t.Error(found)
	}
	if found := tagsFound(t, text, keeping, "a", "b"); len(found) != 1 {
		t.Error(found)
	}
}

// tagsFound are the details of what is said about the tags of targets.
func tagsFound(t *testing.T, text string, keeping Keeping, targets ...string) []string {
	t.Helper()
	def, diags := Parse([]File{{Name: "a.hcl", Data: []byte(text)}}, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	config, diags := def.Evaluate(Scope{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	plan, diags := config.Plan(Request{Targets: targets})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var found []string
	for _, d := range append(plan.Collisions(nil), plan.StoreCollisions(keeping)...) {
		if strings.HasSuffix(d.Summary, "the same tag") {
			found = append(found, d.Detail)
		}
	}
	return found
}
