package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// peerAt is docker buildx with the same Docker configuration as the site.
func peerAt(t *testing.T, s *site) *fixture.Peer {
	peer := fixture.NewPeer(t, "")
	config := filepath.Join(filepath.Dir(s.dir), "home", ".docker")
	return peer.With("DOCKER_HOST=unix://"+filepath.Join(filepath.Dir(s.dir), "home", "no-docker-here.sock"), "DOCKER_CONFIG="+config, "BUILDX_CONFIG="+filepath.Join(config, "buildx"))
}

// listed are the builders that bake lists, by name.
func listed(t *testing.T, text string) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for line := range strings.Lines(text) {
		var b map[string]any
		if err := json.Unmarshal([]byte(line), &b); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		found[b["Name"].(string)] = b
	}
	return found
}

// A builder that bake or docker buildx creates, chooses or removes is there,
// chosen or gone for the other, and both show it in the same words. Looking
// writes nothing.
func TestBuildersAreShared(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, trivial)
	s.run(0, "engine", "start")
	socket := "unix://" + s.engineState().Socket
	config := filepath.Join(filepath.Dir(s.dir), "home", ".docker")
	for _, look := range [][]string{{"builders"}, {"builders", "ls", "--format=json"}, {"builders", "inspect"}} {
		if o := s.run(0, look...); !strings.Contains(o.Stdout, "embedded") {
			t.Errorf("bake %q does not show the engine", look)
		}
	}
	if s.exists(config) {
		t.Error("looking at the builders wrote to the configuration of Docker")
	}

	peer := peerAt(t, s)
	buildx := func(args ...string) string {
		t.Helper()
		return fixture.MustRun(t, peer.Command(t.Context(), s.dir, args...)).Stdout
	}
	if o := s.run(0, "builders", "create", "--name=ours", "--driver=remote", "--platform=linux/riscv64", socket); o.Stdout != "ours\n" {
		t.Errorf("create printed %q", o.Stdout)
	}
	buildx("create", "--name", "theirs", "--driver", "remote", socket)
	s.run(0, "builders", "create", "--name=theirs", "--append", "--node=second", "unix:///nowhere/else.sock")
	for _, name := range []string{"ours", "theirs"} {
		if got, want := s.run(0, "builders", "inspect", name).Stdout, buildx("inspect", name); got != want {
			t.Errorf("bake shows\n%s\ndocker buildx shows\n%s", got, want)
		}
	}
	s.run(0, "builders", "use", "ours")
	ours, theirs := listed(t, s.run(0, "builders", "ls", "--format=json").Stdout), listed(t, buildx("ls", "--format", "json"))
	for _, name := range []string{"ours", "theirs"} {
		a, _ := json.Marshal(ours[name])
		b, _ := json.Marshal(theirs[name])
		if string(a) != string(b) {
			t.Errorf("bake lists\n%s\ndocker buildx lists\n%s", a, b)
		}
	}
	if ours["ours"]["Current"] != true || ours["embedded"]["Current"] != false || ours["embedded"]["Driver"] != "embedded" {
		t.Errorf("the builder that was chosen is not the current one: %v", ours)
	}
	row := func(table string) string {
		for line := range strings.Lines(table) {
			if strings.Contains(line, "ours0") {
				return strings.Join(strings.Fields(line), " ")
			}
		}
		return ""
	}
	if got, want := row(s.run(0, "builders").Stdout), row(buildx("ls")); got != want || !strings.Contains(got, "linux/riscv64*") {
		t.Errorf("bake lists %q, docker buildx %q", got, want)
	}
	const form = "{{.Name}} {{.DriverEndpoint}} {{.Status}} {{.Builder.Current}} {{.Platforms}}"
	got := s.run(0, "builders", "ls", "--format", form).Stdout
	if _, rest, ok := strings.Cut(got, "running false"); !ok || !strings.HasSuffix(buildx("ls", "--format", form), rest[strings.Index(rest, "\n")+1:]) {
		t.Errorf("by a template, bake lists %s", got)
	}
	tells(t, s.run(0), `building on "ours" (remote driver): the current builder of docker buildx`)

	buildx("use", "theirs")
	tells(t, s.run(0), `building on "theirs"`)
	s.run(0, "builders", "create", "--name=theirs", "--leave", "--node=second")
	if text := buildx("inspect", "theirs"); strings.Contains(text, "second") {
		t.Errorf("the node is still there:\n%s", text)
	}
	buildx("rm", "ours")
	tells(t, s.run(0, "builders", "rm"), "theirs removed")
	if text := buildx("ls"); strings.Contains(text, "ours") || strings.Contains(text, "theirs") {
		t.Errorf("the builders are still there:\n%s", text)
	}
}

// What cannot be done with builders says why, and changes nothing.
func TestBuildersRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, trivial)
	for _, tc := range []struct {
		code int
		args string
		says []string
	}{
		{2, "list", []string{`unknown command "list"`, "Did you mean"}},
		{2, "use", []string{"wants the name"}},
		{2, "use embedded", []string{"export BUILDX_BUILDER=embedded"}},
		{2, "use nosuch", []string{`no builder "nosuch" found`}},
		{2, "inspect nosuch", []string{`no builder "nosuch" found`}},
		{2, "rm nosuch", []string{`no builder "nosuch" found`}},
		{2, "rm", []string{"bake engine stop"}},
		{2, "rm --all-inactive", []string{"no terminal", "--force"}},
		{2, "rm --all-inactive x", []string{"exclude each other"}},
		{2, "create --name embedded", []string{"needs not be created"}},
		{2, "create --driver docker", []string{"docker context create"}},
		{2, "create --driver remot", []string{`Did you mean "remote"?`}},
		{2, "create --driver remote", []string{"no remote endpoint"}},
		{2, "create --driver remote --driver-opt nosuch=1 tcp://127.0.0.1:1", []string{"nosuch"}},
		{2, "ls --format {{.Nosuch}}", []string{"invalid --format", "Nosuch"}},
		{5, "create --name x --driver docker-container", []string{"no-docker-here.sock"}},
		{5, "create --name x", []string{"Without Docker", "--driver remote"}},
	} {
		tells(t, s.run(tc.code, append([]string{"builders"}, strings.Fields(tc.args)...)...), tc.says...)
	}
	for _, name := range []string{"x"} {
		if text := s.run(0, "builders", "ls").Stdout; strings.Contains(text, name+" ") {
			t.Errorf("a builder that failed is still there:\n%s", text)
		}
	}
}

// A builder whose file is broken is told, and keeps no other from being used.
func TestBrokenBuilder(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, trivial)
	s.run(0, "builders", "create", "--name=fine", "--driver=remote", "unix:///nowhere/one.sock")
	s.write("-- ../home/.docker/buildx/instances/broken --\n{\n")
	o := s.run(0, "builders")
	tells(t, o, `the builder "broken" cannot be read`)
	if !strings.Contains(o.Stdout, "fine") {
		t.Error("the other builder is not listed")
	}
	tells(t, s.run(0, "builders", "rm", "--all-inactive", "--force"), "fine removed")
	tells(t, s.run(0, "builders", "rm", "broken"), "broken removed")
	if s.exists("../home/.docker/buildx/instances/broken") {
		t.Error("the broken builder is still there")
	}
}
