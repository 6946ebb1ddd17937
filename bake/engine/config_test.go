package engine

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestDefaultDirectories(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		root bool
		want string
	}{
		{root: true, env: map[string]string{"HOME": "/root", "XDG_STATE_HOME": "/x"}, want: "/var/lib/bake/engine"},
		{env: map[string]string{"HOME": "/home/u"}, want: "/home/u/.local/state/bake/engine"},
		{env: map[string]string{"HOME": "/home/u", "XDG_STATE_HOME": "/x"}, want: "/x/bake/engine"},
		{env: map[string]string{"HOME": "/home/u", "XDG_STATE_HOME": "relative"}, want: "/home/u/.local/state/bake/engine"},
	} {
		if got, err := defaultDir(env(c.env), c.root); err != nil || got != c.want {
			t.Errorf("root=%v %v: got %s, %v, want %s", c.root, c.env, got, err, c.want)
		}
	}
	if _, err := defaultDir(env(nil), false); err == nil || !strings.Contains(err.Error(), EnvDir) {
		t.Errorf("without $HOME: %v", err)
	}
}

func TestDefaultReadsTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Default(env(map[string]string{
		EnvDir: dir, EnvSocket: filepath.Join(dir, "s"), EnvIdle: "90s", EnvRuntime: exe, EnvFile: filepath.Join(dir, "c"),
		EnvSnapshotter: "native", EnvEntitlements: "network.host,security.insecure",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if own := filepath.Join(dir, "certs.d"); len(got.Certificates) < 4 || got.Certificates[0] != own {
		t.Errorf("certificates are looked for in %v, not %s before all", got.Certificates, own)
	}
	got.Certificates = nil // the others depend on the user
	want := Config{
		Dir: dir, Socket: filepath.Join(dir, "s"), Idle: 90 * time.Second, Runtime: exe, File: filepath.Join(dir, "c"),
		Snapshotter: "native", Entitlements: []string{"network.host", "security.insecure"}, Version: buildVersion(),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, bad := range []string{"ten", "-1s", "10"} {
		if _, err := Default(env(map[string]string{EnvDir: dir, EnvIdle: bad})); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("idle time %q: %v", bad, err)
		}
	}
	if never, err := Default(env(map[string]string{EnvDir: dir, EnvIdle: "0"})); err != nil || never.Idle != 0 {
		t.Errorf("idle time 0: %v, %v", never.Idle, err)
	}
}

func TestDefaultFindsTheConfigurationFile(t *testing.T) {
	home := t.TempDir()
	own, _ := configDirs(env(map[string]string{"HOME": home}), false)
	if got := defaultFile(own); got != "" {
		t.Errorf("found %s where there is none", got)
	}
	want := filepath.Join(home, ".config", "bake", "buildkitd.toml")
	if err := os.MkdirAll(filepath.Dir(want), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := defaultFile(own); got != want {
		t.Errorf("found %q, want %s", got, want)
	}
}
