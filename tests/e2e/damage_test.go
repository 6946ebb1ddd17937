package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"

	"golang.org/x/sys/unix"
)

// damages are what may become of a database.
var damages = []struct {
	name string
	do   func(data []byte) []byte // nil deletes it
}{
	{"truncate", func([]byte) []byte { return []byte{} }},
	{"halve", func(data []byte) []byte { return data[:len(data)/2] }},
	{"zero", func(data []byte) []byte { return make([]byte, len(data)) }},
	{"garble", func(data []byte) []byte {
		data = bytes.Clone(data)
		for i := len(data) / 8; i < len(data); i++ {
			data[i] ^= 0xff
		}
		return data
	}},
	{"delete", func([]byte) []byte { return nil }},
}

// engineDatabases are the databases of an engine, without what names the snapshotter.
var engineDatabases = []string{"cache.db", "history.db", "runc-*/containerdmeta.db", "runc-*/metadata_v2.db", "runc-*/snapshots/metadata.db"}

// damaged has steps that are in all databases.
const damaged = `
-- docker-bake.hcl --
variable "BASE" {}
target "default" {
  contexts = { base = BASE }
  output   = ["type=local,dest=out"]
}
-- Dockerfile --
FROM base
COPY file /file
RUN cat /file > /copy && cat /proc/sys/kernel/random/uuid > /once
-- file --
content
`

// TestDamagedDatabases damages each database of an engine that was stopped, or
// killed, in each way. The next build works and is right, and says once what was
// set aside; the one after it has a whole cache again. In the long form every
// combination is tried, else each database and each way at least once.
func TestDamagedDatabases(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, damaged)
	s.run(0)
	// One that was killed leaves nothing damaged.
	s.endEngine("killed")
	if o := s.run(0); damageTold(o.Stderr) != "" || !strings.Contains(o.Stderr, "CACHED") {
		t.Error("the cache did not survive")
	}
	long := os.Getenv("BAKE_TEST_LONG") != ""
	table := &strings.Builder{}
	for i, pattern := range engineDatabases {
		for j, d := range damages {
			for k, end := range []string{"stopped", "killed"} {
				if !long && (i != j || k != i%2) {
					continue
				}
				s.endEngine(end)
				s.damage(pattern, d.do)
				told := s.mends()
				// A database that can be done without is not missed unless an engine that
				// ended in order had it.
				if quiet := d.name == "delete" && end == "killed" && !strings.Contains(pattern, "/"); (told == "") != quiet {
					t.Errorf("%s, %s, %s: told %q", pattern, d.name, end, told)
				}
				fmt.Fprintf(table, "%-30s %-9s %-8s %s\n", pattern, d.name, end, told)
			}
		}
	}
	t.Logf("what the next build said:\n%s", table)
}

// endEngine ends the engine in order or not.
func (s *site) endEngine(how string) {
	s.t.Helper()
	if how == "stopped" {
		s.run(0, "engine", "stop")
		return
	}
	if err := unix.Kill(s.engineState().PID, unix.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
	fixture.Await(s.t, patience, "the engine is gone", func() bool { return !s.engineState().Running })
}

// damage changes the database of a name in the engine's state directory.
func (s *site) damage(pattern string, do func([]byte) []byte) {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.engine, pattern))
	if err != nil || len(found) != 1 {
		s.t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		s.t.Fatal(err)
	}
	if data = do(data); data == nil {
		err = os.Remove(found[0])
	} else {
		err = os.WriteFile(found[0], data, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// mends builds twice after a database was damaged, and returns what was told of it.
func (s *site) mends() string {
	s.t.Helper()
	first := s.run(0)
	once := s.read("out/once")
	if got := s.read("out/copy"); got != "content\n" {
		s.t.Errorf("have %q", got)
	}
	told := damageTold(first.Stderr)
	second := s.run(0)
	if again := damageTold(second.Stderr); again != "" {
		s.t.Errorf("told again: %s", again)
	}
	if s.read("out/once") != once || !strings.Contains(second.Stderr, "CACHED") {
		s.t.Error("what was built is not kept")
	}
	return told
}

// damageTold is the line of an output that tells of damage.
func damageTold(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "embedded engine was damaged") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
