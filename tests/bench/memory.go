package main

import (
	"bufio"
	"fmt"
)

// memory is what many targets at once cost in memory: outputs, and links in long
// chains and wide ladders. Each case has an engine of its own, as one that grew
// stays large.
func (b *bench) memory() {
	b.memoryOfOutputs()
	b.memoryOfLadders()
	b.memoryOfChain()
}

// memoryOfOutputs is many small images, each in a file. The peer is not run: it
// takes minutes and gigabytes.
func (b *bench) memoryOfOutputs() {
	n := b.size(1000)
	name := fmt.Sprintf("%d targets with OCI files", n)
	if !b.chosen(name) {
		return
	}
	dir := b.TempDir()
	b.writeTargets(dir, n, targetOptions{dockerfile: trivial, output: "type=oci,dest=out{n}.tar"})
	ours, _ := b.startEngine().sides(dir)
	our, _ := b.inTurn(func() usage { return ours() }, nil)
	f := figure{name: name, runs: [2]int{len(our), 0}, note: "not run"}
	b.compare(f, "engine RSS", megabytes, engineRSS, our, nil, limit(600))
	b.compare(f, "client RSS", megabytes, rss, our, nil, limit(150))
	b.compare(f, "wall", seconds, wall, our, nil, line{})
}

// memoryOfLadders is levels of two targets that both use both targets of the
// level below. The peer bears 14 of them.
func (b *bench) memoryOfLadders() {
	const name = "ladder of links, built, %d levels"
	if !b.chosen(name) {
		return
	}
	var grown []point
	for _, levels := range []int{6, 10, 14, 20} {
		dir := b.TempDir()
		b.writeFile(dir, "docker-bake.hcl", func(w *bufio.Writer) { builtLadder(w, levels) })
		f := figure{name: fmt.Sprintf(name, levels), runs: [2]int{1, 0}}
		ours, _ := b.startEngine().sides(dir)
		our := samples{ours()}
		grown = append(grown, point{float64(levels), our.median(engineRSS)})
		switch levels {
		case 14:
			_, theirs := b.startEngine().sides(dir)
			their := samples{theirs()}
			f.runs[1] = 1
			b.compare(f, "engine RSS", megabytes, engineRSS, our, their, ratio(0.1))
			b.compare(f, "client RSS", megabytes, rss, our, their, line{})
		case 20:
			f.growth[0] = exponent(grown)
			b.compare(f, "engine RSS", megabytes, engineRSS, our, nil, line{})
		}
	}
}

// builtLadder is a ladder of targets that can be built.
func builtLadder(w *bufio.Writer, levels int) {
	for _, side := range []string{"a", "b"} {
		fmt.Fprintf(w, "target \"%s0\" {\n  dockerfile-inline = \"FROM scratch\\nCOPY docker-bake.hcl /file\\nCOPY docker-bake.hcl /%[1]s0\"\n}\n", side)
	}
	for i := 1; i <= levels; i++ {
		for _, side := range []string{"a", "b"} {
			fmt.Fprintf(w, "target \"%s%d\" {\n", side, i)
			fmt.Fprintf(w, "  contexts = { one = \"target:a%d\", other = \"target:b%d\" }\n", i-1, i-1)
			fmt.Fprintf(w, "  dockerfile-inline = \"FROM one\\nCOPY --from=other /file /%s%d\"\n}\n", side, i)
		}
	}
	fmt.Fprintf(w, "group \"default\" {\n  targets = [\"a%d\", \"b%d\"]\n}\n", levels, levels)
}

// memoryOfChain is a chain in which each target builds on the one before.
func (b *bench) memoryOfChain() {
	n := b.size(200)
	name := fmt.Sprintf("chain of %d links, built", n)
	if !b.chosen(name) {
		return
	}
	dir := b.TempDir()
	b.writeFile(dir, "docker-bake.hcl", func(w *bufio.Writer) {
		fmt.Fprint(w, "target \"t0\" {\n  dockerfile-inline = \"FROM scratch\\nCOPY docker-bake.hcl /\"\n}\n")
		for i := 1; i < n; i++ {
			fmt.Fprintf(w, "target \"t%d\" {\n  contexts = { base = \"target:t%d\" }\n", i, i-1)
			fmt.Fprintf(w, "  dockerfile-inline = \"FROM base\\nCOPY docker-bake.hcl /%d\"\n}\n", i)
		}
		fmt.Fprintf(w, "group \"default\" {\n  targets = [\"t%d\"]\n}\n", n-1)
	})
	ours, _ := b.startEngine().sides(dir)
	our, _ := b.inTurn(func() usage { return ours() }, nil)
	f := figure{name: name, runs: [2]int{len(our), 0}, note: "not run"}
	b.compare(f, "client RSS", megabytes, rss, our, nil, limit(120))
	b.compare(f, "engine RSS", megabytes, engineRSS, our, nil, line{})
	b.compare(f, "wall", seconds, wall, our, nil, line{})
}
