package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bake/tests/fixture"
)

// print is how long it takes to understand a definition of one target.
func (b *bench) print() {
	dir := b.TempDir()
	b.write(dir, "docker-bake.hcl", `target "default" {
  args = { VERSION = "1" }
  tags = ["example.com/app:1"]
}
`)
	peer := fixture.NewPeer(b, "")
	our, their := b.inTurn(31,
		func() *exec.Cmd { return b.command(dir, dir, "--print") },
		func() *exec.Cmd { return peer.Command(b.Context(), dir, "bake", "--print") })
	b.results = append(b.results,
		result{name: "print 1 target", measure: "CPU", bake: median(our.cpu), buildx: median(their.cpu), ratio: 0.7},
		result{name: "print 1 target", measure: "wall", bake: median(our.wall), buildx: median(their.wall)})
}

// submit is how long it takes to find that many small targets, which share
// nothing, are all built already.
func (b *bench) submit() {
	dir := b.TempDir()
	b.writeTargets(dir)
	state := b.engine()
	peer := fixture.NewPeer(b, filepath.Join(state, "engine.sock"))
	our, their := b.inTurn(3,
		func() *exec.Cmd { return b.command(dir, state, "--progress=plain") },
		func() *exec.Cmd { return peer.Command(b.Context(), dir, "bake", "--progress=plain") })
	name := fmt.Sprintf("submit %d targets, warm", b.targets)
	b.results = append(b.results,
		result{name: name, measure: "wall", bake: median(our.wall), buildx: median(their.wall), ratio: 0.5},
		result{name: name, measure: "client CPU", bake: median(our.cpu), buildx: median(their.cpu), ratio: 0.35})
}

// writeTargets writes a definition of targets with a context and a Dockerfile
// each, and no two alike.
func (b *bench) writeTargets(dir string) {
	var names []string
	var definition strings.Builder
	for n := range b.targets {
		name := fmt.Sprintf("t%d", n)
		names = append(names, fmt.Sprintf("%q", name))
		fmt.Fprintf(&definition, "target %q {\n  context = %q\n}\n", name, name)
		b.write(dir, name+"/Dockerfile", fmt.Sprintf("FROM scratch\nCOPY file /file-%d\n", n))
		b.write(dir, name+"/file", fmt.Sprintln(n))
	}
	fmt.Fprintf(&definition, "group \"default\" {\n  targets = [%s]\n}\n", strings.Join(names, ", "))
	b.write(dir, "docker-bake.hcl", definition.String())
	if b.git {
		for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-qm", "files"}} {
			cmd := exec.CommandContext(b.Context(), "git", args...)
			cmd.Dir = dir
			fixture.MustRun(b, cmd)
		}
	}
}

// start is how long it takes from nothing, no engine and no state, to the
// first vertex of a build.
func (b *bench) start() {
	dir := b.TempDir()
	b.write(dir, "docker-bake.hcl", "target \"default\" {}\n")
	b.write(dir, "Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
	rounds := 7
	if b.rounds > 0 {
		rounds = b.rounds
	}
	var toVertex, whole []time.Duration
	for range rounds {
		cmd := b.command(dir, b.state(), "--progress=rawjson")
		first, all := b.untilVertex(cmd)
		toVertex, whole = append(toVertex, first), append(whole, all)
	}
	b.results = append(b.results,
		result{name: "engine, cold", measure: "to the first vertex", bake: median(toVertex), limit: time.Second},
		result{name: "engine, cold", measure: "to a finished build", bake: median(whole)})
}

// untilVertex runs a build with raw progress, and returns how long it took
// until the engine began with a vertex, and as a whole.
func (b *bench) untilVertex(cmd *exec.Cmd) (first, whole time.Duration) {
	progress, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(progress)
	var text strings.Builder
	for {
		line, err := lines.ReadString('\n')
		text.WriteString(line)
		if first == 0 && vertexOfBuild(line) {
			first = time.Since(begin)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%s: %v\n%s", cmd, err, text.String())
	}
	if first == 0 {
		b.Fatalf("no vertex in the progress:\n%s", text.String())
	}
	return first, time.Since(begin)
}

// vertexOfBuild reports whether a line of raw progress begins with something of
// the build itself, not with the start of the engine.
func vertexOfBuild(line string) bool {
	var status struct {
		Vertexes []struct {
			Name    string     `json:"name"`
			Started *time.Time `json:"started"`
		} `json:"vertexes"`
	}
	if json.Unmarshal([]byte(line), &status) != nil {
		return false
	}
	for _, v := range status.Vertexes {
		if v.Started != nil && !strings.Contains(v.Name, "engine") {
			return true
		}
	}
	return false
}

// write writes a file below dir.
func (b *bench) write(dir, name, text string) {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}
