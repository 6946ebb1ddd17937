package submit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/docker/buildx/builder"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
)

// plays is how many random runs are tried, of up to maxTargets targets.
const (
	plays      = 100
	maxTargets = 20
)

// seedVar names the variable with the seed of the only run that is to be tried,
// one that failed.
const seedVar = "BAKE_TEST_SEED"

// Whatever targets link to each other, fail, fail for a moment or are cancelled,
// on one node or two: no more are built at once than may be, all wait for what
// they link to, what fails takes with it what it has to and nothing else, and
// nothing waits for ever. Time is that of the bubble, so waiting costs none.
func TestScheduling(t *testing.T) {
	level := logrus.GetLevel()
	logrus.SetLevel(logrus.ErrorLevel) // as the program does
	defer logrus.SetLevel(level)
	seen := map[string]int{}
	only, err := strconv.ParseUint(os.Getenv(seedVar), 10, 64)
	for range plays {
		seed := rand.Uint64()
		if err == nil {
			seed = only
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPlay(t, seed)
				p.perform()
				for _, what := range p.happened() {
					seen[what]++
				}
			})
		})
		if t.Failed() {
			t.Fatalf("try again with %s=%d: the order in which goroutines run is not part of a seed", seedVar, seed)
		}
	}
	t.Logf("%d runs: %v", plays, seen)
	for _, what := range []string{"good", "failed", "cancelled", "limited", "keep going", "held back", "two nodes", "tried again", "early", "staggered"} {
		if err != nil && seen[what] < plays/50 {
			t.Errorf("only %d runs were %s", seen[what], what)
		}
	}
}

// act is one target of a play and what is to happen to it.
type act struct {
	name    string
	target  *bake.Target
	links   []*act
	fails   string         // the phase in which it fails for good, "" if it does not
	hiccup  string         // the phase in which it fails once
	pushed  bool           // it pushes an image
	shares  map[string]int // its results by node, as far as it is loaded
	built   map[string]int // how many of these are built
	kept    map[string]int // how many of these are kept for others, by node
	exports map[string]int // by node
}

// newPlay makes up a run.
func newPlay(t *testing.T, seed uint64) *play {
	p := &play{T: t, rnd: rand.New(rand.NewPCG(seed, 1)), byName: map[string]*act{}, building: map[string]int{}, tags: map[string]string{}}
	p.nodes = 1 + p.rnd.IntN(3)/2
	p.opt = Options{
		Caller: host.Caller{Dir: t.TempDir(), Env: bake.Env{}}, Allow: []string{"fs=*"}, Registries: p.hosts,
		Jobs: p.rnd.IntN(5), InFlight: p.rnd.IntN(12), KeepGoing: p.chance(50), HoldOutput: p.chance(40),
	}
	p.opt.Journals.Dir = t.TempDir()
	trouble := p.rnd.IntN(3) * 8 // percent
	hiccups := p.rnd.IntN(3) * 10
	if p.chance(70) {
		p.opt.Retries = 1000
	}
	if p.chance(20) {
		p.cancelAfter = p.delay() * time.Duration(1+p.rnd.IntN(20))
	}
	for n := range 1 + p.rnd.IntN(maxTargets) {
		a := p.newAct(n)
		if p.chance(trouble) {
			a.fails = p.phase(a)
		} else if p.chance(hiccups) {
			a.hiccup = p.phase(a)
		}
		p.acts, p.byName[a.name] = append(p.acts, a), a
	}
	return p
}

func (p *play) newAct(n int) *act {
	a := &act{name: fmt.Sprintf("t%d", n), shares: map[string]int{}, built: map[string]int{}, kept: map[string]int{}, exports: map[string]int{}}
	a.target = &bake.Target{
		Name: a.name, Context: ".", Dockerfile: "Dockerfile", DockerfileInline: workspace.Ptr("FROM scratch\n"), Args: map[string]string{"ID": a.name},
	}
	switch p.rnd.IntN(4) {
	case 0:
		a.target.Outputs = workspace.To("local", a.name)
	case 1:
		a.target.Outputs, a.pushed = workspace.To("registry", ""), true
		a.target.Tags = []string{"registry.test/app:" + a.name}
	case 2:
		a.target.Outputs = workspace.To("cacheonly", "")
	}
	if p.nodes > 1 {
		a.target.Platforms = [][]string{nil, {"linux/amd64"}, {"linux/arm64"}, {"linux/amd64", "linux/arm64"}}[p.rnd.IntN(4)]
	}
	for _, i := range p.rnd.Perm(n)[:min(n, p.rnd.IntN(4))] {
		producer := p.acts[i]
		if len(a.target.Platforms) > 1 && len(producer.target.Platforms) == 1 {
			continue // it is not built for both
		}
		workspace.Use(a.target, producer.name, producer.target)
		a.links = append(a.links, producer)
	}
	return a
}

// phase is one in which a may fail.
func (p *play) phase(a *act) string {
	phases := []string{"load", "build", "export"}
	if !a.leaves() {
		phases = phases[:2]
	}
	return phases[p.rnd.IntN(len(phases))]
}

// lasting is the phase in which a fails for good: once is enough if nothing is
// tried again.
func (p *play) lasting(a *act) string {
	if a.fails == "" && p.opt.Retries == 0 {
		return a.hiccup
	}
	return a.fails
}

// perform runs bake and judges what came of it.
func (p *play) perform() {
	var nodes []builder.Node
	for n := range p.nodes {
		platforms := []ocispecs.Platform{{OS: "linux", Architecture: []string{"amd64", "arm64"}[n]}}
		nodes = append(nodes, startFakeEngine(p.T, fmt.Sprint("n", n), platforms, p))
	}
	plan := &bake.Plan{}
	for _, a := range p.acts {
		plan.Targets = append(plan.Targets, a.target)
	}
	ctx, cancel := context.WithTimeoutCause(p.Context(), 24*time.Hour, errForEver)
	defer cancel()
	// BuildKit's client gives a job whose frontend failed five seconds to end by
	// itself, which it needs where the engine never heard of the job.
	const patience = 6 * time.Second
	var waiting []byte
	stuck := time.AfterFunc(23*time.Hour, func() { waiting = goroutines() })
	defer stuck.Stop()
	var cancelled time.Time
	if p.cancelAfter > 0 {
		stop := time.AfterFunc(p.cancelAfter, func() {
			cancelled = time.Now()
			cancel()
		})
		defer stop.Stop()
	}
	told, err := Run(ctx, plan, nodes, p.opt)
	synctest.Wait() // for what the engines have still to do about a run that was cut short
	switch took := time.Since(p.failed); {
	case errors.Is(context.Cause(ctx), errForEver):
		p.Errorf("the run came to no end by itself; what waited:\n%s", waiting)
	case err != nil && !p.failed.IsZero() && !p.opt.KeepGoing && took > patience:
		p.Errorf("it took %s to end after a target failed", took)
	case !cancelled.IsZero():
		if took := time.Since(cancelled); took > patience {
			p.Errorf("it took %s to end after it was cancelled", took)
		}
	}
	p.wasCancelled = !cancelled.IsZero()
	p.judge(told, err)
	if p.Failed() {
		p.describe(told, err)
	}
}

// bubble runs f in a bubble of its own. HTTP/2 servers that serve sessions take
// channels from a pool of the process, and one of an earlier bubble would end it:
// the pool is empty after it was collected twice.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	runtime.GC()
	runtime.GC()
	synctest.Test(t, f)
}

// goroutines are the stacks of all that run now.
func goroutines() []byte {
	stacks := make([]byte, 4<<20)
	return stacks[:runtime.Stack(stacks, true)]
}

var errForEver = errors.New("time is up")

// judge compares a report with what had to come.
func (p *play) judge(told *report.Report, err error) {
	var failed []string
	for n, r := range told.Targets {
		if r.Result == report.Failed {
			failed = append(failed, p.acts[n].name)
		}
	}
	for n, r := range told.Targets {
		a := p.acts[n]
		cause := ""
		if skip := (*failure.SkippedError)(nil); errors.As(r.Err, &skip) {
			cause = skip.Because
		}
		if r.Result == report.Failed && p.lasting(a) == "" {
			p.Errorf("%s failed: %v", a.name, r.Err)
		}
		if r.Result.Good() && (!a.made(p) || len(r.Unwritten) == 0 && !a.whole(p)) {
			p.Errorf("%s is %s, and is not", a.name, r.Result)
		}
		switch {
		case p.wasCancelled:
		case p.opt.KeepGoing:
			p.judgeKept(a, r, cause, slices.Contains(failed, cause))
		case r.Result == report.Skipped && !slices.Contains(failed, cause):
			p.Errorf("%s is skipped because of %q, which did not fail", a.name, cause)
		}
	}
	blamed := (*failure.TargetError)(nil)
	errors.As(err, &blamed)
	expected := slices.ContainsFunc(p.acts, func(a *act) bool { return p.lasting(a) != "" })
	switch {
	case p.wasCancelled:
		if err != nil && blamed == nil && !errors.Is(err, context.Canceled) {
			p.Errorf("a cancelled run ends with %v", err)
		}
	case !expected && err != nil:
		p.Errorf("the run failed: %v", err)
	case expected && (blamed == nil || !slices.Contains(failed, blamed.Target)):
		p.Errorf("the run ends with %v, and %v failed", err, failed)
	}
	p.judgeTags(err)
}

// judgeKept is judge for one target of a run that kept going: exactly what needs
// a target that failed is skipped, because of that.
func (p *play) judgeKept(a *act, r report.Target, cause string, known bool) {
	broken := p.brokenBelow(a)
	heldBack := p.opt.HoldOutput && a.leaves()
	switch r.Result {
	case report.Built, report.Cached:
		switch {
		case p.lasting(a) == "export" && len(r.Unwritten) > 0: // it had no occasion to fail
		case p.lasting(a) != "" || len(broken) > 0:
			p.Errorf("%s is %s", a.name, r.Result)
		case len(r.Unwritten) > 0 && (!heldBack || !known):
			p.Errorf("the outputs of %s are not written", a.name)
		}
	case report.Failed:
	case report.Skipped:
		switch {
		case !known:
			p.Errorf("%s is skipped because of %q, which did not fail", a.name, cause)
		case !slices.Contains(broken, p.byName[cause]):
			p.Errorf("%s is skipped because of %s, which it does not need", a.name, cause)
		}
	default:
		p.Errorf("%s is %s", a.name, r.Result)
	}
}

// brokenBelow are the targets that a links to, however far, and that cannot be
// built.
func (p *play) brokenBelow(a *act) []*act {
	var out []*act
	for _, l := range a.links {
		if f := p.lasting(l); f == "load" || f == "build" {
			out = append(out, l)
		}
		out = append(out, p.brokenBelow(l)...)
	}
	return out
}

// judgeTags expects that of a release that is held back all tags are moved, or
// none.
func (p *play) judgeTags(err error) {
	if !p.opt.HoldOutput {
		return
	}
	want := 0
	for _, a := range p.acts {
		if a.pushed && err == nil {
			want++
		}
	}
	if len(p.tags) != want {
		p.Errorf("%d tags are moved, want %d: %v", len(p.tags), want, p.tags)
	}
}

// describe writes a play down.
func (p *play) describe(told *report.Report, err error) {
	p.Logf("%d nodes, jobs=%d keep-going=%v hold=%v retries=%d cancelled=%v: %v", p.nodes, p.opt.Jobs, p.opt.KeepGoing, p.opt.HoldOutput, p.opt.Retries, p.wasCancelled, err)
	for n, a := range p.acts {
		var links []string
		for _, l := range a.links {
			links = append(links, l.name)
		}
		p.Logf("%s %v of [%s] fails=%q hiccup=%q outputs=%v: %s, %v", a.name, a.target.Platforms, strings.Join(links, " "), a.fails, a.hiccup,
			a.target.Outputs, told.Targets[n].Result, told.Targets[n].Err)
	}
}

// staggered reports whether not all targets were submitted at once.
func (p *play) staggered() bool {
	leaving := 0
	for _, a := range p.acts {
		if a.leaves() {
			leaving++
		}
	}
	return !p.opt.HoldOutput && p.opt.InFlight > 0 && leaving > p.opt.InFlight
}

// happened says what kind of run it was.
func (p *play) happened() []string {
	var out []string
	for what, is := range map[string]bool{
		"cancelled": p.wasCancelled, "limited": p.opt.Jobs > 0 && p.busiest == p.opt.Jobs, "keep going": p.opt.KeepGoing,
		"held back": p.opt.HoldOutput, "two nodes": p.nodes > 1, "tried again": p.again > 0, "early": p.early > 0, "staggered": p.staggered(),
		"failed": slices.ContainsFunc(p.acts, func(a *act) bool { return p.lasting(a) != "" }),
		"good":   !slices.ContainsFunc(p.acts, func(a *act) bool { return p.lasting(a) != "" }),
	} {
		if is {
			out = append(out, what)
		}
	}
	return out
}
