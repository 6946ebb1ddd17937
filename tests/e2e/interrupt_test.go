package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

const manyPushed = `
-- docker-bake.hcl --
variable "PLACE" {}
variable "EVERY" { default = 1 }
target "image" {
  name              = "image-${n}"
  matrix            = { n = range(0, 500) }
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /\nLABEL n=${n}"
  tags              = ["${PLACE}:${n}"]
  output            = [n % EVERY == 0 ? "type=registry" : "type=cacheonly"]
}
`

// slack is what a busy machine may take longer than bake itself would.
const slack = 2 * time.Second

// Who has waited long enough for a slow registry to take the images of hundreds
// of targets is obeyed at once, and told what became of them. A release can be
// resumed.
func TestManyTargetsInterrupted(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newSite(t, manyPushed)
	s.env = append(s.env, "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	interrupt := func(repository string, args ...string) (*fixture.Proxy, string) {
		t.Helper()
		p := fixture.StartProxy(t, registry, fixture.Fault{Path: "/blobs/", Do: fixture.Delay(time.Minute)})
		s.env = append(s.env, "PLACE="+p.Ref(repository))
		b := s.start(append(args, "image", "--progress=none")...)
		fixture.Await(t, patience, "pushes wait for the registry", func() bool { return p.Broken() > 2 })
		b.signal(syscall.SIGINT)
		// After 1.8 s bake goes, whatever it waits for. A machine that is busy with
		// the engine's end of all this may take longer to get round to that.
		return p, b.wait(2*time.Second+slack, 130)
	}

	// A machine that is busy may not get to the summary of all targets in time.
	_, text := interrupt("plain")
	if !strings.Contains(text, "interrupted; canceled: ") && !strings.Contains(text, "did not end by itself in time") {
		t.Error("it does not tell that it was interrupted")
	}
	if registry.Has(t, "plain:0") {
		t.Error("an image was pushed by a registry that takes none")
	}

	s.env = append(s.env, "EVERY=20")
	p, text := interrupt("atomic", "--atomic")
	id, _, _ := strings.Cut(filepath.Base(onlyJournal(t, filepath.Join(s.home(), ".local", "state"))), ".")
	if !strings.Contains(text, "no tag has moved: `bake --resume="+id+"` goes on with the release") {
		t.Error("it does not tell how the release can be resumed")
	}
	p.Heal()
	s.run(0, "--resume", "--progress=none")
	for _, tag := range []string{"0", "20", "480"} {
		if !registry.Has(t, "atomic:"+tag) {
			t.Errorf("the tag %s is not there", tag)
		}
	}
}

// onlyJournal is the file of the one release in a state directory that is not
// finished.
func onlyJournal(t *testing.T, state string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(state, "bake", "releases", "*.json"))
	if len(found) != 1 {
		t.Fatalf("the journals are %v", found)
	}
	return found[0]
}
