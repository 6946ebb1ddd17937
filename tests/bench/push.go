package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"

	"bake/tests/fixture"
)

// Images of imageSize, of bytes that do not compress, are pushed pushRounds times.
const (
	images     = 8
	imageSize  = 24_000_000
	pushRounds = 3
)

// push is images that are sent, kept, compressed and pushed to a registry of this
// machine, each as soon as it is built. Their bytes are new to both sides in every
// round.
func (b *bench) push() {
	size := b.size(imageSize)
	name := fmt.Sprintf("%d images of %d MB built and pushed", images, size/1_000_000)
	if !b.chosen(name) {
		return
	}
	registry := fixture.StartRegistry(b)
	dir := b.TempDir()
	b.writeTargets(dir, images, targetOptions{dockerfile: "FROM scratch\nCOPY data /data-{n}\n", output: "type=registry", tag: registry.Host + "/t{n}:1"})
	ours, theirs := b.startEngine().sides(dir)
	var samples [2]samples
	for round := range pushRounds {
		for i, run := range []side{ours, theirs} {
			b.writeImages(dir, size, uint64(2*round+i))
			samples[i] = append(samples[i], run())
		}
	}
	f := figure{name: name, runs: [2]int{pushRounds, pushRounds}}
	b.compare(f, "wall", seconds, wall, samples[0], samples[1], ratio(1))
	b.compare(f, "engine RSS", megabytes, engineRSS, samples[0], samples[1], line{})
}

// writeImages writes the bytes of all images, which depend on a seed.
func (b *bench) writeImages(dir string, size int, seed uint64) {
	for i := range images {
		random := rand.NewChaCha8([32]byte{byte(seed), byte(i), byte(b.seed)})
		b.writeFile(dir, fmt.Sprintf("t%d/data", i), func(w *bufio.Writer) {
			piece := make([]byte, 1<<16)
			for left := size; left > 0; left -= len(piece) {
				_, _ = random.Read(piece)
				_, _ = w.Write(piece[:min(left, len(piece))])
			}
		})
	}
}
