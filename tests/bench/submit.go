package main

import (
	"fmt"
	"path/filepath"
)

const trivial = "FROM scratch\nCOPY file /file-{n}\n"

// submit is what it costs to find that everything is built already.
func (b *bench) submit() {
	e := b.startEngine()
	b.submitOne(e)
	b.submitMany(e)
	b.submitExports(e)
}

// submitOne is a single target, in a git repository and outside of one.
func (b *bench) submitOne(e *engine) {
	for _, repository := range []bool{true, false} {
		name := "1 trivial target, warm"
		if repository {
			name += ", in a git repository"
		}
		if !b.chosen(name) {
			continue
		}
		dir := b.TempDir()
		b.writeTargets(dir, 1, targetOptions{dockerfile: trivial})
		if repository {
			b.commit(dir)
		}
		our, their := b.warm(e.sides(dir))
		f := figure{name: name, runs: [2]int{len(our), len(their)}}
		b.compare(f, "wall", seconds, wall, our, their, ratio(0.5))
		b.compare(f, "client CPU", seconds, cpu, our, their, line{})
	}
}

// submitMany is many targets that share nothing.
func (b *bench) submitMany(e *engine) {
	const name = "distinct targets, warm"
	if !b.chosen(name) {
		return
	}
	var walls, cpus, memory [2][]point
	var last figure
	sizes := []int{10, 50, 200}
	for _, given := range sizes {
		n := b.size(given)
		dir := b.TempDir()
		b.writeTargets(dir, n, targetOptions{dockerfile: trivial})
		b.commit(dir)
		our, their := b.warm(e.sides(dir))
		for i, s := range []samples{our, their} {
			walls[i] = append(walls[i], point{float64(n), s.median(wall)})
			cpus[i] = append(cpus[i], point{float64(n), s.median(cpu)})
			memory[i] = append(memory[i], point{float64(n), s.median(rss)})
		}
		f := figure{name: fmt.Sprintf("%d %s", n, name), runs: [2]int{len(our), len(their)}}
		last = f
		switch given {
		case 50:
			b.compare(f, "wall", seconds, wall, our, their, ratio(0.35))
			b.compare(f, "client CPU", seconds, cpu, our, their, ratio(0.2))
		case 200:
			grown := f
			grown.growth = [2]float64{exponent(walls[0]), exponent(walls[1])}
			b.compare(grown, "wall", seconds, wall, our, their, ratio(0.3))
			grown.growth = [2]float64{exponent(cpus[0]), exponent(cpus[1])}
			b.compare(grown, "client CPU", seconds, cpu, our, their, ratio(0.15))
			b.compare(f, "client RSS", megabytes, rss, our, their, ratio(0.5))
			b.compare(f, "engine CPU", seconds, engineCPU, our, their, ratio(0.5))
			b.compare(f, "engine writes", megabytes, engineWrites, our, their, ratio(0.5))
		}
	}
	last.measure, last.unit, last.line = "client RSS per target", kilobytes, limit(100)
	last.bake, last.buildx = perTarget(memory[0][1:]), perTarget(memory[1][1:])
	b.add(last)
}

// perTarget is by how many kB the memory grows with a target, from the first
// point to the last.
func perTarget(memory []point) float64 {
	from, to := memory[0], memory[len(memory)-1]
	return max(0, to.value-from.value) * 1024 / (to.size - from.size)
}

// submitExports is images that are exported again, though nothing is new: into
// the image store of the engine, and to files of the client.
func (b *bench) submitExports(e *engine) {
	for _, kind := range []struct{ name, output string }{
		{"to the engine's store", "type=image"},
		{"to OCI files", "type=oci,dest=out{n}.tar"},
	} {
		n := b.size(50)
		name := fmt.Sprintf("%d images exported warm %s", n, kind.name)
		if !b.chosen(name) {
			continue
		}
		dir := filepath.Join(b.TempDir(), "project")
		b.writeTargets(dir, n, targetOptions{dockerfile: trivial, output: kind.output})
		b.commit(dir)
		our, their := b.warm(e.sides(dir))
		f := figure{name: name, runs: [2]int{len(our), len(their)}}
		b.compare(f, "wall", seconds, wall, our, their, ratio(0.35))
		b.compare(f, "client CPU", seconds, cpu, our, their, ratio(0.2))
	}
}

// warm runs both sides once, so that everything is cached, and then in turn.
func (b *bench) warm(ours, theirs side) (our, their samples) {
	ours()
	theirs()
	return b.inTurn(ours, theirs)
}

// compare adds a figure of both sides.
func (b *bench) compare(f figure, measure string, u unit, get func(usage) float64, our, their samples, l line) {
	f.measure, f.unit, f.line = measure, u, l
	f.bake, f.buildx = our.median(get), their.median(get)
	b.add(f)
}
