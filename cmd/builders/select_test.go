package builders

import (
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/store"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/tests/apptest"
)

// newBuilderApp is an app whose home is its own, for Docker's code as well.
func newBuilderApp(t *testing.T, env map[string]string) *app.App {
	t.Helper()
	a, _, _ := apptest.New(t)
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "BUILDX_CONFIG", "BUILDX_BUILDER", "BUILDKIT_HOST"} {
		t.Setenv(name, env[name])
	}
	t.Setenv("HOME", a.Dir)
	for name, value := range env {
		a.Env[name] = value
	}
	a.Env["BAKE_ENGINE_DIR"] = filepath.Join(a.Dir, "engine")
	return a
}

// docker is a Docker daemon as far as the selection of a builder sees it: it
// answers after a time, and its BuildKit cannot be had.
func docker(t *testing.T, after time.Duration) (host string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "docker")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/_ping") {
			http.Error(w, `{"message":"no"}`, http.StatusNotFound)
			return
		}
		time.Sleep(after)
		w.Header().Set("API-Version", "1.50")
		w.Header().Set("OSType", "linux")
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return "unix://" + l.Addr().String()
}

// builders writes the store of buildx, with a current builder for an endpoint.
func builders(t *testing.T, a *app.App, current, endpoint string, groups ...store.NodeGroup) {
	t.Helper()
	for _, g := range groups {
		data, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		apptest.WriteFile(t, a, ".docker/buildx/instances/"+g.Name, string(data))
	}
	if current != "" {
		apptest.WriteFile(t, a, ".docker/buildx/current", `{"Key":"`+endpoint+`","Name":"`+current+`","Global":false}`)
	}
}

func group1(name, driver, endpoint string) store.NodeGroup {
	return store.NodeGroup{Name: name, Driver: driver, Nodes: []store.Node{{Name: name + "0", Endpoint: endpoint}}}
}

// tree is every file below a directory with its time, to see what was written.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[path] = info.Mode().String() + " " + info.ModTime().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSelectBuilder(t *testing.T) {
	alive, busy, dead := docker(t, 0), docker(t, time.Second), "unix:///nonexistent/docker.sock"
	far := group1("far", "remote", "tcp://127.0.0.1:1")
	box := group1("box", "docker-container", alive)
	lost := group1("lost", "docker-container", dead)
	tests := []struct {
		name    string
		env     map[string]string
		flag    string
		current string
		want    string // the first line of progress, or the error
	}{
		{"nothing there", nil, "", "", "building on the embedded engine: no builder was named and there is no Docker here"},
		{"embedded by name", map[string]string{"DOCKER_HOST": alive}, "embedded", "", "building on the embedded engine: named by --builder"},
		{"dead Docker", map[string]string{"DOCKER_HOST": dead}, "", "", "building on the embedded engine: no builder was named and Docker does not answer"},
		{"Docker", map[string]string{"DOCKER_HOST": alive}, "", "", `building on "default" (docker-container driver): Docker answers and no builder was named`},
		{"busy Docker", map[string]string{"DOCKER_HOST": busy}, "", "", `building on "default" (docker-container driver): Docker answers and no builder was named`},
		{"busy Docker by name", map[string]string{"DOCKER_HOST": busy}, "default", "", `building on "default" (docker-container driver): named by --builder`},
		{"current builder", map[string]string{"DOCKER_HOST": alive}, "", "box", `building on "box" (docker-container driver): the current builder of docker buildx`},
		{"current builder without Docker", map[string]string{"DOCKER_HOST": dead}, "", "lost", "building on the embedded engine: no builder was named and Docker does not answer"},
		{"current builder that needs no Docker", map[string]string{"DOCKER_HOST": dead}, "", "far", `building on "far" (remote driver): the current builder of docker buildx`},
		{"by flag", map[string]string{"BUILDKIT_HOST": "tcp://127.0.0.1:1"}, "far", "", `building on "far" (remote driver): named by --builder`},
		{"by environment", map[string]string{"BUILDX_BUILDER": "far"}, "far", "", `building on "far" (remote driver): named by $BUILDX_BUILDER`},
		{"a Docker context by name", map[string]string{"DOCKER_HOST": alive}, "default", "", `building on "default" (docker-container driver): named by --builder`},
		{"an address", map[string]string{"BUILDKIT_HOST": "tcp://127.0.0.1:1234", "DOCKER_HOST": alive}, "", "box", `building on "tcp://127.0.0.1:1234" (remote driver): $BUILDKIT_HOST is set`},
		{"no address", map[string]string{"BUILDKIT_HOST": "b.sock"}, "", "", `invalid BUILDKIT_HOST "b.sock"`},
		{"not there", nil, "frr", "", `no builder "frr" found, named by --builder`},
		{"named and dead", nil, "lost", "", `use the builder "lost": `},
		{"unknown driver", nil, "odd", "", `use the builder "odd": this build of bake has no kubernetes driver`},
		{"broken", nil, "broken", "", `read the builder "broken": `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newBuilderApp(t, tt.env)
			if tt.name != "nothing there" {
				builders(t, a, tt.current, tt.env["DOCKER_HOST"], far, box, lost, group1("odd", "kubernetes", ""))
				apptest.WriteFile(t, a, ".docker/buildx/instances/broken", "{")
			}
			before := tree(t, a.Dir)
			s, err := Select(t.Context(), a, tt.flag, nil)
			if diff := cmp.Diff(before, tree(t, a.Dir)); diff != "" {
				t.Errorf("the selection wrote something:\n%s", diff)
			}
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = s.Text()
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if err == nil && (len(s.Nodes) != 1 || s.Nodes[0].Driver == nil || s.Nodes[0].Err != nil) {
				t.Errorf("not one node that is ready: %+v", s.Nodes)
			}
		})
	}
}

// TestSelectionIsFast holds the promise that a machine without Docker does not
// pay for it.
func TestSelectionIsFast(t *testing.T) {
	a := newBuilderApp(t, nil)
	best := time.Hour
	for range 5 {
		began := time.Now()
		if _, err := Select(t.Context(), a, "", nil); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	if best > 5*time.Millisecond {
		t.Errorf("selecting the embedded engine took %s", best)
	}
}

func TestUnknownBuilderHint(t *testing.T) {
	a := newBuilderApp(t, nil)
	builders(t, a, "", "", group1("far", "remote", "tcp://127.0.0.1:1"))
	_, err := Select(t.Context(), a, "fra", nil)
	own, ok := err.(*exit.Error)
	if !ok || own.Code != exit.Usage || own.Hint != `Did you mean "far"?` {
		t.Errorf("got %#v", err)
	}
}

// TestStoreDefaults reads the default builder of an endpoint, and forgets a
// current one that is gone.
func TestStoreDefaults(t *testing.T) {
	a := newBuilderApp(t, nil)
	builders(t, a, "gone", "elsewhere", group1("far", "remote", "tcp://127.0.0.1:1"))
	apptest.WriteFile(t, a, ".docker/buildx/defaults/"+digest.FromString("ep").Encoded()[:20], "far")
	s := NewBuildxStore(a.Env)
	for endpoint, want := range map[string]string{"ep": "far", "other": "", "elsewhere": ""} {
		group, err := s.Current(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if group != nil {
			got = group.Name
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
	apptest.WriteFile(t, a, ".docker/buildx/current", "{")
	if _, err := s.Current("ep"); err == nil {
		t.Error("no error for a broken file")
	}
	if got := (BuildxStore{filepath.Join(a.Dir, "none")}).Names(); got != nil {
		t.Errorf("names out of nowhere: %v", got)
	}
}

// What becomes of images that are not pushed depends on the builder.
func TestKeeping(t *testing.T) {
	with := func(opts map[string]string) []builder.Node {
		return []builder.Node{{Node: store.Node{DriverOpts: opts}}}
	}
	for _, tc := range []struct {
		chosen *Selection
		env    bake.Env
		want   bake.Keeping
	}{
		{&Selection{Driver: "embedded"}, nil, bake.Keeping{}},
		{&Selection{Driver: "docker", Nodes: with(nil)}, nil, bake.Keeping{Images: true, Default: true}},
		{&Selection{Driver: "docker", Nodes: with(nil)}, bake.Env{"BUILDX_NO_DEFAULT_LOAD": "1"}, bake.Keeping{Images: true}},
		{&Selection{Driver: "docker-container", Nodes: with(nil)}, nil, bake.Keeping{}},
		{&Selection{Driver: "docker-container", Nodes: with(map[string]string{"default-load": "true"})}, nil, bake.Keeping{Default: true}},
		{&Selection{Driver: "remote", Nodes: with(map[string]string{"default-load": "true"})}, bake.Env{"BUILDX_NO_DEFAULT_LOAD": "true"}, bake.Keeping{}},
	} {
		if got := tc.chosen.Keeping(tc.env); got != tc.want {
			t.Errorf("%s with %v keeps %+v, want %+v", tc.chosen.Driver, tc.env, got, tc.want)
		}
	}
}
