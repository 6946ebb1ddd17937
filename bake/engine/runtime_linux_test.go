package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake/engine/runtime"
)

// TestRuntimeWithoutSeccomp has a runtime that says it has no seccomp and
// refuses every container with a profile, as runc does when built like that.
func TestRuntimeWithoutSeccomp(t *testing.T) {
	if !runtime.Available() {
		t.Skip("needs the runtime inside bake as the one behind")
	}
	cfg := tempConfig(t)
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, runtime.Name)
	if err := os.Symlink(exe, own); err != nil {
		t.Fatal(err)
	}
	cfg.Runtime = filepath.Join(dir, "lesser-runc")
	script := fmt.Sprintf(`#!/bin/sh
[ "$1" = features ] && { echo '{"linux":{"seccomp":{"enabled":false}}}'; exit; }
previous=
for arg; do
	[ "$previous" = --bundle ] && grep -q '"seccomp"' "$arg/config.json" && exit 97
	previous=$arg
done
echo used >> %s
exec %s "$@"
`, filepath.Join(dir, "log"), own)
	if err := os.WriteFile(cfg.Runtime, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := solve(testContext(t), t, cfg, busyboxDir(t), shell("echo ran > /out/file"))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(out, "file")); got != "ran" {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(read(t, filepath.Join(dir, "log")), "used") {
		t.Error("another runtime was used")
	}
	s := status(t, cfg)
	if s.Seccomp || s.OwnRuntime || s.Runtime != cfg.Runtime {
		t.Errorf("status: %+v", s)
	}
	if log := read(t, LogFile(cfg)); strings.Count(log, "without a seccomp profile") != 1 {
		t.Errorf("the log does not say once that there is no profile:\n%s", log)
	}
}

func TestDropSeccompKeepsTheRest(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.json")
	for in, want := range map[string]string{
		`{"linux":{"seccomp":{"x":1},"rest":12345678901234567890},"process":{"a":[1.50]}}`: `{"linux":{"rest":12345678901234567890},"process":{"a":[1.50]}}`,
		`{"process":{}}`: `{"process":{}}`,
	} {
		if err := os.WriteFile(name, []byte(in), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := dropSeccomp(name); err != nil {
			t.Fatal(err)
		}
		if got := read(t, name); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

func TestRuntimeThatIsNotThere(t *testing.T) {
	cfg := tempConfig(t)
	cfg.Runtime = filepath.Join(t.TempDir(), "runc")
	refused(t, Start(testContext(t), cfg), cfg.Runtime, "cannot be run")
	cfg.Runtime = ""
	cfg.File = filepath.Join(t.TempDir(), "buildkitd.toml")
	refused(t, Start(testContext(t), cfg), cfg.File)
	if err := os.WriteFile(cfg.File, []byte("[worker.oci]\nbinary = \"no-such-runtime\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, Start(testContext(t), cfg), "no-such-runtime")
}
