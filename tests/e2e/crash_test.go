package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"

	"golang.org/x/sys/unix"
)

// slow is a definition with a step that is quick and one that takes SLEEP
// seconds: a number that a test gives it to find the step's process by.
const slow = `
-- docker-bake.hcl --
variable "BASE" {}
variable "SLEEP" { default = "0" }
target "default" {
  contexts = { base = BASE }
  args     = { SLEEP = SLEEP }
  output   = ["type=local,dest=out"]
}
-- Dockerfile --
FROM base
RUN cat /proc/sys/kernel/random/uuid > /quick
ARG SLEEP
RUN sleep $SLEEP && echo done > /slow
`

// blamesEngine fails the test unless the error says that it was the engine.
func blamesEngine(t *testing.T, text string) {
	t.Helper()
	_, failure, _ := strings.Cut(text, "\nerror")
	if !strings.Contains(failure, "engine") {
		t.Error("the error does not name the engine")
	}
}

func TestEngineKilledInMidBuild(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	build := s.start("--var", "SLEEP=311311")
	untilRunning(t, "sleep 311311")
	before := s.engineState()
	if err := unix.Kill(before.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	blamesEngine(t, build.wait(10*time.Second, 5))
	untilGone(t, "sleep 311311")
	if left := leftoverMounts(s.engine); left != "" {
		t.Errorf("mounts of the dead engine:\n%s", left)
	}
	o := s.run(0)
	if !strings.Contains(o.Stderr, "CACHED") {
		t.Error("the cache did not survive")
	}
	if after := s.engineState(); after.PID == before.PID || !after.Running {
		t.Errorf("the engine was not replaced: %+v", after)
	}
	if got := s.read("out/slow"); got != "done\n" {
		t.Errorf("have %q", got)
	}
}

func TestEngineKilledAgainAndAgain(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	for _, seconds := range []string{"321321", "321322", "321323"} {
		build := s.start("--var", "SLEEP="+seconds)
		untilRunning(t, "sleep "+seconds)
		if err := unix.Kill(s.engineState().PID, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		build.wait(10*time.Second, 5)
		untilGone(t, "sleep "+seconds)
	}
	s.run(0)
}

func TestInterrupt(t *testing.T) {
	fixture.NeedRoot(t)
	for _, tc := range []struct {
		name   string
		signal syscall.Signal
	}{{"SIGINT", syscall.SIGINT}, {"SIGTERM", syscall.SIGTERM}} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t, slow)
			build := s.start("--var", "SLEEP=331331")
			untilRunning(t, "sleep 331331")
			build.signal(tc.signal)
			text := build.wait(2*time.Second, 130)
			if !strings.Contains(text, "interrupted") || !strings.Contains(text, "default") {
				t.Error("what was interrupted is not told")
			}
			untilGone(t, "sleep 331331")
			if s.exists("out") {
				t.Errorf("an output was begun: %v", s.files())
			}
			fixture.Await(t, 5*time.Second, "the engine is idle", func() bool { return s.engineState().Builds == 0 })
			s.run(0)
		})
	}
}

// A client that is killed leaves nothing running, and nothing half done.
func TestClientKilled(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	build := s.start("--var", "SLEEP=361361")
	untilRunning(t, "sleep 361361")
	build.signal(syscall.SIGKILL)
	untilGone(t, "sleep 361361")
	fixture.Await(t, 5*time.Second, "the engine is idle", func() bool { return s.engineState().Builds == 0 })
	s.run(0)
}

// An engine that somebody stops ends the builds of others, who are told.
func TestEngineStoppedInMidBuild(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	build := s.start("--var", "SLEEP=371371")
	untilRunning(t, "sleep 371371")
	s.run(0, "engine", "stop")
	blamesEngine(t, build.wait(10*time.Second, 5))
	untilGone(t, "sleep 371371")
}

// large is a definition whose outputs are of SIZE MiB and take a while to write.
const large = `
-- docker-bake.hcl --
variable "BASE" {}
variable "SIZE" { default = "250" }
target "default" {
  contexts = { base = BASE }
  args     = { SIZE = SIZE }
  output   = ["type=tar,dest=out.tar"]
}
-- Dockerfile --
FROM base
ARG SIZE
RUN dd if=/dev/urandom of=/random bs=1M count=$SIZE
`

func TestInterruptWhileWriting(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, large)
	s.run(0, "--set", "*.output=type=cacheonly")
	want := strings.Join(s.files(), " ")
	build := s.start()
	fixture.Await(t, 30*time.Second, "the output is being written", func() bool { return strings.Join(s.files(), " ") != want })
	build.signal(syscall.SIGINT)
	build.wait(2*time.Second, 130)
	if have := strings.Join(s.files(), " "); have != want {
		t.Errorf("the working directory has %s, want %s", have, want)
	}
}

func TestFailureLeavesOldOutput(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, `
-- docker-bake.hcl --
variable "BASE" {}
variable "CODE" { default = "0" }
target "default" {
  contexts = { base = BASE }
  args     = { CODE = CODE }
  output   = ["type=tar,dest=out.tar", "type=oci,dest=oci.tar"]
}
-- Dockerfile --
FROM base
ARG CODE
RUN exit $CODE
`)
	s.run(0)
	tar, oci := s.read("out.tar"), s.read("oci.tar")
	s.run(1, "--var", "CODE=3")
	if s.read("out.tar") != tar || s.read("oci.tar") != oci {
		t.Error("a failed build touched the outputs of the one before")
	}
}

func TestClosedTerminal(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	terminal := openTerminal(t)
	build := &background{site: s, cmd: s.command("--var", "SLEEP=341341"), done: make(chan struct{})}
	terminal.attach(build.cmd)
	build.launch()
	untilRunning(t, "sleep 341341")
	terminal.close()
	select {
	case <-build.done:
	case <-time.After(2 * time.Second):
		t.Fatal("bake outlives its terminal")
	}
	if code := build.cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	untilGone(t, "sleep 341341")
	if state := s.engineState(); !state.Running {
		t.Error("the engine died with a terminal that is not its own")
	}
	s.run(0)
}
