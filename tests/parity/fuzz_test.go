package parity

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// generated is how many random programs every test run compares.
const generated = 2000

// TestGenerated compares both sides on random programs: the same ones each
// time, and new ones for BAKE_FUZZ_TIME (such as 10m) when that is set.
func TestGenerated(t *testing.T) {
	var next, equal, bothFail, failed atomic.Int64
	deadline := time.Time{}
	if text := os.Getenv("BAKE_FUZZ_TIME"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		deadline = time.Now().Add(d)
		next.Store(time.Now().Unix() << 20)
	}
	first := next.Load()
	more := func(seed int64) bool {
		if !deadline.IsZero() {
			return time.Now().Before(deadline)
		}
		return seed < first+generated
	}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := next.Add(1) - 1; more(seed) && failed.Load() < 10; seed = next.Add(1) - 1 {
				p := generate(uint64(seed))
				theirs, _, same := comparePrograms(t, p)
				switch {
				case !same:
					failed.Add(1)
					p = shrink(t, p)
					theirs, mine, _ := comparePrograms(t, p)
					t.Errorf("seed %d: - buildx, + bake\n%s\n%s", seed, p, diff(theirs, mine))
				case theirs.failed():
					bothFail.Add(1)
				default:
					equal.Add(1)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("parity: %d random programs from seed %d: %d equal, %d both fail", equal.Load()+bothFail.Load()+failed.Load(), first, equal.Load(), bothFail.Load())
	if equal.Load() < 2*bothFail.Load() {
		t.Errorf("too many random programs fail on both sides to prove anything")
	}
}

// FuzzGenerated lets the fuzzing engine choose the seeds.
func FuzzGenerated(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		p := generate(seed)
		if theirs, mine, same := comparePrograms(t, p); !same {
			t.Errorf("- buildx, + bake\n%s\n%s", p, diff(theirs, mine))
		}
	})
}

func comparePrograms(t *testing.T, p *program) (theirs, mine answer, same bool) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	r, err := p.write(dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	theirs, mine = peer.ask(r), askOurs(r)
	same = sameAnswer(theirs, mine) || sameButOrder(theirs, mine, peer.matrix(r))
	return theirs, mine, same
}

// shrink removes pieces of a program as long as both sides still differ.
func shrink(t *testing.T, p *program) *program {
	differs := func(p *program) bool {
		_, _, same := comparePrograms(t, p)
		return !same
	}
	for smaller := true; smaller; {
		smaller = false
		for _, q := range p.smaller() {
			if differs(q) {
				p, smaller = q, true
				break
			}
		}
	}
	return p
}

// smaller are the programs with one piece less.
func (p *program) smaller() []*program {
	var out []*program
	for i := range p.args {
		out = append(out, p.with(func(q *program) { q.args = slices.Delete(q.args, i, i+1) }))
	}
	for i := range len(p.args) - 1 {
		out = append(out, p.with(func(q *program) { q.args = slices.Delete(q.args, i, i+2) }))
	}
	for name := range p.env {
		out = append(out, p.with(func(q *program) { delete(q.env, name) }))
	}
	for i, f := range p.files {
		for j, b := range f.blocks {
			out = append(out, p.with(func(q *program) { q.files[i].blocks = slices.Delete(q.files[i].blocks, j, j+1) }))
			for k := range b.attrs {
				out = append(out, p.with(func(q *program) {
					q.files[i].blocks[j].attrs = slices.Delete(q.files[i].blocks[j].attrs, k, k+1)
				}))
			}
		}
	}
	return out
}

// with is a copy of the program with a change.
func (p *program) with(change func(*program)) *program {
	q := &program{env: map[string]string{}, args: slices.Clone(p.args)}
	for name, value := range p.env {
		q.env[name] = value
	}
	for _, f := range p.files {
		copied := &programFile{name: f.name, json: f.json}
		for _, b := range f.blocks {
			copied.blocks = append(copied.blocks, &programBlock{head: b.head, attrs: slices.Clone(b.attrs)})
		}
		q.files = append(q.files, copied)
	}
	change(q)
	return q
}
