package grant

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
)

// missing returns what a plan of targets needs beyond the grants, by name.
func missing(t *testing.T, opt host.Caller, allow []string, targets ...*bake.Target) map[string][]string {
	t.Helper()
	for _, target := range targets {
		if target.Context == "" {
			target.Context = "."
		}
		if target.Dockerfile == "" {
			target.Dockerfile = "Dockerfile"
		}
	}
	err := Check(&bake.Plan{Targets: targets}, &opt, allow)
	out := map[string][]string{}
	var refused *failure.EntitlementError
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if refused != nil {
		for _, m := range refused.Missing {
			out[m.Name] = m.Targets
		}
	}
	return out
}

func entries(typ string, attrs ...string) []bake.Entry { return workspace.To(typ, "", attrs...) }

func TestFileNeeds(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		target *bake.Target
		env    bake.Env
		want   []string
	}{
		"inside":              {target: &bake.Target{Context: "src", Contexts: map[string]string{"a": "lib"}, Outputs: workspace.To("local", "out"), Secrets: []bake.Secret{{ID: "key"}}}},
		"context":             {target: &bake.Target{Context: "/srv/src"}, want: []string{"fs.read=/srv/src"}},
		"context of cwd":      {target: &bake.Target{Context: "cwd:///srv/src"}, want: []string{"fs.read=/srv/src"}},
		"near context":        {target: &bake.Target{Context: "../src"}, want: []string{"fs.read=../src"}},
		"remote":              {target: &bake.Target{Context: "https://example.com/a.git", Contexts: map[string]string{"a": "docker-image://b", "t": "target:x", "g": "https://example.com/b.git"}}},
		"dockerfile":          {target: &bake.Target{Dockerfile: "/srv/Dockerfile"}, want: []string{"fs.read=/srv/Dockerfile"}},
		"dockerfile above":    {target: &bake.Target{Context: "src", Dockerfile: "../../D"}, want: []string{"fs.read=../D"}},
		"remote dockerfile":   {target: &bake.Target{Context: "https://example.com/a.git", Dockerfile: "cwd://../D"}, want: []string{"fs.read=../D"}},
		"inline":              {target: &bake.Target{Dockerfile: "/srv/Dockerfile", DockerfileInline: workspace.Ptr("FROM scratch")}},
		"named context":       {target: &bake.Target{Contexts: map[string]string{"a": "/srv/lib"}}, want: []string{"fs.read=/srv/lib"}},
		"layout":              {target: &bake.Target{Contexts: map[string]string{"a": "oci-layout:///srv/lib:v1"}}, want: []string{"fs.read=/srv/lib"}},
		"cache-from":          {target: &bake.Target{CacheFrom: entries("local", "src", "/srv/cache")}, want: []string{"fs.read=/srv/cache"}},
		"cache of a registry": {target: &bake.Target{CacheFrom: entries("registry", "ref", "/srv/cache")}},
		"cache-to":            {target: &bake.Target{CacheTo: entries("local", "dest", "/srv/cache")}, want: []string{"fs.write=/srv/cache"}},
		"cache both ways": {
			target: &bake.Target{CacheFrom: entries("local", "src", "/srv/cache"), CacheTo: entries("local", "dest", "/srv/cache")},
			want:   []string{"fs=/srv/cache"},
		},
		"secret":             {target: &bake.Target{Secrets: []bake.Secret{{ID: "a", Src: "/srv/key"}}}, want: []string{"fs.read=/srv/key"}},
		"secret of the name": {target: &bake.Target{Secrets: []bake.Secret{{ID: "../key"}}}, want: []string{"fs.read=../key"}},
		"secret in variable": {target: &bake.Target{Secrets: []bake.Secret{{ID: "../key"}, {ID: "b", Env: "B"}}}, env: bake.Env{"../key": "x"}},
		"ssh key":            {target: &bake.Target{SSH: []bake.SSH{{ID: "default", Paths: []string{"/srv/key"}}}}, want: []string{"fs.read=/srv/key"}},
		"ssh agent":          {target: &bake.Target{SSH: []bake.SSH{{ID: "default"}}}, want: []string{"ssh"}},
		"local":              {target: &bake.Target{Outputs: workspace.To("local", "/srv/out")}, want: []string{"fs.write=/srv/out"}},
		"tar":                {target: &bake.Target{Outputs: workspace.To("tar", "/srv/out.tar")}, want: []string{"fs.write=/srv/out.tar"}},
		"oci":                {target: &bake.Target{Outputs: workspace.To("oci", "/srv/out.tar")}, want: []string{"fs.write=/srv/out.tar"}},
		"docker":             {target: &bake.Target{Outputs: workspace.To("docker", "/srv/out.tar")}, want: []string{"fs.write=/srv/out.tar"}},
		"standard output":    {target: &bake.Target{Outputs: workspace.To("tar", "-")}},
		"deletes":            {target: &bake.Target{Outputs: workspace.To("local", "/srv/out", "mode", "delete")}, want: []string{"buildx.local.delete", "fs.write=/srv/out"}},
		"device":             {target: &bake.Target{Entitlements: []string{"device=x"}}, want: []string{"device=x"}},
		"read below another": {
			target: &bake.Target{Context: "/srv", Contexts: map[string]string{"a": "/srv/lib"}, Dockerfile: "cwd:///srv/D"},
			want:   []string{"fs.read=/srv"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			opt := host.Caller{Dir: dir, Env: c.env}
			if got := slices.Sorted(maps.Keys(missing(t, opt, nil, c.target))); !slices.Equal(got, c.want) {
				t.Errorf("needs %q, want %q", got, c.want)
			}
			if got := missing(t, opt, c.want, c.target); len(got) > 0 {
				t.Errorf("granting %q was not enough: %q", c.want, got)
			}
		})
	}
}

// The needs of every target count, whatever the order.
func TestNeedsOfAllTargets(t *testing.T) {
	targets := []*bake.Target{
		{Name: "a", Context: "/srv/a"},
		{Name: "b", Outputs: workspace.To("local", "/srv/b")},
		{Name: "c"},
		{Name: "d", Context: "/srv/a/sub", Entitlements: []string{"network.host"}},
	}
	want := map[string][]string{"fs.read=/srv/a": {"a", "d"}, "fs.write=/srv/b": {"b"}, "network.host": {"d"}}
	for range len(targets) {
		targets = append(targets[1:], targets[0])
		got := missing(t, host.Caller{Dir: t.TempDir()}, nil, targets...)
		slices.Sort(got["fs.read=/srv/a"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// What is asked for is what is read: a link that is not followed needs nothing.
func TestNeedsOfLinkedDockerfile(t *testing.T) {
	w := workspace.New(t, map[string]string{"work/a": "", "other/real": "", "other/sub/deep": ""})
	for link, to := range map[string]string{"work/out": "../other/real", "other/near": "sub/deep", "other/out": "../work/a", "work/dir": "../other"} {
		if err := os.Symlink(to, filepath.Join(w.Path, link)); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{
		"out": "", "../other/near": "fs.read=../other/sub/deep", "../other/out": "fs.read=../other/out", "../other/none": "fs.read=../other/none", "dir/real": "fs.read=../other/real",
	} {
		var list []string
		if want != "" {
			list = []string{want}
		}
		if got := slices.Sorted(maps.Keys(missing(t, host.Caller{Dir: filepath.Join(w.Path, "work")}, nil, &bake.Target{Dockerfile: file}))); !slices.Equal(got, list) {
			t.Errorf("%s needs %q, want %q", file, got, want)
		}
	}
}

// Beside a Dockerfile lie files that go with it: they are part of it, unless they are
// links to somewhere else. So it is with a Dockerfile in the old spelling.
func TestNeedsBesideDockerfile(t *testing.T) {
	for name, c := range map[string]struct {
		files, links map[string]string
		want         []string
	}{
		"nothing":         {nil, nil, []string{"fs.read=../other/D"}},
		"files":           {map[string]string{"other/D.dockerignore": "", "other/D.rego": ""}, nil, []string{"fs.read=../other/D"}},
		"linked rules":    {map[string]string{"other/rules": ""}, map[string]string{"other/D.dockerignore": "rules"}, []string{"fs.read=../other/D", "fs.read=../other/rules"}},
		"rules elsewhere": {map[string]string{"far/rules": ""}, map[string]string{"other/D.dockerignore": "../far/rules"}, []string{"fs.read=../other/D"}}, // not followed
		"linked policy":   {map[string]string{"far/policy": ""}, map[string]string{"other/D.rego": "../far/policy"}, []string{"fs.read=../far/policy", "fs.read=../other/D"}},
		"dangling policy": {nil, map[string]string{"other/D.rego": "../far/none"}, []string{"fs.read=../far/none", "fs.read=../other/D"}},
	} {
		w := workspace.New(t, map[string]string{"work/a": "", "other/D": ""})
		for file, text := range c.files {
			w.Write(file, text)
		}
		for link, to := range c.links {
			if err := os.Symlink(to, filepath.Join(w.Path, link)); err != nil {
				t.Fatal(err)
			}
		}
		if got := slices.Sorted(maps.Keys(missing(t, host.Caller{Dir: filepath.Join(w.Path, "work")}, nil, &bake.Target{Dockerfile: "../other/D"}))); !slices.Equal(got, c.want) {
			t.Errorf("%s needs %q, want %q", name, got, c.want)
		}
	}
	w := workspace.New(t, map[string]string{"work/a": "", "other/real": ""})
	if err := os.Symlink("real", filepath.Join(w.Path, "other/dockerfile")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"cwd://../other/Dockerfile", "../other/Dockerfile", filepath.Join(w.Path, "other/Dockerfile")} {
		if got := slices.Sorted(maps.Keys(missing(t, host.Caller{Dir: filepath.Join(w.Path, "work")}, nil, &bake.Target{Dockerfile: file}))); !slices.Equal(got, []string{"fs.read=../other/real"}) {
			t.Errorf("%s needs %q", file, got)
		}
	}
}

// What layouts and local caches lead to is asked for, too, and decides while the
// plan is built.
func TestNeedsOfLinkedLayouts(t *testing.T) {
	w := workspace.New(t, map[string]string{"work/l/index.json": "", "store/x": ""})
	if err := os.Symlink("../../store", filepath.Join(w.Path, "work/l/blobs")); err != nil {
		t.Fatal(err)
	}
	at := host.Caller{Dir: filepath.Join(w.Path, "work")}
	for want, target := range map[string]*bake.Target{
		"fs.read=../store":  {Contexts: map[string]string{"l": "oci-layout://l"}, CacheFrom: entries("local", "src", "cwd://l")},
		"fs.write=../store": {CacheTo: entries("local", "dest", "l"), Outputs: workspace.To("oci", "l", "tar", "false")},
	} {
		if got := slices.Sorted(maps.Keys(missing(t, at, nil, target))); !slices.Equal(got, []string{want}) {
			t.Errorf("needs %q, want %s", got, want)
		}
		guard, err := Guard(&bake.Plan{}, &at, []string{want})
		if err != nil {
			t.Fatal(err)
		}
		if store := at.Place("../store/x"); guard(store, false) != strings.HasPrefix(want, "fs.read") || guard(store, true) == guard(store, false) {
			t.Errorf("with %s it may be read %v, written %v", want, guard(store, false), guard(store, true))
		}
	}
	if guard, err := Guard(&bake.Plan{}, &host.Caller{Env: bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}}, nil); guard != nil || err != nil {
		t.Error("files are guarded that need no grant")
	}
}

func TestFileGrants(t *testing.T) {
	root := t.TempDir()
	work := filepath.Join(root, "work")
	for _, dir := range []string{work, filepath.Join(root, "lib"), filepath.Join(root, ".git")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{filepath.Join(work, "lib"): "../lib", filepath.Join(root, "alias"): "lib"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		context string
		allow   []string
		env     bake.Env
		refused bool
	}{
		"link out of the working directory": {context: "lib", refused: true},
		"link is granted by its target":     {context: "lib", allow: []string{"fs.read=../lib"}},
		"link is granted by another link":   {context: "lib", allow: []string{"fs.read=../alias"}},
		"wrong kind":                        {context: "../lib", allow: []string{"fs.write=../lib"}, refused: true},
		"both kinds":                        {context: "../lib", allow: []string{"fs=../lib"}},
		"everywhere":                        {context: "/srv", allow: []string{"fs.read=*"}},
		"all everywhere":                    {context: "/srv", allow: []string{"fs=*"}},
		"parent":                            {context: "../lib/none/yet", allow: []string{"fs.read=.."}},
		"exactly what is not there":         {context: "/srv/none/yet", allow: []string{"fs.read=/srv/none/yet"}},
		"beside what is granted":            {context: "/srv/library", allow: []string{"fs.read=/srv/lib"}, refused: true},
		"repository":                        {context: "../lib", env: bake.Env{"BAKE_TRUST": "repo"}},
		"outside the repository":            {context: "/srv", env: bake.Env{"BAKE_TRUST": "repo"}, refused: true},
		"turned off":                        {context: "/srv", env: bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}},
		"turned on":                         {context: "/srv", env: bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "1"}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			got := missing(t, host.Caller{Dir: work, Env: c.env}, c.allow, &bake.Target{Name: "a", Context: c.context})
			if (len(got) > 0) != c.refused {
				t.Errorf("missing are %q", got)
			}
		})
	}
	err := Check(&bake.Plan{}, &host.Caller{Dir: work, Env: bake.Env{"BAKE_TRUST": "all"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "BAKE_TRUST") {
		t.Errorf("a wrong BAKE_TRUST gives %v", err)
	}
}

// What is typed on the command line is granted; what the definition says is not.
func TestImplied(t *testing.T) {
	const definition = `target "a" {
  output       = ["type=local,dest=/def/out"]
  cache-from   = ["type=local,src=/def/cache"]
  secret       = ["id=s,src=/def/key", "id=other,src=/def/other"]
  ssh          = ["default=/def/ssh"]
  entitlements = ["security.insecure"]
}`
	for set, want := range map[string][]string{
		"":                               nil,
		"a.context=/x":                   nil,
		"a.dockerfile=/x":                nil,
		"a.contexts.lib=/x":              nil,
		"a.push=true":                    nil,
		"a.output=type=local,dest=/x":    {"fs.write=/x"},
		"a.output+=type=tar,dest=/x":     {"fs.write=/x"},
		"a.output+=type=local,dest=/x":   nil, // not told from that of the definition
		"a.cache-from=type=local,src=/x": {"fs.read=/x"},
		"a.cache-to=type=local,dest=/x":  {"fs.write=/x"},
		"a.secret.s=src=/x":              {"fs.read=/x"},
		"a.ssh=default=/x":               {"fs.read=/x"},
		"a.ssh=default":                  {"ssh"},
		"a.entitlements=network.host":    {"network.host"},
		"a.entitlements=device=x":        nil,
	} {
		d, diags := bake.Parse([]bake.File{{Name: "docker-bake.hcl", Data: []byte(definition)}}, bake.Env{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		config, diags := d.Evaluate(bake.Scope{Env: bake.Env{}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		request := bake.Request{Targets: []string{"a"}, Env: bake.Env{}}
		if set != "" {
			o, err := bake.ParseOverride(set)
			if err != nil {
				t.Fatal(err)
			}
			request.Set = []bake.Override{o}
		}
		plan, diags := config.Plan(request)
		if diags.HasErrors() {
			t.Fatal(set, diags)
		}
		if got := Implied(plan, bake.Env{}); !slices.Equal(got, want) {
			t.Errorf("--set %s grants %q, want %q", set, got, want)
		}
	}
}
