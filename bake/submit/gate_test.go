package submit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"bake/bake"
	"bake/bake/submit/credential"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/input"
	"bake/bake/submit/node"
	"bake/bake/submit/output"
	"bake/bake/submit/retry"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// gateRequests makes requests by name; the second of a pair links to the first.
func gateRequests(names string, links ...string) map[string]*request {
	out := map[string]*request{}
	for _, n := range names {
		q := &request{turn: make(chan struct{}), loaded: make(chan struct{}), settled: make(chan struct{})}
		q.of = &assembly{parts: []*request{q}}
		out[string(n)] = q
	}
	for _, l := range links {
		q := out[l[1:]]
		q.links = append(q.links, link{producer: out[l[:1]]})
	}
	return out
}

func admitted(qs map[string]*request) []string {
	var out []string
	for n, q := range qs {
		select {
		case <-q.turn:
			out = append(out, n)
		default:
		}
	}
	slices.Sort(out)
	return out
}

func TestGate(t *testing.T) {
	qs := gateRequests("abcd", "ab", "bd")
	order := []*request{qs["a"], qs["b"], qs["c"], qs["d"]}
	g := newGate(order, 2)
	opened := false
	for i, q := range order {
		if got := admitted(qs); len(got) > 0 {
			t.Fatalf("%v admitted when %d of 4 were loaded", got, i)
		}
		g.load(q, gateway.NewResult(), func() { opened = true })
	}
	check := func(want ...string) {
		t.Helper()
		if got := admitted(qs); !slices.Equal(got, want) {
			t.Fatalf("admitted %v, want %v", got, want)
		}
	}
	if !opened {
		t.Error("the last load was not told")
	}
	check("a", "c") // b and d wait for their links
	g.leave(qs["c"])
	g.yield(qs["c"])
	check("a", "c")
	g.leave(qs["a"]) // b could begin, but a writes its outputs
	check("a", "b", "c")
	g.leave(qs["b"])
	check("a", "b", "c")
	g.yield(qs["a"])
	check("a", "b", "c", "d")
	g.yield(qs["a"])
	g.yield(qs["b"])
	g.yield(qs["d"])
	if g.free != 2 {
		t.Errorf("%d places are free at the end", g.free)
	}
}

// A part that is submitted takes no place while another of its target is not: what
// is submitted then would wait for the place, and the other part for what is.
func TestWindow(t *testing.T) {
	qs := gateRequests("abcd")
	order := []*request{qs["a"], qs["b"], qs["c"], qs["d"]}
	output := []*output.Export{{}}
	qs["a"].exports, qs["b"].exports, qs["d"].exports = output, output, output
	late := &assembly{parts: []*request{qs["b"], qs["c"], qs["d"]}} // c has no output, and is submitted with what has none
	for _, q := range late.parts {
		q.of = late
	}
	r := &run{gate: newGate(order, 1), staggered: true, assemblies: []*assembly{qs["a"].of, late}}
	r.gate.open = true
	r.opt.InFlight = 2
	var jobs []*job
	for _, q := range order {
		jobs = append(jobs, &job{requests: []*request{q}})
	}
	w := r.newWindow(jobs)
	if first := w.order(jobs)[0]; first != jobs[2] {
		t.Error("what need not wait is not submitted first")
	}
	if left := w.enter(t.Context(), jobs[2]); left == nil {
		t.Fatal("a job without outputs has to wait")
	}
	r.gate.load(qs["c"], gateway.NewResult(), func() {})
	left := w.enter(t.Context(), jobs[0])
	r.gate.load(qs["a"], gateway.NewResult(), func() {})
	if got := admitted(qs); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("admitted %v", got)
	}
	r.gate.leave(qs["a"])
	r.gate.yield(qs["a"])
	if got := admitted(qs); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("admitted %v while a part is outside", got)
	}
	left()
	w.enter(t.Context(), jobs[1])
	w.enter(t.Context(), jobs[3])
	if got := admitted(qs); !slices.Equal(got, []string{"a", "c"}) {
		t.Fatalf("admitted %v when all parts were submitted", got)
	}
}

func TestGateWithoutLimit(t *testing.T) {
	qs := gateRequests("abc", "ac")
	g := newGate([]*request{qs["a"], qs["b"], qs["c"]}, 0)
	for _, q := range g.waiting[:3:3] {
		g.load(q, gateway.NewResult(), func() {})
	}
	if got := admitted(qs); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("admitted %v", got)
	}
}

func TestBarrier(t *testing.T) {
	b := newBarrier(2)
	b.arrive()
	select {
	case <-b.open:
		t.Fatal("open after one of two")
	default:
	}
	b.arrive()
	if err := b.wait(t.Context()); err != nil {
		t.Error(err)
	}
	if err := newBarrier(0).wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAssign(t *testing.T) {
	n := &node.Node{}
	make := func(tweak func(*request)) *request {
		q := &request{node: n, credentials: &credential.Credentials{}, inputs: &input.Inputs{Dockerfile: &dockerfile.File{}}}
		tweak(q)
		return q
	}
	plain := func(*request) {}
	requests := []*request{
		make(plain), make(plain),
		make(func(q *request) { q.exports = []*output.Export{{}} }),
		make(func(q *request) { q.credentials.Secrets = map[string]credential.Secret{"s": {Env: "A"}} }),
		make(func(q *request) { q.entitlements = []string{"network.host"} }),
		make(plain),
	}
	jobs := assign(requests, &Options{})
	var sizes []int
	for _, j := range jobs {
		sizes = append(sizes, len(j.requests))
	}
	if !slices.Equal(sizes, []int{3, 1, 1, 1}) {
		t.Errorf("jobs carry %v requests", sizes)
	}
	if got := len(assign(requests, &Options{Metadata: true})); got != len(requests) {
		t.Errorf("with metadata there are %d jobs for %d requests", got, len(requests))
	}
}

// Only what is cancelled because the run ended is an echo of another failure.
func TestFail(t *testing.T) {
	ended := false
	var stopped error
	r := &run{ended: func() bool { return ended }, stop: func(err error) { stopped, ended = err, true }}
	requests := []*request{{target: &bake.Target{Name: "a"}}, {target: &bake.Target{Name: "b"}}, {target: &bake.Target{Name: "c"}}, {target: &bake.Target{Name: "d"}}, {target: &bake.Target{Name: "e"}}}
	r.fail(requests[0], context.Canceled) // by the engine, for reasons of its own
	if stopped == nil || r.first == nil || requests[0].outcome.echo {
		t.Errorf("the run goes on after %v", requests[0].outcome.err)
	}
	r.fail(requests[1], context.Canceled)
	if !requests[1].outcome.echo || r.first.Error() != "target a: context canceled" {
		t.Errorf("first failure is %v", r.first)
	}
	r.fail(requests[2], errors.New("a failure at the same time"))
	if requests[2].outcome.echo || r.first != requests[0].outcome.err {
		t.Error("a second failure was taken for an echo or for the first")
	}
	r.opt.Retries = 1
	r.fail(requests[3], syscall.ECONNRESET)
	r.fail(requests[4], retry.Exhausted(syscall.ECONNRESET, 2))
	if !requests[3].outcome.echo || requests[4].outcome.echo {
		t.Error("what would have been tried again is a failure, or what was tried often enough is none")
	}
}

// The parts of a target share one place, and keep it until all have yielded it.
func TestGateParts(t *testing.T) {
	qs := gateRequests("abcd", "ac", "bd")
	parts := func(names string) {
		a := &assembly{}
		for _, n := range names {
			qs[string(n)].of = a
			a.parts = append(a.parts, qs[string(n)])
		}
	}
	parts("ab")
	parts("cd")
	g := newGate([]*request{qs["a"], qs["b"], qs["c"], qs["d"]}, 1)
	for _, n := range []string{"a", "b", "c", "d"} {
		g.load(qs[n], gateway.NewResult(), func() {})
	}
	for _, step := range []struct{ leaves, admitted string }{{"", "ab"}, {"a", "ab"}, {"b", "abcd"}, {"c", "abcd"}, {"d", "abcd"}} {
		if step.leaves != "" {
			g.leave(qs[step.leaves])
			g.yield(qs[step.leaves])
		}
		if got := strings.Join(admitted(qs), ""); got != step.admitted {
			t.Errorf("after %q: %s admitted, want %s", step.leaves, got, step.admitted)
		}
	}
	if g.free != 1 {
		t.Errorf("%d places are free at the end", g.free)
	}
}
