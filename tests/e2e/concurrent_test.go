package e2e

import (
	"fmt"
	"testing"
	"time"

	"bake/tests/fixture"
)

// Two that build the same share the work and get the same.
func TestConcurrentSame(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	args := func(dest string) []string {
		return []string{"--var", "SLEEP=1", "--set", "*.output=type=local,dest=" + dest}
	}
	first, second := s.start(args("first")...), s.start(args("second")...)
	first.wait(patience, 0)
	second.wait(patience, 0)
	if one, two := s.read("first/quick"), s.read("second/quick"); one != two {
		t.Errorf("the step ran twice: %q, %q", one, two)
	}
}

// Two that write to the same place at the same time leave a whole file of one.
func TestConcurrentSameOutput(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	args := []string{"--set", "*.output=type=oci,dest=app.tar"}
	var builds []*background
	for range 3 {
		builds = append(builds, s.start(args...))
	}
	for _, b := range builds {
		b.wait(patience, 0)
	}
	if files := fixture.ReadBuilt(t, s.path("app.tar")).Image(t, fixture.LocalPlatform()).Files; files["slow"].Digest != fixture.DigestOf("done\n") {
		t.Errorf("/slow is %+v", files["slow"])
	}
	if have := len(s.files()); have != 3 {
		t.Errorf("the working directory has %v", s.files())
	}
}

// Different definitions that share an engine, from its first start on, do not
// know of each other.
func TestConcurrentDifferent(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, "")
	const clients = 4
	var builds []*background
	for n := range clients {
		s.write(fmt.Sprintf("-- %d/docker-bake.hcl --\nvariable \"BASE\" {}\ntarget \"default\" {\n  contexts = { base = BASE }\n  output = [\"type=local,dest=out\"]\n}\n"+
			"-- %d/Dockerfile --\nFROM base\nCOPY file /\nRUN cat /file /file > /twice\n-- %d/file --\n%d\n", n, n, n, n))
		b := &background{site: s, cmd: s.command(), done: make(chan struct{})}
		b.cmd.Dir = s.path(fmt.Sprint(n))
		b.cmd.Stdout, b.cmd.Stderr = &b.text, &b.text
		b.launch()
		builds = append(builds, b)
	}
	for n, b := range builds {
		b.wait(patience, 0)
		if got, want := s.read(fmt.Sprintf("%d/out/twice", n)), fmt.Sprintf("%d\n%d\n", n, n); got != want {
			t.Errorf("client %d got %q", n, got)
		}
	}
}

// One that is interrupted does not disturb the other, not even in a step that
// both wait for.
func TestConcurrentInterrupted(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	first := s.start("--var", "SLEEP=4", "--set", "*.output=type=local,dest=first")
	untilRunning(t, "sleep 4")
	second := s.start("--var", "SLEEP=4", "--set", "*.output=type=local,dest=second")
	fixture.Await(t, 10*time.Second, "both build", func() bool { return s.engineState().Builds == 2 })
	first.signal(2)
	first.wait(2*time.Second, 130)
	second.wait(patience, 0)
	if got := s.read("second/slow"); got != "done\n" {
		t.Errorf("have %q", got)
	}
}
