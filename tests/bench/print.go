package main

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"fmt"
	"os/exec"
	"path/filepath"

	"bake/tests/fixture"
)

// print is what it costs to resolve definitions that grow in every direction.
func (b *bench) print() {
	for _, c := range printCases {
		if b.chosen(c.name) {
			b.printCase(c)
		}
	}
}

// printCase measures a case at all its sizes, the smallest first, and fits the
// growth.
func (b *bench) printCase(c printCase) {
	peer := b.peer("")
	var ours, theirs []point
	for i, given := range c.sizes {
		n := b.size(given)
		if len(c.sizes) == 1 {
			n = given
		}
		dir := b.TempDir()
		b.writeFile(dir, cmp.Or(c.file, "docker-bake.hcl"), func(w *bufio.Writer) { c.write(w, n, b.random(n)) })
		args := []string{"--print"}
		if c.targets != nil {
			args = append(args, c.targets(n)...)
		}
		bake := func() *exec.Cmd { return b.command(dir, dir, args...) }
		buildx := func() *exec.Cmd { return peer.Command(b.Context(), dir, append([]string{"bake"}, args...)...) }
		if i == 0 {
			b.same(bake(), buildx())
		}
		our, their := b.inTurn(func() usage { return b.measure(bake()) }, func() usage { return b.measure(buildx()) })
		ours = append(ours, point{float64(n), our.median(cpu)})
		theirs = append(theirs, point{float64(n), their.median(cpu)})
		last := i == len(c.sizes)-1
		f := figure{
			name: fmt.Sprintf(c.name, n), measure: "CPU", unit: seconds, line: c.lines[given],
			bake: our.median(cpu), buildx: their.median(cpu), runs: [2]int{len(our), len(their)},
		}
		if last {
			f.growth = [2]float64{exponent(ours), exponent(theirs)}
		}
		if last || f.line != (line{}) {
			b.add(f)
		}
		if last {
			f.measure, f.unit, f.line, f.growth = "RSS", megabytes, c.memory, [2]float64{}
			f.bake, f.buildx = our.median(rss), their.median(rss)
			b.add(f)
		}
	}
}

// same fails unless both commands print the same: else there is nothing to
// compare.
func (b *bench) same(ours, theirs *exec.Cmd) {
	sum := func(cmd *exec.Cmd) string {
		hash := sha256.New()
		cmd.Stdout = hash
		fixture.MustRun(b, cmd)
		return string(hash.Sum(nil))
	}
	if sum(ours) != sum(theirs) {
		b.Fatalf("bake and docker buildx bake do not print the same in %s", filepath.Base(ours.Dir))
	}
}
