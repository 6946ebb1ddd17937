package main

import (
	"bufio"
	"fmt"
)

// fileSize makes 20,000 files 200 MB.
const fileSize = 10_000

// shared copies the whole context first, as most Dockerfiles do, and then
// something that is the target's own. Whoever copies only some paths gets a
// transfer of those from either side: nothing would be shared.
const shared = "FROM scratch\nCOPY . /src\nCOPY src/{n} /app-{n}\n"

// context is what a large directory costs that all targets share, sent to a new
// engine and to one that knows it. An engine that is pruned would not do for a
// new one: a file system may be slow to use again what was freed a minute ago.
func (b *bench) context() {
	const targets = 50
	files := b.size(20_000)
	name := fmt.Sprintf("%d targets share %d files, %d MB", targets, files, files*fileSize/1_000_000)
	if !b.chosen(name) {
		return
	}
	dir := b.TempDir()
	b.writeTargets(dir, targets, targetOptions{shared: true, dockerfile: shared})
	b.writeContext(dir, files, targets)
	var cold, warm [2]samples
	for range coldRounds {
		for i := range cold {
			ours, theirs := b.startEngine().sides(dir)
			run := []side{ours, theirs}[i]
			cold[i] = append(cold[i], run())
			for range warmRounds {
				warm[i] = append(warm[i], run())
			}
		}
	}
	for _, c := range []struct {
		name    string
		samples [2]samples
		line    line
	}{{name + ", cold", cold, ratio(0.6)}, {name + ", warm", warm, ratio(0.4)}} {
		our, their := c.samples[0], c.samples[1]
		f := figure{name: c.name, runs: [2]int{len(our), len(their)}}
		b.compare(f, "wall", seconds, wall, our, their, c.line)
		b.compare(f, "client CPU", seconds, cpu, our, their, line{})
		b.compare(f, "engine CPU", seconds, engineCPU, our, their, line{})
	}
}

// A new engine is filled so often, and then asked again so often.
const (
	coldRounds = 2
	warmRounds = 3
)

// writeContext writes the files, some for each target.
func (b *bench) writeContext(dir string, files, targets int) {
	r := b.random(files)
	for i := range files {
		b.writeFile(dir, fmt.Sprintf("src/%d/%d/%d.txt", i%targets, i/targets/100, i), func(w *bufio.Writer) {
			for range fileSize / 10 {
				fmt.Fprintf(w, "%09d\n", r.IntN(1_000_000_000))
			}
		})
	}
}
