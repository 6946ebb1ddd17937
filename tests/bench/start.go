package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"bake/tests/fixture"
)

// start is what it costs to begin: the process itself, and an engine.
func (b *bench) start() {
	b.startProcess()
	b.startInit()
	b.startCold()
}

// startProcess is a command that does nothing but begin.
func (b *bench) startProcess() {
	const name = "print the version"
	if !b.chosen(name) {
		return
	}
	peer := b.peer("")
	our, their := b.inTurn(
		func() usage { return b.measure(b.command("/", b.home(), "version")) },
		func() usage { return b.measure(peer.Command(b.Context(), "/", "version")) })
	f := figure{name: name, runs: [2]int{len(our), len(their)}}
	b.compare(f, "CPU", seconds, cpu, our, their, line{})
	b.compare(f, "RSS", megabytes, rss, our, their, line{})
}

// startInit is the time in which packages are initialised, as the Go runtime
// traces it.
func (b *bench) startInit() {
	const name = "initialise packages"
	if !b.chosen(name) {
		return
	}
	peer := b.peer("")
	traced := func(cmd *exec.Cmd) usage {
		cmd.Env = append(cmd.Env, "GODEBUG=inittrace=1")
		return usage{wall: initTime(fixture.MustRun(b, cmd).Stderr)}
	}
	our, their := b.inTurn(
		func() usage { return traced(b.command("/", b.home(), "version")) },
		func() usage { return traced(peer.Command(b.Context(), "/", "version")) })
	f := figure{name: name, runs: [2]int{len(our), len(their)}}
	b.compare(f, "wall", seconds, wall, our, their, line{})
}

// initTime adds up what lines such as "init NAME @0.5 ms, 0.2 ms clock, 8 bytes,
// 1 allocs" say.
func initTime(trace string) time.Duration {
	var sum float64
	for text := range strings.Lines(trace) {
		fields := strings.Fields(text)
		if len(fields) > 5 && fields[0] == "init" {
			ms, _ := strconv.ParseFloat(fields[4], 64)
			sum += ms
		}
	}
	return time.Duration(sum * float64(time.Millisecond))
}

// startCold is from nothing, no engine and no state, to the first vertex of a
// build and to its end.
func (b *bench) startCold() {
	const name = "engine, cold"
	if !b.chosen(name) {
		return
	}
	dir := b.TempDir()
	b.writeTargets(dir, 1, targetOptions{dockerfile: trivial})
	var toVertex, whole samples
	for range 5 {
		first, all := b.untilVertex(b.command(dir, b.state(), "--progress=rawjson"))
		toVertex, whole = append(toVertex, usage{wall: first}), append(whole, usage{wall: all})
	}
	f := figure{name: name, runs: [2]int{len(whole), 0}, note: "has none"}
	b.compare(f, "to the first vertex", seconds, wall, toVertex, nil, limit(1))
	b.compare(f, "to a finished build", seconds, wall, whole, nil, line{})
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
