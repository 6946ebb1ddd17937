package main

import (
	"fmt"
	"os/exec"
	"slices"
	"time"

	"bake/tests/fixture"
)

// result is one figure and the line that it must not cross.
type result struct {
	name, measure string
	bake, buildx  time.Duration // medians; buildx is 0 if it has no such thing
	ratio         float64       // the line for bake / buildx, 0 if there is none
	limit         time.Duration // the line for bake itself, 0 if there is none
}

func (r result) missed() bool {
	return r.ratio > 0 && r.quotient() > r.ratio || r.limit > 0 && r.bake > r.limit
}

func (r result) quotient() float64 { return float64(r.bake) / float64(r.buildx) }

func (r result) String() string {
	buildx, ratio, line := "", "", ""
	if r.buildx > 0 {
		buildx, ratio = seconds(r.buildx), fmt.Sprintf("%.2f", r.quotient())
	}
	switch {
	case r.ratio > 0:
		line = fmt.Sprintf("<= %.2f", r.ratio)
	case r.limit > 0:
		line = "<= " + seconds(r.limit)
	}
	if r.missed() {
		line += "  MISSED"
	}
	return fmt.Sprintf("%-28s %-22s %9s %9s %7s  %s", r.name, r.measure, seconds(r.bake), buildx, ratio, line)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// samples are what was measured of one side, run by run.
type samples struct {
	wall, cpu []time.Duration
}

func (s *samples) add(o fixture.Outcome) {
	s.wall = append(s.wall, o.Wall)
	s.cpu = append(s.cpu, o.CPU)
}

// median is the middle of the values; of two in the middle, the larger.
func median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// inTurn runs ours and theirs so many times, A B A B, after once that does not
// count: both find the files in memory and the builds in the cache.
func (b *bench) inTurn(rounds int, ours, theirs func() *exec.Cmd) (our, their samples) {
	if b.rounds > 0 {
		rounds = b.rounds
	}
	fixture.MustRun(b, ours())
	fixture.MustRun(b, theirs())
	for range rounds {
		our.add(fixture.MustRun(b, ours()))
		their.add(fixture.MustRun(b, theirs()))
	}
	return our, their
}
