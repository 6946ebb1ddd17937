package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// A builder that is named is used, or the build fails: no other takes its place.
func TestNamedBuilder(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, trivial)
	s.run(0, "engine", "start")
	socket := s.engineState().Socket
	elsewhere := slices.Clip(s.env)
	s.env = append(elsewhere, "BAKE_ENGINE_DIR="+filepath.Join(s.dir, "unused"), "BUILDKIT_HOST=unix://"+socket)
	tells(t, s.run(0), "BUILDKIT_HOST")
	if s.exists("unused") {
		t.Error("an engine was started all the same")
	}
	s.env = append(elsewhere, "BUILDKIT_HOST=unix:///nowhere/buildkitd.sock")
	o := s.run(5)
	tells(t, o, "/nowhere/buildkitd.sock")
	if o.Wall > 30*time.Second {
		t.Errorf("it took %s to give up", o.Wall)
	}
	s.env = elsewhere
	tells(t, s.run(2, "--builder=nosuch"), "nosuch")
}

// Without a network, "# syntax=docker/dockerfile:1" is served by the frontend
// inside the engine, which is told; unless the image is asked for.
func TestSyntaxLineOffline(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, `
-- docker-bake.hcl --
target "default" {
  output = ["type=local,dest=out"]
}
-- Dockerfile --
# syntax=docker/dockerfile:1
FROM scratch
COPY Dockerfile /
`)
	offline := func(args ...string) fixture.Outcome {
		cmd := s.command(args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		o := fixture.Run(t, cmd)
		t.Logf("bake %q: exit code %d after %s\n%s", args, o.Code, o.Wall, o.Stderr)
		return o
	}
	o := offline()
	if o.Code != 0 || s.read("out/Dockerfile") == "" {
		t.Fatalf("exit code %d", o.Code)
	}
	tells(t, o, "docker/dockerfile:1")
	if o := offline("--frontend=builtin"); o.Code != 0 || strings.Contains(o.Stderr, "registry-1.docker.io") {
		t.Errorf("exit code %d, with the builtin frontend", o.Code)
	}
	if o := offline("--frontend=image", "--no-cache"); o.Code != 5 {
		t.Errorf("exit code %d, without the image", o.Code)
	}
}
