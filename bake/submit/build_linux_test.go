package submit

import (
	"archive/tar"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	"golang.org/x/crypto/ssh/agent"
)

var quiet = log.New(io.Discard, "", 0)

const shellBase = "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"/bin\"]\n"

func TestLinksPassResultsAndConfig(t *testing.T) {
	w := workspace.New(t, map[string]string{"base.Dockerfile": shellBase + "ENV GREETING=hello\nWORKDIR /work\n"})
	w.Busybox()
	base := &bake.Target{Name: "base", Dockerfile: "base.Dockerfile", Linked: true, Outputs: workspace.To("cacheonly", "")}
	mid := &bake.Target{Name: "mid", DockerfileInline: workspace.Ptr("FROM base\nRUN echo $GREETING > text\n"), Linked: true, Outputs: workspace.To("cacheonly", "")}
	workspace.Use(mid, "base", base)
	targets := []*bake.Target{base, mid}
	for _, name := range []string{"a", "b", "c", "d"} {
		app := &bake.Target{Name: name, DockerfileInline: workspace.Ptr("FROM mid AS build\nRUN echo " + name + " >> text\nFROM scratch\nCOPY --from=build /work/text /\n"),
			Outputs: workspace.To("local", "out/"+name)}
		workspace.Use(app, "mid", mid)
		targets = append(targets, app)
	}
	told, rec := mustRun(w, Options{}, targets...)
	for _, name := range []string{"a", "b", "c", "d"} {
		if got, want := w.Read("out/"+name+"/text"), "hello\n"+name+"\n"; got != want {
			t.Errorf("%s: text is %q, want %q", name, got, want)
		}
	}
	if n := rec.names[`[mid 1/2] RUN echo $GREETING > text`] + rec.names[`[mid 2/2] RUN echo $GREETING > text`] + rec.names[`[mid] RUN echo $GREETING > text`]; n > 1 {
		t.Errorf("the linked target was solved %d times", n)
	}
	for name := range rec.names {
		if strings.HasPrefix(name, "renamed") {
			t.Error(name)
		}
	}
	for _, r := range told.Targets {
		if r.Result != report.Built {
			t.Errorf("%s is %s, want built", r.Name, r.Result)
		}
	}
	told, _ = mustRun(w, Options{}, targets...)
	for _, r := range told.Targets {
		if r.Result != report.Cached || r.Steps == 0 || r.Steps != r.Cached {
			t.Errorf("second run: %s is %s with %d of %d steps cached", r.Name, r.Result, r.Cached, r.Steps)
		}
	}
}

func TestEmptyLink(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "x"})
	none := &bake.Target{Name: "none", DockerfileInline: workspace.Ptr("FROM scratch\n")}
	app := &bake.Target{Name: "app", DockerfileInline: workspace.Ptr("FROM none\nCOPY f /f\n"), Outputs: workspace.To("local", "out")}
	workspace.Use(app, "none", none)
	mustRun(w, Options{}, none, app)
	if w.Read("out/f") != "x" {
		t.Error("wrong content")
	}
}

func TestPlatforms(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "x"})
	base := &bake.Target{Name: "base", DockerfileInline: workspace.Ptr("FROM scratch\nARG TARGETARCH\nCOPY f /$TARGETARCH\n"), Platforms: []string{"linux/amd64,linux/arm64"}}
	app := &bake.Target{Name: "app", DockerfileInline: workspace.Ptr("FROM base\nCOPY f /app\n"), Platforms: []string{"linux/amd64", "linux/arm64"}, Outputs: workspace.To("local", "out")}
	workspace.Use(app, "base", base)
	one := &bake.Target{Name: "one", DockerfileInline: workspace.Ptr("FROM base\nCOPY f /one\n"), Platforms: []string{"linux/arm64"}, Outputs: workspace.To("local", "one")}
	workspace.Use(one, "base", base)
	mustRun(w, Options{}, base, app, one)
	for _, f := range []string{"out/linux_amd64/amd64", "out/linux_amd64/app", "out/linux_arm64/arm64", "one/arm64", "one/one"} {
		w.Read(f)
	}
	app.Platforms = []string{"linux/amd64", "linux/s390x"}
	_, _, err := runPlan(w, Options{}, base, app)
	if err == nil || !strings.Contains(err.Error(), "target base can't be used because it is not built for linux/s390x") {
		t.Errorf("error is %v", err)
	}
}

func TestOutputs(t *testing.T) {
	reg := httptest.NewServer(registry.New(registry.Logger(quiet)))
	defer reg.Close()
	image := strings.TrimPrefix(reg.URL, "http://") + "/team/app:1"
	w := workspace.New(t, map[string]string{"f": "content", "Dockerfile": "FROM scratch\nCOPY f /f\n"})
	outputs := slices.Concat(workspace.To("tar", "a.tar"), workspace.To("oci", "oci.tar"),
		workspace.To("docker", "new/docker.tar"), workspace.To("registry", ""), workspace.To("local", "dir"))
	app := &bake.Target{Name: "app", Tags: []string{image}, Outputs: outputs}
	told, _ := mustRun(w, Options{}, app)
	if got := tarFiles(t, filepath.Join(w.Path, "a.tar")); !slices.Contains(got, "f") {
		t.Errorf("a.tar holds %v", got)
	}
	for file, want := range map[string]string{"oci.tar": "index.json", "new/docker.tar": "manifest.json"} {
		if got := tarFiles(t, filepath.Join(w.Path, file)); !slices.Contains(got, want) {
			t.Errorf("%s holds %v, want %s", file, got, want)
		}
	}
	if w.Read("dir/f") != "content" {
		t.Error("wrong file")
	}
	r := told.Targets[0]
	if want := []string{"a.tar", "oci.tar", "new/docker.tar", "pushed " + image, "dir"}; !cmp.Equal(r.Where, want) {
		t.Error(cmp.Diff(want, r.Where))
	}
	resp, err := http.Get(reg.URL + "/v2/team/app/manifests/1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Docker-Content-Digest"); got == "" || got != r.Digest {
		t.Errorf("pushed %q, reported %q", got, r.Digest)
	}
	assertNoTemp(t, w.Path)

	layout := &bake.Target{Name: "layout", Tags: []string{"layout:1"}, Outputs: workspace.To("oci", "layout", "tar", "false")}
	mustRun(w, Options{}, layout)
	again := &bake.Target{Name: "again", DockerfileInline: workspace.Ptr("FROM img\nCOPY --from=img /f /g\nCOPY --from=layout /f /h\n"),
		Contexts: map[string]string{"img": "docker-image://" + image, "layout": "oci-layout://layout"}, Outputs: workspace.To("local", "again")}
	mustRun(w, Options{}, again)
	if w.Read("again/g")+w.Read("again/h") != "contentcontent" {
		t.Error("named contexts hold something else")
	}
}

func tarFiles(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}

// assertNoTemp fails if a part of an output file was left behind.
func assertNoTemp(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(p, ".tmp") {
			t.Errorf("%s was left behind", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStdout(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "x", "Dockerfile": "FROM scratch\nCOPY f /f\n"})
	out, err := os.Create(filepath.Join(t.TempDir(), "out.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	mustRun(w, Options{Stdout: out}, &bake.Target{Name: "a", Outputs: workspace.To("tar", "-")})
	if got := tarFiles(t, out.Name()); !slices.Contains(got, "f") {
		t.Errorf("standard output holds %v", got)
	}
}

// Ignore rules of one directory must not reach targets with other rules.
func TestIgnoreRules(t *testing.T) {
	w := workspace.New(t, map[string]string{
		"a": "a", "b": "b", "c": "c", ".dockerignore": "a\n",
		"own.Dockerfile": "FROM scratch\nCOPY . /\n", "own.Dockerfile.dockerignore": "b\n",
		"none.Dockerfile": "FROM scratch\nCOPY . /\n", "none.Dockerfile.dockerignore": "",
	})
	plain := &bake.Target{Name: "plain", DockerfileInline: workspace.Ptr("FROM scratch\nCOPY . /\n"), Outputs: workspace.To("local", "../plain")}
	own := &bake.Target{Name: "own", Dockerfile: "own.Dockerfile", Outputs: workspace.To("local", "../own")}
	none := &bake.Target{Name: "none", Dockerfile: "none.Dockerfile", Outputs: workspace.To("local", "../none")}
	sub := workspace.New(t, nil)
	sub.Path = w.Path
	for range 2 {
		mustRun(w, Options{}, plain, own, none)
		for dir, want := range map[string][]string{"plain": {"b", "c"}, "own": {"a", "c"}, "none": {"a", "b", "c"}} {
			var got []string
			for _, f := range []string{"a", "b", "c"} {
				if _, err := os.Stat(filepath.Join(w.Path, "..", dir, f)); err == nil {
					got = append(got, f)
				}
			}
			if !cmp.Equal(got, want) {
				t.Errorf("%s has %v, want %v", dir, got, want)
			}
		}
	}
}

// A directory that many targets use in the same way is one source.
func TestSharedContextIsReadOnce(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "x"})
	var targets []*bake.Target
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		targets = append(targets, &bake.Target{Name: name, DockerfileInline: workspace.Ptr("FROM scratch\nLABEL n=" + name + "\nCOPY . /" + name + "\n"), Outputs: workspace.To("cacheonly", "")})
	}
	_, rec := mustRun(w, Options{}, targets...)
	loads := 0
	for name, n := range rec.names {
		if strings.Contains(name, "load build context") {
			loads += n
		}
	}
	if loads != 1 || rec.names["[a internal] load build context"] != 1 {
		t.Errorf("the context was loaded %d times: %v", loads, rec.names)
	}
	for _, st := range rec.statuses {
		if strings.HasPrefix(st, "transferring ") && st != "transferring context:" {
			t.Errorf("status %q shows the name of a source", st)
		}
	}
}

func TestChangedFileIsSeen(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "1"})
	app := &bake.Target{Name: "app", DockerfileInline: workspace.Ptr("FROM scratch\nCOPY f /f\n"), Outputs: workspace.To("local", "../out")}
	for _, text := range []string{"1", "2", "3"} {
		w.Write("f", text)
		mustRun(w, Options{}, app)
		if got := w.Read("../out/f"); got != text {
			t.Fatalf("built %q, want %q", got, text)
		}
	}
}

func TestNamedContexts(t *testing.T) {
	files := http.FileServer(http.Dir(workspace.New(t, map[string]string{"Dockerfile.web": "FROM scratch\nCOPY f /web\n", "f": "remote"}).Path))
	web := httptest.NewServer(files)
	defer web.Close()
	w := workspace.New(t, map[string]string{
		"f": "main", "lib/f": "lib", "lib/no": "no", "lib/.dockerignore": "no\n",
		"Dockerfile": "FROM scratch\nCOPY f /f\nCOPY --from=lib . /lib\nCOPY --from=web context /web\n",
	})
	app := &bake.Target{Name: "app", Contexts: map[string]string{"lib": "lib", "web": web.URL + "/f"}, Outputs: workspace.To("local", "../out")}
	fromWeb := &bake.Target{Name: "web", Dockerfile: web.URL + "/Dockerfile.web", Outputs: workspace.To("local", "../web")}
	mustRun(w, Options{}, app, fromWeb)
	if got := w.Read("../out/f") + w.Read("../out/lib/f") + w.Read("../out/web") + w.Read("../web/web"); got != "mainlibremotemain" {
		t.Errorf("content is %q", got)
	}
	if _, err := os.Stat(filepath.Join(w.Path, "../out/lib/no")); err == nil {
		t.Error("the ignore file of a named context was ignored")
	}
}

func TestSecretsStaySeparate(t *testing.T) {
	w := workspace.New(t, map[string]string{"base.Dockerfile": shellBase, "key": "from file", "TOKEN": "from default file"})
	w.Busybox()
	base := &bake.Target{Name: "base", Dockerfile: "base.Dockerfile", Outputs: workspace.To("cacheonly", "")}
	show := "FROM base AS b\nARG N\nRUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN > /t || echo none > /t\nFROM scratch\nCOPY --from=b /t /\n"
	target := func(name string, secrets ...bake.Secret) *bake.Target {
		q := &bake.Target{Name: name, DockerfileInline: &show, Args: map[string]string{"N": name}, Secrets: secrets, Outputs: workspace.To("local", "../"+name)}
		workspace.Use(q, "base", base)
		return q
	}
	mustRun(w, Options{Caller: host.Caller{Env: bake.Env{"VAR": "from env"}}}, base,
		target("file", bake.Secret{ID: "TOKEN", Src: "key"}), target("env", bake.Secret{ID: "TOKEN", Env: "VAR"}),
		target("default", bake.Secret{ID: "TOKEN"}), target("without"))
	for name, want := range map[string]string{"file": "from file", "env": "from env", "default": "from default file", "without": "none\n"} {
		if got := w.Read("../" + name + "/t"); got != want {
			t.Errorf("%s read %q, want %q", name, got, want)
		}
	}
}

func TestSSH(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": shellBase + "RUN --mount=type=ssh test -S $SSH_AUTH_SOCK\n"})
	w.Busybox()
	dir, err := os.MkdirTemp("", "agent") // a socket path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(agent.NewKeyring(), c)
		}
	}()
	app := &bake.Target{Name: "app", SSH: []bake.SSH{{ID: "default"}}}
	mustRun(w, Options{Caller: host.Caller{Env: bake.Env{"SSH_AUTH_SOCK": socket}}}, app)
}
