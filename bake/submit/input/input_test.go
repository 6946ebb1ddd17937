package input

import (
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/moby/buildkit/solver/pb"
)

// TestGitAdvice: git gives advice about the repository of the definition, and of
// a context, only when asked to.
func TestGitAdvice(t *testing.T) {
	const git, other = "https://example.com/a.git", "https://example.com/b.git"
	from := &bake.Remote{URL: git, Tree: git}
	advised := func(def *pb.Definition) bool {
		for _, data := range def.GetDef() {
			op := &pb.Op{}
			if err := op.Unmarshal(data); err != nil {
				t.Fatal(err)
			}
			if op.GetSource().GetAttrs()[pb.AttrGitAdvice] == "true" {
				return true
			}
		}
		return false
	}
	for _, tt := range []struct{ env, arg string }{{}, {env: "1"}, {env: "0"}, {env: "maybe"}, {arg: "true"}, {arg: "no"}, {env: "true", arg: "false"}} {
		opt := &host.Caller{Env: bake.Env{"BUILDX_BAKE_GIT_ADVICE": tt.env, "BUILDX_SEND_GIT_QUERY_AS_INPUT": "1"}}
		inEnv, inArg := AdviceOnDefinition(opt), tt.arg == "true"
		if inEnv != (tt.env == "1" || tt.env == "true") {
			t.Errorf("%+v: %v", tt, inEnv)
		}
		state, err := source.TreeState(git, inEnv)
		if err != nil {
			t.Fatal(err)
		}
		def, err := state.Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if advised(def.ToPB()) != inEnv {
			t.Errorf("%+v: definition: %v", tt, !inEnv)
		}
		for url, want := range map[string]bool{git + "#:sub": inEnv || inArg, other + "?ref=main": inArg} {
			target := &bake.Target{Context: url, DockerfileInline: new("FROM scratch"), Args: map[string]string{"BUILDKIT_GIT_ADVICE": tt.arg},
				Contexts: map[string]string{"a": url, "b": "ssh://git@example.com/c.git"}}
			i, err := Prepare(target, from, true, opt, nil)
			if err != nil {
				t.Fatal(err)
			}
			if advised(i.Definitions["context"]) != want || advised(i.Definitions["git_state_context:a"]) != want || advised(i.Definitions["git_state_context:b"]) != inArg {
				t.Errorf("%+v: %s: want %v", tt, url, want)
			}
		}
	}
}

func TestDockerfileOfRemoteDefinition(t *testing.T) {
	from := &bake.Remote{URL: "https://example.com/a.git", Tree: "https://example.com/a.git"}
	inline := "FROM scratch"
	for _, tt := range []struct {
		target bake.Target
		from   *bake.Remote
		refuse bool
	}{
		{bake.Target{Context: ".", Dockerfile: "Dockerfile"}, from, true},
		{bake.Target{Context: ".", Dockerfile: "Dockerfile"}, nil, false},
		{bake.Target{Context: ".", Dockerfile: "Dockerfile"}, &bake.Remote{URL: "https://example.com/a.hcl"}, false},
		{bake.Target{Context: ".", Dockerfile: "cwd://Dockerfile"}, from, false},
		{bake.Target{Context: ".", Dockerfile: "/srv/Dockerfile"}, from, false},
		{bake.Target{Context: ".", Dockerfile: "https://example.com/Dockerfile"}, from, false},
		{bake.Target{Context: ".", Dockerfile: "Dockerfile", DockerfileInline: &inline}, from, false},
	} {
		if err := checkOwnDockerfile(&tt.target, tt.from, "/work"); (err != nil) != tt.refuse {
			t.Errorf("%+v: got %v", tt.target, err)
		}
	}
}

// TestInputs: which contexts a frontend fetches by itself.
func TestInputs(t *testing.T) {
	const git = "https://example.com/a.git"
	for _, tt := range []struct {
		url   string
		epoch string
		want  string // sources, in the order of the definition; empty if the frontend fetches it
	}{
		{git + "#main:sub", "", ""},
		{git + "#main", "1600000000", ""},
		{git + "#main:sub", "1600000000", "git://example.com/a.git#main"},
		{git + "?ref=main&subdir=sub", "1600000000", "git://example.com/a.git#main"},
		{git + "?mtime=commit&subdir=sub", "", "git://example.com/a.git"},
		{git + "?keep-git-dir=1&subdir=sub", "1600000000", ""},
		{"https://example.com/a.tar", "1600000000", ""},
		{"https://example.com/a.tar#:sub", "", "https://example.com/a.tar"},
	} {
		i := &Inputs{Attrs: map[string]string{}, caps: map[string]bool{}, Definitions: map[string]*pb.Definition{}, Dockerfile: &dockerfile.File{}}
		if err := i.fetchContext(&bake.Target{Context: tt.url}, nil, true, &host.Caller{Env: bake.Env{"SOURCE_DATE_EPOCH": tt.epoch}}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(sourcesOf(t, i.Definitions["context"]), " "); got != tt.want {
			t.Errorf("%s at %q: got %q, want %q", tt.url, tt.epoch, got, tt.want)
		}
		if (i.Attrs["context"] == "") != (tt.want != "") || (i.Definitions["dockerfile"] == nil) != (tt.want == "") {
			t.Errorf("%s: attributes %v, Dockerfile %v", tt.url, i.Attrs, i.Definitions["dockerfile"] != nil)
		}
	}
	// What is in the repository of the definition is taken out of the whole, as
	// old engines know nothing else.
	from := &bake.Remote{URL: git + "#v1", Tree: git + "#v1"}
	for context, want := range map[string]string{git + "#v1:sub": "git://example.com/a.git#v1", git + "#v1": "", git + "#v2:sub": ""} {
		i := &Inputs{Attrs: map[string]string{}, caps: map[string]bool{}, Definitions: map[string]*pb.Definition{}, Dockerfile: &dockerfile.File{}}
		if err := i.fetchContext(&bake.Target{Context: context}, from, false, &host.Caller{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(sourcesOf(t, i.Definitions["context"]), " "); got != want {
			t.Errorf("%s of a definition in %s: got %q, want %q", context, from.Tree, got, want)
		}
	}
	i := &Inputs{Attrs: map[string]string{}, caps: map[string]bool{}, Definitions: map[string]*pb.Definition{}, Dockerfile: &dockerfile.File{}}
	if err := i.fetchContext(&bake.Target{Context: git + "?nonsense=1"}, nil, true, &host.Caller{}); err == nil || err.Error() != `unexpected query "nonsense"` {
		t.Errorf("a broken query: %v", err)
	}
}

func sourcesOf(t *testing.T, def *pb.Definition) []string {
	var out []string
	for _, data := range def.GetDef() {
		op := &pb.Op{}
		if err := op.Unmarshal(data); err != nil {
			t.Fatal(err)
		}
		if src := op.GetSource(); src != nil {
			out = append(out, src.Identifier)
		}
	}
	return out
}
