package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// vertex is one of those of raw progress.
type vertex struct {
	Digest, Name string
}

// status is a line of raw progress.
type status struct {
	Vertexes []vertex
	Statuses []struct {
		ID, Vertex string
		Current    int64
	}
}

// transfers are how many bytes were sent by each vertex whose name has text.
func transfers(t *testing.T, raw, text string) map[string]int64 {
	t.Helper()
	names, sent := map[string]string{}, map[string]int64{}
	for line := range strings.Lines(raw) {
		var s status
		if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &s) != nil {
			continue
		}
		for _, v := range s.Vertexes {
			names[v.Digest] = v.Name
		}
		for _, p := range s.Statuses {
			if strings.Contains(names[p.Vertex], text) && strings.HasPrefix(p.ID, "transferring") {
				sent[p.Vertex] = max(sent[p.Vertex], p.Current)
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no vertexes in the progress:\n%s", raw)
	}
	return sent
}

// A directory that many targets use is walked and sent once for each set of
// ignore rules, not once for each target; and once more only what has changed.
func TestContextIsSentOnce(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, `
-- docker-bake.hcl --
target "default" {
  name              = "t${n}"
  matrix            = { n = range(0, 12) }
  context           = "src"
  dockerfile-inline = "FROM scratch\nCOPY . /${n}"
}
target "ruled" {
  name       = "r${n}"
  matrix     = { n = range(0, 3) }
  context    = "src"
  dockerfile = "ruled.Dockerfile"
  args       = { N = n }
}
-- src/ruled.Dockerfile --
FROM scratch
ARG N
COPY . /$N
-- src/ruled.Dockerfile.dockerignore --
big
`)
	const size = 2 << 20
	if err := os.WriteFile(s.path("src/big"), []byte(strings.Repeat("x", size)), 0o644); err != nil {
		t.Fatal(err)
	}
	s.run(0, "engine", "start")
	for _, tc := range []struct {
		what       string
		vertexes   int
		atLeast    int64
		lessInSum  int64
		beforehand func()
	}{
		{"all", 2, size, size + size/4, func() {}},
		{"nothing changed", 2, 0, size / 4, func() {}},
		{"one small file", 2, 5, size / 4, func() { s.write("-- src/small --\nsmall\n") }},
	} {
		tc.beforehand()
		o := fixture.Run(t, s.command("--progress=rawjson", "default", "ruled"))
		if o.Code != 0 {
			t.Fatalf("exit code %d\n%s", o.Code, o.Stderr)
		}
		sent := transfers(t, o.Stderr, "load build context")
		var sum int64
		for _, n := range sent {
			sum += n
		}
		if len(sent) != tc.vertexes || sum < tc.atLeast || sum > tc.lessInSum {
			t.Errorf("%s: %d directories were sent, want %d: %d bytes, want %d to %d", tc.what, len(sent), tc.vertexes, sum, tc.atLeast, tc.lessInSum)
		}
	}
}
