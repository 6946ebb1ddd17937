package build

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/moby/buildkit/solver/pb"
)

func TestSplitArchive(t *testing.T) {
	for _, tt := range []struct{ in, url, sub string }{
		{"https://example.com/x.tar", "https://example.com/x.tar", ""},
		{"https://example.com/x.tar#:.", "https://example.com/x.tar", "."},
		{"https://example.com/x.tar#:", "https://example.com/x.tar", "."},
		{"https://example.com/x.tar?a=1#:sub/", "https://example.com/x.tar?a=1", "sub"},
		{"https://example.com/x.tar#:../../etc", "https://example.com/x.tar", "etc"},
		{"https://example.com/page#part", "https://example.com/page#part", ""},
		{"https://example.com/x.git#:sub", "https://example.com/x.git#:sub", ""},
		{"git@example.com:x.git#:sub", "git@example.com:x.git#:sub", ""},
	} {
		if url, sub := splitArchive(tt.in); url != tt.url || sub != tt.sub {
			t.Errorf("%s: got %q and %q, want %q and %q", tt.in, url, sub, tt.url, tt.sub)
		}
	}
}

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
		opt := &Caller{Env: bake.Env{"BUILDX_BAKE_GIT_ADVICE": tt.env, "BUILDX_SEND_GIT_QUERY_AS_INPUT": "1"}}
		inEnv, inArg := adviceOnDefinition(opt), tt.arg == "true"
		if inEnv != (tt.env == "1" || tt.env == "true") {
			t.Errorf("%+v: %v", tt, inEnv)
		}
		state, err := treeState(git, inEnv)
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
			i, err := prepareInputs(target, from, true, opt, nil)
			if err != nil {
				t.Fatal(err)
			}
			if advised(i.definitions["context"]) != want || advised(i.definitions["git_state_context:a"]) != want || advised(i.definitions["git_state_context:b"]) != inArg {
				t.Errorf("%+v: %s: want %v", tt, url, want)
			}
		}
	}
}

// TestGitCredentials: what fetched the definition fetches the contexts on the
// same host, and no others; what a target says itself counts more.
func TestGitCredentials(t *testing.T) {
	env := bake.Env{
		"Buildx_Bake_Git_Auth_Token": "t", "BUILDX_BAKE_GIT_AUTH_HEADER": "", "BUILDX_BAKE_GIT_SSH": "keys/a,/b", "SSH_AUTH_SOCK": "/agent",
		"TOKEN": "own",
	}
	const git, other, overSSH = "https://Example.com/a.git", "https://other.example/a.git", "ssh://git@example.com/a.git"
	agent := func(paths ...string) []sshprovider.AgentConfig {
		return []sshprovider.AgentConfig{{ID: "default", Paths: paths}}
	}
	own := sshprovider.AgentConfig{ID: "own", Paths: []string{"/own"}}
	for name, tt := range map[string]struct {
		from    string
		target  bake.Target
		secrets map[string]secret
		ssh     []sshprovider.AgentConfig
	}{
		"local definition":        {"", bake.Target{Context: git}, nil, nil},
		"same host":               {git, bake.Target{Context: "https://example.com/b.git#:sub"}, map[string]secret{"GIT_AUTH_TOKEN.example.com": {Env: "Buildx_Bake_Git_Auth_Token"}}, nil},
		"named context":           {git, bake.Target{Context: ".", Contexts: map[string]string{"a": git}}, map[string]secret{"GIT_AUTH_TOKEN.Example.com": {Env: "Buildx_Bake_Git_Auth_Token"}}, nil},
		"other host":              {git, bake.Target{Context: other}, nil, nil},
		"own token":               {git, bake.Target{Context: git, Secrets: []bake.Secret{{ID: "GIT_AUTH_TOKEN.Example.com", Env: "TOKEN"}}}, map[string]secret{"GIT_AUTH_TOKEN.Example.com": {Env: "TOKEN"}}, nil},
		"archive":                 {"https://example.com/x.tar", bake.Target{Context: other}, nil, nil},
		"context over ssh":        {"", bake.Target{Context: overSSH}, nil, agent("/agent")},
		"named context over ssh":  {"", bake.Target{Context: ".", Contexts: map[string]string{"a": "git@example.com:a.git"}}, nil, agent("/agent")},
		"definition over ssh":     {overSSH, bake.Target{Context: "."}, nil, agent("/work/keys/a", "/b")},
		"own agent beside":        {overSSH, bake.Target{Context: ".", SSH: []bake.SSH{{ID: "own", Paths: []string{"/own"}}}}, nil, append(agent("/work/keys/a", "/b"), own)},
		"own default agent":       {overSSH, bake.Target{Context: ".", SSH: []bake.SSH{{ID: "default", Paths: []string{"/own"}}}}, nil, agent("/own")},
		"own agent, context only": {"", bake.Target{Context: overSSH, SSH: []bake.SSH{{ID: "own", Paths: []string{"/own"}}}}, nil, append(agent("/agent"), own)},
	} {
		c := &credentials{secrets: map[string]secret{}}
		for _, s := range tt.target.Secrets {
			c.secrets[s.ID] = secret{Env: s.Env}
		}
		for _, s := range tt.target.SSH {
			c.ssh = append(c.ssh, sshprovider.AgentConfig{ID: s.ID, Paths: s.Paths})
		}
		var from *bake.Remote
		if tt.from != "" {
			from = &bake.Remote{URL: tt.from, Tree: tt.from}
		}
		c.addGit(&tt.target, from, &Caller{Dir: "/work", Env: env})
		slices.SortFunc(c.ssh, func(a, b sshprovider.AgentConfig) int { return strings.Compare(a.ID, b.ID) })
		if tt.secrets == nil {
			tt.secrets = map[string]secret{}
		}
		if diff := cmp.Diff(tt.secrets, c.secrets); diff != "" {
			t.Errorf("%s: secrets: %s", name, diff)
		}
		if diff := cmp.Diff(tt.ssh, c.ssh); diff != "" {
			t.Errorf("%s: ssh: %s", name, diff)
		}
	}
}

func TestFilesOfRemoteDefinition(t *testing.T) {
	plan := &bake.Plan{
		Targets: []*bake.Target{{Name: "a", Context: "/srv", Dockerfile: "cwd:///srv/Dockerfile", Contexts: map[string]string{"l": "oci-layout:///layouts/l"}}},
		Remote:  &bake.Remote{URL: "ssh://git@example.com/a.git", Tree: "ssh://git@example.com/a.git"},
	}
	for name, tt := range map[string]struct {
		env  bake.Env
		want string
	}{
		"checked":    {nil, "fs.read=/layouts/l fs.read=/srv ssh"},
		"trusted":    {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "1"}, ""},
		"untrusted":  {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "0"}, "fs.read=/layouts/l fs.read=/srv ssh"},
		"broken":     {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "x"}, `invalid BAKE_ALLOW_REMOTE_FS_ACCESS "x", want true or false`},
		"switched":   {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "1", "BUILDX_BAKE_ENTITLEMENTS_FS": "1"}, "fs.read=/layouts/l fs.read=/srv ssh"},
		"switched 2": {bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}, ""},
	} {
		err := checkEntitlements(plan, &Caller{Dir: t.TempDir(), Env: tt.env}, nil)
		got := ""
		var refused *EntitlementError
		if errors.As(err, &refused) {
			var names []string
			for _, m := range refused.Missing {
				names = append(names, m.Name)
			}
			got = strings.Join(names, " ")
		} else if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
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
		i := &inputs{attrs: map[string]string{}, caps: map[string]bool{}, definitions: map[string]*pb.Definition{}, dockerfile: &dockerfile{}}
		if err := i.fetchContext(&bake.Target{Context: tt.url}, nil, true, &Caller{Env: bake.Env{"SOURCE_DATE_EPOCH": tt.epoch}}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(sourcesOf(t, i.definitions["context"]), " "); got != tt.want {
			t.Errorf("%s at %q: got %q, want %q", tt.url, tt.epoch, got, tt.want)
		}
		if (i.attrs["context"] == "") != (tt.want != "") || (i.definitions["dockerfile"] == nil) != (tt.want == "") {
			t.Errorf("%s: attributes %v, Dockerfile %v", tt.url, i.attrs, i.definitions["dockerfile"] != nil)
		}
	}
	// What is in the repository of the definition is taken out of the whole, as
	// old engines know nothing else.
	from := &bake.Remote{URL: git + "#v1", Tree: git + "#v1"}
	for context, want := range map[string]string{git + "#v1:sub": "git://example.com/a.git#v1", git + "#v1": "", git + "#v2:sub": ""} {
		i := &inputs{attrs: map[string]string{}, caps: map[string]bool{}, definitions: map[string]*pb.Definition{}, dockerfile: &dockerfile{}}
		if err := i.fetchContext(&bake.Target{Context: context}, from, false, &Caller{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(sourcesOf(t, i.definitions["context"]), " "); got != want {
			t.Errorf("%s of a definition in %s: got %q, want %q", context, from.Tree, got, want)
		}
	}
	i := &inputs{attrs: map[string]string{}, caps: map[string]bool{}, definitions: map[string]*pb.Definition{}, dockerfile: &dockerfile{}}
	if err := i.fetchContext(&bake.Target{Context: git + "?nonsense=1"}, nil, true, &Caller{}); err == nil || err.Error() != `unexpected query "nonsense"` {
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

// TestFetchWords: what engines and git say, and what bake makes of it.
func TestFetchWords(t *testing.T) {
	for text, want := range map[string]string{
		`failed to solve: failed to read dockerfile: failed to load cache key: repository does not contain ref nope, output: ""`:                                                                         "the repository has no branch, tag or commit nope",
		"failed to solve: failed to load cache key: error fetching default branch for repository http://h/n.git: git stderr:\nfatal: repository 'http://h/n.git/' not found\n: exit status 128":          "repository 'http://h/n.git/' not found",
		"failed to solve: failed to load cache key: failed to fetch remote ssh://h/n.git: git stderr:\ngit@h: Permission denied (publickey).\r\nfatal: Could not read from remote.\n\n: exit status 128": "git@h: Permission denied (publickey).",
		`failed to solve: invalid subdir nope: failed to lstat "nope": statat nope: no such file or directory`:                                                                                           "the repository has no directory nope",
		"failed to solve: failed to read downloaded context: failed to load cache key: invalid response status 404":                                                                                      "the server answered 404, not found",
		"failed to solve: there is no file x":                                             "there is no file x",
		"failed to solve: failed to read dockerfile: open x: no such file or directory":   "failed to read dockerfile: open x: no such file or directory",
		"failed to solve: process \"/bin/sh -c x\" did not complete successfully: exit 1": "process \"/bin/sh -c x\" did not complete successfully: exit 1",
	} {
		if got := ErrorText(errors.New(text)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
