//go:build cgo

package runtime

import (
	"strings"
	"testing"
)

func TestRunReturnsTheExitStatus(t *testing.T) {
	b := newBundle(t, "exit", "42")
	if r := b.run(); r.status != 42 || r.stderr != "" {
		t.Fatalf("got %+v, want status 42", r)
	}
	if s := b.state(); s.Status != "absent" {
		t.Errorf("a container without --keep is %s after its end", s.Status)
	}
}

func TestRunJoinsTheStreams(t *testing.T) {
	b := newBundle(t, "cat")
	b.write()
	cmd := b.command("run", "--bundle", b.dir, b.id)
	cmd.Stdin = strings.NewReader(strings.Repeat("0123456789abcdef\n", 20000))
	if r := b.finish(cmd); r.status != 0 || len(r.stdout) != 17*20000 {
		t.Fatalf("status %d, %d bytes, stderr %q", r.status, len(r.stdout), r.stderr)
	}
}

func TestRunSetsTheProcessUp(t *testing.T) {
	b := newBundle(t, "id")
	b.spec.Process.User.UID, b.spec.Process.User.GID = 1000, 1001
	b.spec.Process.Cwd = "/dev"
	if r := b.run(); r.stdout != "1 1000 1001 /dev hello\n" {
		t.Fatalf("got %+v", r)
	}
}
