package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
)

func TestExports(t *testing.T) {
	target := &bake.Target{Tags: []string{"r/a:1", "r/a:2"}, Annotations: []string{"k=v"}, Args: map[string]string{"BUILDKIT_INLINE_BUILDINFO_ATTRS": "1"}}
	for name, c := range map[string]struct {
		out   bake.Entry
		typ   string
		attrs map[string]string
		where string
	}{
		"registry": {
			out: bake.Entry{Type: "registry"}, typ: "image", where: "pushed r/a:1, r/a:2",
			attrs: map[string]string{"push": "true", "unpack": "false", "name": "r/a:1,r/a:2", "annotation.k": "v", "buildinfo-attrs": "1"},
		},
		"registry with unpack": {
			out: bake.Entry{Type: "registry", Attrs: map[string]string{"unpack": "true"}}, typ: "image", where: "pushed r/a:1, r/a:2",
			attrs: map[string]string{"push": "true", "unpack": "true", "name": "r/a:1,r/a:2", "annotation.k": "v", "buildinfo-attrs": "1"},
		},
		"image": {
			out: bake.Entry{Type: "image", Attrs: map[string]string{"compression": "zstd"}}, typ: "image", where: "r/a:1, r/a:2",
			attrs: map[string]string{"compression": "zstd", "name": "r/a:1,r/a:2", "annotation.k": "v", "buildinfo-attrs": "1"},
		},
		"local": {
			out: bake.Entry{Type: "local", Dest: "d", Attrs: map[string]string{"mode": "copy"}}, typ: "local", where: "d",
			attrs: map[string]string{"mode": "copy", "annotation.k": "v"},
		},
		"unknown types are left to the engine": {
			out: bake.Entry{Type: "other", Attrs: map[string]string{"x": "y"}}, typ: "other",
			attrs: map[string]string{"x": "y", "annotation.k": "v"},
		},
	} {
		got, err := prepareExports(target, []bake.Entry{c.out, {Type: "cacheonly"}}, &Caller{Dir: t.TempDir()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Type != c.typ || got[0].where != c.where || !cmp.Equal(got[0].Attrs, c.attrs) {
			t.Errorf("%s: got %d exports, %s %q %s", name, len(got), got[0].Type, got[0].where, cmp.Diff(c.attrs, got[0].Attrs))
		}
	}
}

func TestExportErrors(t *testing.T) {
	w := newWorkspace(t, map[string]string{"file": ""})
	if err := os.Mkdir(filepath.Join(w.dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	at := &Caller{Dir: w.dir}
	for text, outputs := range map[string][]bake.Entry{
		"type is required for output":                    {{}},
		"dest is required for local exporter":            to("local", ""),
		"dest cannot be stdout for local exporter":       to("local", "-"),
		"destination directory file is a file":           to("local", "file"),
		"destination file dir is a directory":            to("tar", "dir"),
		"dest is required for oci exporter":              to("oci", "", "tar", "false"),
		"multiple outputs configured to write to stdout": append(to("tar", "-"), to("oci", "-")...),
		`invalid local exporter mode "x"`:                to("local", "d", "mode", "x"),
	} {
		_, err := prepareExports(&bake.Target{}, outputs, at, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), text) {
			t.Errorf("error is %v, want %s", err, text)
		}
	}
	if _, err := prepareExports(&bake.Target{}, to("tar", "-"), &Caller{}, nil); err == nil {
		t.Error("standard output was used without being given")
	}
}

func TestDockerArchiveHoldsOneManifest(t *testing.T) {
	e := []*export{{ExportEntry: client.ExportEntry{Type: "docker"}}}
	if err := checkDocker(&bake.Target{}, e, 1); err != nil {
		t.Error(err)
	}
	if err := checkDocker(&bake.Target{}, e, 2); err == nil {
		t.Error("two platforms were taken")
	}
	if err := checkDocker(&bake.Target{Attest: []bake.Entry{{Type: "sbom"}}}, e, 1); err == nil {
		t.Error("attestations were taken")
	}
}

func TestOutFile(t *testing.T) {
	dir := t.TempDir()
	o := &outFile{path: filepath.Join(dir, "sub", "f")}
	write := func(text string) {
		t.Helper()
		w, err := o.open(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	if _, err := os.Stat(o.path); !os.IsNotExist(err) {
		t.Fatal("the file is there before commit")
	}
	if err := o.commit(); err != nil {
		t.Fatal(err)
	}
	write("half")
	o.discard()
	data, err := os.ReadFile(o.path)
	if err != nil || string(data) != "one" {
		t.Errorf("after discard the file holds %q, %v", data, err)
	}
	assertOnly(t, filepath.Dir(o.path), "f")

	null := &outFile{path: os.DevNull}
	if w, err := null.open(nil); err != nil || w.Close() != nil || null.commit() != nil {
		t.Errorf("cannot write to %s: %v", os.DevNull, err)
	}
	if fi, err := os.Stat(os.DevNull); err != nil || fi.Mode().IsRegular() {
		t.Fatalf("%s was replaced", os.DevNull)
	}
}

func TestCacheEntries(t *testing.T) {
	github := bake.Env{"ACTIONS_RUNTIME_TOKEN": "tok", "ACTIONS_CACHE_URL": "u1", "ACTIONS_RESULTS_URL": "u2", "ACTIONS_CACHE_SERVICE_V2": "true"}
	for name, c := range map[string]struct {
		in   bake.Entry
		env  bake.Env
		want map[string]string
	}{
		"registry":           {in: bake.Entry{Type: "registry", Attrs: map[string]string{"ref": "r/c", "mode": "max"}}, want: map[string]string{"ref": "r/c", "mode": "max"}},
		"local":              {in: bake.Entry{Type: "local", Attrs: map[string]string{"src": "c", "dest": "/d"}}, want: map[string]string{"src": "/w/c", "dest": "/d"}},
		"gha outside github": {in: bake.Entry{Type: "gha"}},
		"gha":                {in: bake.Entry{Type: "gha", Attrs: map[string]string{"scope": "s"}}, env: github, want: map[string]string{"scope": "s", "token": "tok", "url": "u1", "url_v2": "u2"}},
		"gha version 1":      {in: bake.Entry{Type: "gha", Attrs: map[string]string{"version": "1"}}, env: github, want: map[string]string{"version": "1", "token": "tok", "url": "u1"}},
		"s3 with keys": {
			in:   bake.Entry{Type: "s3", Attrs: map[string]string{"access_key_id": "a", "secret_access_key": "b"}},
			want: map[string]string{"access_key_id": "a", "secret_access_key": "b"},
		},
		"others pass through": {in: bake.Entry{Type: "azblob", Attrs: map[string]string{"name": "x"}}, want: map[string]string{"name": "x"}},
	} {
		got := cacheEntries(t.Context(), []bake.Entry{c.in}, &Caller{Dir: "/w", Env: c.env})
		if c.want == nil {
			if len(got) != 0 {
				t.Errorf("%s: not left out: %v", name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Type != c.in.Type || !cmp.Equal(got[0].Attrs, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if got := inlineCache(&bake.Target{Args: map[string]string{"BUILDKIT_INLINE_CACHE": "1"}}); len(got) != 1 || got[0].Type != "inline" {
		t.Errorf("inline cache is %v", got)
	}
}

func TestFindDockerfile(t *testing.T) {
	w := newWorkspace(t, map[string]string{"ctx/Dockerfile": "FROM scratch\n", "ctx/Dockerfile.dockerignore": "x\n", "low/dockerfile": "FROM low\n", "other": "FROM other\n"})
	for name, c := range map[string]struct {
		target  bake.Target
		context string
		name    string
		path    string
	}{
		"default":             {context: "ctx", name: "Dockerfile", path: "ctx/Dockerfile"},
		"lower case":          {context: "low", target: bake.Target{Dockerfile: "Dockerfile"}, name: "dockerfile", path: "low/dockerfile"},
		"outside the context": {context: "ctx", target: bake.Target{Dockerfile: "../other"}, name: "other", path: "other"},
		"working directory":   {context: "ctx", target: bake.Target{Dockerfile: "cwd://other"}, name: "other", path: "other"},
		"absolute":            {context: "ctx", target: bake.Target{Dockerfile: filepath.Join(w.dir, "other")}, name: "other", path: "other"},
		"remote context":      {target: bake.Target{Dockerfile: "sub/Dockerfile"}, name: "sub/Dockerfile"},
		"local for a remote":  {target: bake.Target{Dockerfile: "cwd://other"}, name: "other", path: "other"},
		"inline wins":         {context: "ctx", target: bake.Target{Dockerfile: "none", DockerfileInline: ptr("FROM x\n")}, name: "Dockerfile"},
		"URL":                 {context: "ctx", target: bake.Target{Dockerfile: "https://example.com/D"}, name: "Dockerfile"},
	} {
		dir := ""
		if c.context != "" {
			dir = filepath.Join(w.dir, c.context)
		}
		got, err := findDockerfile(&c.target, w.dir, dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := ""
		if c.path != "" {
			want = filepath.Join(w.dir, c.path)
		}
		if got.name != c.name || got.path != want {
			t.Errorf("%s: got %q at %q", name, got.name, got.path)
		}
		if name == "default" && (got.ignore == nil || got.ignore.path != want+".dockerignore" || string(got.ignore.text) != "x\n") {
			t.Errorf("ignore file is %+v", got.ignore)
		}
	}
}

func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"FROM scratch\n":                           "",
		"# syntax=docker/dockerfile:1\nFROM x\n":   "docker/dockerfile:1",
		"\xef\xbb\xbf# syntax=a/b\nFROM x\n":       "a/b",
		"# a comment\n# syntax=docker/x\nFROM x\n": "",
	} {
		if got := (&dockerfile{data: []byte(text)}).syntax(); got != want {
			t.Errorf("%q: syntax is %q, want %q", text, got, want)
		}
	}
	for ref, want := range map[string]bool{
		"docker/dockerfile": true, "docker/dockerfile:1": true, "docker.io/docker/dockerfile:1-labs": true, "docker/dockerfile:1.6": true,
		"docker/dockerfile:1.20.1-labs": true, "docker/dockerfile-upstream:master": true, "dockerfile.v0": true,
		"docker/dockerfile:1.5": false, "docker/dockerfile:1.0-experimental": false, "docker/dockerfile:experimental": false,
		"example.com/docker/dockerfile:1": false, "me/frontend": false,
	} {
		if got := knowsSources(ref); got != want {
			t.Errorf("knowsSources(%q) is %v", ref, got)
		}
	}
}

// A source must keep its name from run to run, and two that differ in what the
// engine gets to see must not share one.
func TestSourceNames(t *testing.T) {
	w := newWorkspace(t, map[string]string{"a/x": "", "b/x": "", "one": "# c\nx\n", "same": "x\n\n", "two": "y\n"})
	dir := func(n string) string { return filepath.Join(w.dir, n) }
	rulesIn := func(n string) string {
		t.Helper()
		f, err := readIgnore(w.dir, n)
		if err != nil {
			t.Fatal(err)
		}
		return f.patterns()
	}
	name := dirName(dir("a"), rulesIn("one"))
	if again := dirName(dir("a"), rulesIn("same")); again != name {
		t.Errorf("the same rules make %s and %s", name, again)
	}
	for what, other := range map[string]string{
		"other rules": dirName(dir("a"), rulesIn("two")), "no rules": dirName(dir("a"), rulesIn("none")), "other directory": dirName(dir("b"), rulesIn("one")),
	} {
		if other == name {
			t.Errorf("%s has the same name", what)
		}
	}
	if err := os.Rename(dir("a"), dir("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir("a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if dirName(dir("a"), rulesIn("one")) == name {
		t.Error("a directory that was replaced kept its name")
	}
	if name := dirName(dir("we:ird name/ü")); strings.ContainsAny(name, ": ü/") || strings.Contains(name, "ird") {
		t.Errorf("the name %s holds what must not be in it", name)
	}
}

func TestLookupDir(t *testing.T) {
	var s sources
	tree := memoryFS{}
	s.add("api-0123-context", tree)
	for name, want := range map[string]bool{
		"api-0123-context": true, "api-0123-api-0123-context": true, "api-0123-api-0123-api-0123-context": true,
		"context": false, "api-0123-other-context": false, "api-0123-api-0123-dockerfile": false,
	} {
		if _, ok := s.LookupDir(name); ok != want {
			t.Errorf("LookupDir(%q) is %v", name, ok)
		}
	}
}

func TestSecretRule(t *testing.T) {
	w := newWorkspace(t, map[string]string{"FILE": "x"})
	opt := &Caller{Dir: w.dir, Env: bake.Env{"VAR": "v", "EMPTY": ""}}
	file := filepath.Join(w.dir, "FILE")
	for name, c := range map[string]struct {
		in   bake.Secret
		want secret
	}{
		"variable of that name":       {bake.Secret{ID: "VAR"}, secret{Env: "VAR"}},
		"empty variable of that name": {bake.Secret{ID: "EMPTY"}, secret{Env: "EMPTY"}},
		"file of that name":           {bake.Secret{ID: "FILE"}, secret{File: file}},
		"variable":                    {bake.Secret{ID: "a", Env: "OTHER"}, secret{Env: "OTHER"}},
		"file":                        {bake.Secret{ID: "a", Src: "FILE"}, secret{File: file}},
	} {
		if got, err := findSecret(c.in, opt); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if _, err := findSecret(bake.Secret{ID: "none"}, opt); err == nil {
		t.Error("a missing file was taken")
	}
	if _, err := findSecret(bake.Secret{}, opt); err == nil {
		t.Error("a secret without id was taken")
	}
}

func TestEntitlementCheck(t *testing.T) {
	plan := &bake.Plan{Targets: []*bake.Target{
		{Name: "a", Network: ptr("host"), Entitlements: []string{"device=x"}},
		{Name: "b", Outputs: to("local", "..", "mode", "delete")},
		{Name: "c", Outputs: to("local", "inside", "mode", "delete")},
		{Name: "d", Outputs: to("local", "inside", "mode", "copy")},
	}}
	at := &Caller{Dir: t.TempDir(), Env: bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}}
	var refused *EntitlementError
	if !errors.As(checkEntitlements(plan, at, nil), &refused) {
		t.Fatal("nothing was refused")
	}
	want := []bake.Entitlement{{Name: "buildx.local.delete", Targets: []string{"b", "c"}}, {Name: "device=x", Targets: []string{"a"}}, {Name: "network.host", Targets: []string{"a"}}}
	if !cmp.Equal(refused.Missing, want) {
		t.Error(cmp.Diff(want, refused.Missing))
	}
	allow := []string{"device", "network.host", "buildx.local.delete"}
	if err := checkEntitlements(plan, at, allow); err != nil {
		t.Error(err)
	}
}

func TestUnreachable(t *testing.T) {
	for err, want := range map[error]bool{
		nil:                                     false,
		errors.New("anything"):                  false,
		&unreachableError{err: errors.New("x")}: true,
		fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: syscall.ENOENT}): true,
		errors.New("failed to do request: dial tcp 1.2.3.4: i/o timeout"):  true,
		errors.New("push: Put http://x: dial tcp: connection refused"):     true,
		errors.New("process did not complete successfully: i/o timeout"):   false,
		fmt.Errorf("stopped: %w", context.Canceled):                        false,
	} {
		if Unreachable(err) != want {
			t.Errorf("Unreachable(%v) is %v", err, !want)
		}
	}
}

func TestRepository(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	w := newWorkspace(t, map[string]string{"sub/Dockerfile": "FROM scratch\n"})
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e"}, args...)...)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	repo, err := readRepository(t.Context(), w.dir, false)
	if err != nil || repo.commit != "" || repo.remote != "" {
		t.Errorf("before the first commit: %+v, %v", repo, err)
	}
	git("add", ".")
	git("commit", "-q", "-m", "x")
	git("remote", "add", "origin", "https://me:secret@example.com/a/b.git")
	git("remote", "add", "fork", "short:fork")
	git("config", "url.https://example.org/.insteadOf", "short:")
	repo, err = readRepository(t.Context(), w.dir, true)
	if err != nil || len(repo.commit) != 40 || strings.Contains(repo.remote, "secret") || !strings.HasSuffix(repo.remote, "example.com/a/b.git") {
		t.Errorf("origin: %+v, %v", repo, err)
	}
	git("config", "branch.main.remote", "fork")
	w.write("sub/new", "x")
	repo, err = readRepository(t.Context(), w.dir, true)
	if err != nil || !strings.HasSuffix(repo.commit, "-dirty") || repo.remote != "https://example.org/fork" {
		t.Errorf("fork: %+v, %v", repo, err)
	}
	got := repo.labelAttrs(filepath.Join(repo.root, "sub/Dockerfile"))
	if got["label:com.docker.image.source.entrypoint"] != "sub/Dockerfile" || got["label:org.opencontainers.image.revision"] != repo.commit {
		t.Errorf("labels are %v", got)
	}
	info := repo.infoAttrs(map[string]string{"context": filepath.Join(w.dir, "sub"), "other": os.TempDir()})
	want := map[string]string{"vcs:revision": repo.commit, "vcs:source": "https://example.org/fork", "vcs:localdir:context": "sub"}
	if !cmp.Equal(info, want) {
		t.Error(cmp.Diff(want, info))
	}
	repos := newRepositories(&Caller{})
	if a, b := repos.find(t.Context(), filepath.Join(w.dir, "sub")), repos.find(t.Context(), w.dir); a == nil || a != b {
		t.Error("git was asked twice about one repository")
	}
	if repos.find(t.Context(), os.TempDir()) != nil {
		t.Error("found a repository where there is none")
	}
}
