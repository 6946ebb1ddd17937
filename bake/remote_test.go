package bake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemotePath(t *testing.T) {
	const git = "https://example.com/repo.git"
	for _, tt := range []struct{ tree, name, want string }{
		{git, ".", git},
		{git, "./", git},
		{git, "app", git + "#:app"},
		{git, "./a/../b/", git + "#:b"},
		{git, "/app", git + "#:/app"},
		{git, "/../app", git + "#:/app"},
		{git, "..", ""},
		{git, "../etc", ""},
		{git, "a/../../etc", ""},
		{git + "#v1", ".", git + "#v1"},
		{git + "#v1", "app", git + "#v1:app"},
		{git + "#v1:sub", ".", git + "#v1:sub"},
		{git + "#v1:sub", "app", git + "#v1:sub/app"},
		{git + "#v1:sub", "/app", git + "#v1:sub/app"},
		{git + "#v1:sub", "../app", git + "#v1:app"},
		{git + "#v1:sub", "../../app", ""},
		{git + "#:sub", "app", git + "#:sub/app"},
		{git + "?ref=v1", "app", git + "?ref=v1#:app"},
		{git + "?subdir=sub&ref=v1", ".", git + "?subdir=sub&ref=v1"},
		{git + "?subdir=sub&ref=v1", "app", git + "?ref=v1&subdir=sub%2Fapp"},
		{git + "?subdir=sub", "../..", ""},
		{"git@example.com:me/repo.git#v1", "app", "git@example.com:me/repo.git#v1:app"},
		{"ssh://git@example.com/repo.git", "app", "ssh://git@example.com/repo.git#:app"},
		{"github.com/me/repo", "app", "github.com/me/repo#:app"},
		{"https://example.com/x.tar.gz?token=1", "app", "https://example.com/x.tar.gz?token=1#:app"},
		{"https://example.com/x.tar.gz#:repo-main", "app", "https://example.com/x.tar.gz#:repo-main/app"},
		{"https://example.com/x.tar.gz?subdir=sub", "app", "https://example.com/x.tar.gz?subdir=sub#:app"},
	} {
		r := &Remote{URL: tt.tree, Tree: tt.tree}
		got, ok := r.Path(tt.name)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s of %s: got %q, %v, want %q", tt.name, tt.tree, got, ok, tt.want)
		}
	}
}

func TestRedact(t *testing.T) {
	for _, tt := range [][2]string{
		{"https://example.com/repo.git", "https://example.com/repo.git"},
		{"https://me@example.com/a@b:c", "https://me@example.com/a@b:c"},
		{"https://me:secret@example.com/repo.git#v1", "https://me:xxxxx@example.com/repo.git#v1"},
		{"https://me:se@cret@example.com/repo.git", "https://me:xxxxx@example.com/repo.git"},
		{"git@example.com:repo.git", "git@example.com:repo.git"},
	} {
		if got := Redact(tt[0]); got != tt[1] {
			t.Errorf("%s: got %s, want %s", tt[0], got, tt[1])
		}
	}
	r := &Remote{Tree: "https://me:secret@example.com/repo.git#v1:sub"}
	if got, want := r.File("docker-bake.hcl"), "https://me:xxxxx@example.com/repo.git#v1:sub/docker-bake.hcl"; got != want {
		t.Errorf("file: got %s, want %s", got, want)
	}
}

// planRemote plans the targets of a definition that comes from a tree.
func planRemote(t *testing.T, remote *Remote, file, text string, set ...string) (*Plan, string) {
	t.Helper()
	d, diags := Parse([]File{{Name: file, Data: []byte(text)}}, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c, diags := d.Evaluate(Scope{Builtins: map[string]string{"BAKE_CMD_CONTEXT": "cwd://"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	req := Request{Targets: []string{"app"}, Remote: remote}
	for _, s := range set {
		o, err := ParseOverride(s)
		if err != nil {
			t.Fatal(err)
		}
		req.Set = append(req.Set, o)
	}
	plan, diags := c.Plan(req)
	var told []string
	for _, d := range diags {
		told = append(told, d.Error())
	}
	return plan, strings.Join(told, "\n")
}

func TestPathsOfRemoteDefinition(t *testing.T) {
	const git = "https://example.com/repo.git#v1:sub"
	remote := &Remote{URL: git, Tree: git}
	plan, told := planRemote(t, remote, remote.File("docker-bake.hcl"), `
target "app" {
  context    = "src"
  dockerfile = "../Dockerfile"
  contexts = {
    self   = "."
    lib    = "../lib"
    image  = "docker-image://alpine"
    layout = "oci-layout://layout:1"
    here   = "cwd://here"
    other  = "https://example.com/other.git"
    base   = "target:base"
  }
}
target "base" { context = BAKE_CMD_CONTEXT }
`)
	if told != "" {
		t.Fatal(told)
	}
	want := map[string]string{
		"self":   git,
		"lib":    "https://example.com/repo.git#v1:lib",
		"image":  "docker-image://alpine",
		"layout": "oci-layout://layout:1",
		"here":   "cwd://here",
		"other":  "https://example.com/other.git",
		"base":   "target:base",
	}
	if diff := cmp.Diff(want, plan.Target("app").Contexts); diff != "" {
		t.Error(diff)
	}
	if got, want := plan.Target("app").Context, git+"/src"; got != want {
		t.Errorf("context: got %s, want %s", got, want)
	}
	if got, want := plan.Target("app").Dockerfile, "../Dockerfile"; got != want {
		t.Errorf("dockerfile: got %s, want %s", got, want)
	}
	if got := plan.Target("base").Context; got != "." {
		t.Errorf("context of the command line: got %s", got)
	}
	if plan.Remote != remote {
		t.Error("the plan does not say where it comes from")
	}
}

// TestArchiveAsNamedContext: the URL of an archive alone is, as a named
// context, that file.
func TestArchiveAsNamedContext(t *testing.T) {
	const url = "https://example.com/x.tar"
	plan, told := planRemote(t, &Remote{URL: url, Tree: url}, url+"#:docker-bake.hcl", `
target "app" { contexts = { self = ".", sub = "sub", file = "https://example.com/x.tar" } }`)
	if told != "" {
		t.Fatal(told)
	}
	want := map[string]string{"self": url + "#:.", "sub": url + "#:sub", "file": url}
	if diff := cmp.Diff(want, plan.Target("app").Contexts); diff != "" {
		t.Error(diff)
	}
	if got := plan.Target("app").Context; got != url {
		t.Errorf("context: got %s", got)
	}
}

func TestRemoteDefinitionStaysInItsTree(t *testing.T) {
	const git = "https://me:secret@example.com/repo.git"
	remote := &Remote{URL: git, Tree: git}
	file := remote.File("docker-bake.hcl")
	for _, tt := range []struct{ text, want string }{
		{`context = "../../beside"`, file + `:1,26-40: Path outside of the definition's tree; The context of target "app" is "../../beside", which lies outside of https://me:xxxxx@example.com/repo.git`},
		{`contexts = { beside = "../beside" }`, file + `:1,38-49: Path outside of the definition's tree; The context "beside" of target "app" is "../beside"`},
		{`dockerfile = "/srv/Dockerfile"`, file + `:1,29-46: Path outside of the definition's tree; The dockerfile of target "app" is "/srv/Dockerfile", a file of this machine`},
	} {
		plan, told := planRemote(t, remote, file, `target "app" { `+tt.text+` }`)
		if plan != nil || !strings.HasPrefix(told, tt.want) {
			t.Errorf("%s: got %s, want %s", tt.text, told, tt.want)
		}
	}
	// What the user of this machine writes is theirs to write.
	for _, tt := range []struct{ file, text, set string }{
		{file, ``, `app.dockerfile=/srv/Dockerfile`},
		{"local.hcl", `dockerfile = "/srv/Dockerfile"`, `app.tags=a`},
		{file, `dockerfile = "cwd:///srv/Dockerfile"`, `app.tags=a`},
	} {
		plan, told := planRemote(t, remote, tt.file, `target "app" { `+tt.text+` }`, tt.set)
		if plan == nil || !strings.HasSuffix(plan.Target("app").Dockerfile, "/srv/Dockerfile") {
			t.Errorf("%s %s: %s", tt.text, tt.set, told)
		}
	}
}

// TestSingleFileIsLocal: the paths of a definition that is one file are those
// of this machine, as no directory goes with it.
func TestSingleFileIsLocal(t *testing.T) {
	const url = "https://example.com/docker-bake.hcl"
	plan, told := planRemote(t, &Remote{URL: url}, url, `target "app" { context = "../app" }`)
	if told != "" || plan.Target("app").Context != "../app" {
		t.Errorf("%s: %+v", told, plan)
	}
}
