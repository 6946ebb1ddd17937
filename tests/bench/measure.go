package main

import (
	"math"
	"os"
	"os/exec"
	"slices"
	"time"

	"bake/tests/fixture"
)

// minRuns and maxRuns are how often a side runs: at least so often if that is
// cheap, at most so often even if there is time for more.
const (
	minRuns = 3
	maxRuns = 31
	cheap   = 2 * time.Second // a run of which is worth repeating at any rate
)

// usage is what one run of one side needed.
type usage struct {
	wall, cpu time.Duration // of the process from start to end; user and system
	rss       float64       // most memory at a time, in MB

	engineCPU    time.Duration // of the engine, for and after the run
	engineWrites float64       // to the disk, in MB
	engineRSS    float64       // most memory of the engine at a time, in MB
}

// samples are the runs of one side.
type samples []usage

// median is the middle of what get says of the runs; of two, the larger.
func (s samples) median(get func(usage) float64) float64 {
	if len(s) == 0 {
		return 0
	}
	values := make([]float64, len(s))
	for i, u := range s {
		values[i] = get(u)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func wall(u usage) float64         { return u.wall.Seconds() }
func cpu(u usage) float64          { return u.cpu.Seconds() }
func rss(u usage) float64          { return u.rss }
func engineCPU(u usage) float64    { return u.engineCPU.Seconds() }
func engineWrites(u usage) float64 { return u.engineWrites }
func engineRSS(u usage) float64    { return u.engineRSS }

// side measures one run.
type side func() usage

// inTurn runs ours and theirs, A B A B, as often as the budget allows. Ours is
// run again where theirs is too slow to be: its median deserves three runs. A nil
// side is not run.
func (b *bench) inTurn(ours, theirs side) (our, their samples) {
	begin := time.Now()
	for round := range maxRuns {
		spent := time.Since(begin)
		enough := round > 0 && spent+spent/time.Duration(round) > b.budget
		if enough && round >= minRuns {
			break
		}
		if ours != nil && (!enough || our[0].wall < cheap) {
			our = append(our, ours())
		}
		if theirs != nil && (!enough || their[0].wall < cheap) {
			their = append(their, theirs())
		}
	}
	return our, their
}

// measure runs a command to its end. What it prints is not read, so that it costs
// nobody anything.
func (b *bench) measure(cmd *exec.Cmd) usage {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	cmd.Stdout = null
	talk, err := os.CreateTemp(b.home(), "stderr")
	if err != nil {
		b.Fatal(err)
	}
	defer talk.Close()
	cmd.Stderr = talk
	o := fixture.Run(b, cmd)
	if o.Code != 0 {
		text, _ := os.ReadFile(talk.Name())
		b.Fatalf("%s: exit code %d\n%s", cmd, o.Code, text)
	}
	_ = os.Remove(talk.Name())
	return usage{wall: o.Wall, cpu: o.CPU, rss: float64(o.MaxRSS) / 1024}
}

// point is a measurement at a size.
type point struct{ size, value float64 }

// exponent fits value = c * size^e and returns e. It is 0 for less than two
// sizes, which fit anything.
func exponent(points []point) float64 {
	var n, x, y, xx, xy float64
	for _, p := range points {
		if p.size <= 0 || p.value <= 0 {
			continue
		}
		lx, ly := math.Log(p.size), math.Log(p.value)
		n, x, y, xx, xy = n+1, x+lx, y+ly, xx+lx*lx, xy+lx*ly
	}
	spread := n*xx - x*x
	if spread < 1e-9 {
		return 0
	}
	return (n*xy - x*y) / spread
}
