//go:build cgo

package runtime

import (
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

func TestHelpNamesWhatCallersLookFor(t *testing.T) {
	b := newBundle(t)
	// Programs find out by this text whether a runtime knows --keep.
	if r := b.do("run", "--help"); r.status != 0 || !strings.Contains(r.stdout, "--keep") {
		t.Errorf("got %+v", r)
	}
	r := b.do("--help")
	for _, c := range commands() {
		if !strings.Contains(r.stdout, c.name) {
			t.Errorf("no %s in %s", c.name, r.stdout)
		}
	}
}

func TestBadCommandLines(t *testing.T) {
	b := newBundle(t)
	for _, args := range [][]string{
		{"dance"},
		{"run"},
		{"state", "a", "b"},
		{"kill", "a", "NOTHING"},
		{"run", "--no-such-flag", "a"},
		{"state", "../a"},
		{"--root", "/", "state", "a"},
		{"--log-format", "xml", "state", "a"},
		{"list", "--format", "xml"},
		{"exec"},
		{"run", "--console-socket", "/x", "--bundle", b.dir, b.id},
	} {
		if r := b.do(args...); r.status != 1 && r.status != 255 || r.stderr == "" {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestFlagsMayFollowArguments(t *testing.T) {
	b := newBundle(t, "exit", "4")
	b.write()
	if r := b.do("run", b.id, "-b", b.dir); r.status != 4 {
		t.Errorf("got %+v", r)
	}
}

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]unix.Signal{"9": unix.SIGKILL, "TERM": unix.SIGTERM, "sigusr1": unix.SIGUSR1, "0": 0} {
		if got, err := parseSignal(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "SIGNOTHING"} {
		if got, err := parseSignal(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestMappedOptions(t *testing.T) {
	maps := func(m ...user.IDMap) func() ([]user.IDMap, error) {
		return func() ([]user.IDMap, error) { return m, nil }
	}
	one := maps(user.IDMap{ID: 0, ParentID: 1000, Count: 1})
	all := maps(user.IDMap{ID: 0, ParentID: 1000, Count: 1}, user.IDMap{ID: 1, ParentID: 100000, Count: 65536})
	options := []string{"newinstance", "gid=5", "uid=0", "mode=0620"}
	got, err := mappedOptions(options, one, one)
	if want := []string{"newinstance", "uid=0", "mode=0620"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("one id: %v, %v", got, err)
	}
	if got, err := mappedOptions(options, one, all); err != nil || !slices.Equal(got, options) {
		t.Errorf("ranges: %v, %v", got, err)
	}
	if !slices.Equal(options, []string{"newinstance", "gid=5", "uid=0", "mode=0620"}) {
		t.Error("the argument was changed")
	}
}
