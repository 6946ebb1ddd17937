package build

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
)

// overwritten finds the files that several targets write, each its own, into a
// directory that they share. What the directory holds is left to chance then.
type overwritten struct {
	shared map[*export]bool // what writes into such a directory
	seed   maphash.Seed

	mu    sync.Mutex
	files map[string][]writing // by path
}

// targetOutput is an export of a target, which has its place in the plan.
type targetOutput struct {
	*export
	index  int // of the target
	target string
}

// writing is a file as one target wrote it.
type writing struct {
	by  targetOutput
	sum uint64
}

// newOverwritten looks for the outputs that share a directory: one that is the
// same as that of another target, or lies in it.
func newOverwritten(outputs []targetOutput) *overwritten {
	type place struct {
		dir string
		by  targetOutput
	}
	var places []place
	for _, o := range outputs {
		if o.Type == client.ExporterLocal {
			places = append(places, place{below(o.OutputDir), o})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.dir, b.dir) })
	o := &overwritten{shared: map[*export]bool{}, seed: maphash.MakeSeed(), files: map[string][]writing{}}
	for len(places) > 0 {
		first, n, several := places[0], 1, false
		for n < len(places) && strings.HasPrefix(places[n].dir, first.dir) {
			several = several || places[n].by.index != first.by.index
			n++
		}
		for _, p := range places[:n] {
			o.shared[p.by.export] = several
		}
		places = places[n:]
	}
	return o
}

// below is what the paths of all that is in a directory begin with.
func below(dir string) string {
	return strings.TrimSuffix(dir, string(filepath.Separator)) + string(filepath.Separator)
}

// note remembers what an output has written: its files with their contents.
func (o *overwritten) note(by targetOutput, files []received) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range files {
		name := filepath.Join(by.OutputDir, f.path)
		others := slices.DeleteFunc(o.files[name], func(w writing) bool { return w.by.index == by.index }) // before a retry
		o.files[name] = append(others, writing{by, f.sum})
	}
}

// warnings are one sentence for each two targets that wrote different files of
// one name, in the order of the plan.
func (o *overwritten) warnings(dir string) []string {
	type pair struct{ first, second int }
	found, target := map[pair][]string{}, map[int]string{}
	for name, all := range o.files {
		for i, a := range all {
			for _, b := range all[i+1:] {
				if a.sum == b.sum {
					continue
				}
				p := pair{min(a.by.index, b.by.index), max(a.by.index, b.by.index)}
				target[a.by.index], target[b.by.index] = a.by.target, b.by.target
				found[p] = append(found[p], name)
			}
		}
	}
	var out []string
	for _, p := range slices.SortedFunc(maps.Keys(found), func(a, b pair) int {
		return cmp.Or(a.first-b.first, a.second-b.second)
	}) {
		what := relative(dir, slices.Min(found[p]))
		if more := len(found[p]) - 1; more > 0 {
			what += fmt.Sprintf(" (and %d more)", more)
		}
		out = append(out, fmt.Sprintf("%s and %s both wrote %s, not with the same content: which is there now is left to chance (give each its own dest)",
			target[p.first], target[p.second], what))
	}
	return out
}

// relative is a path as seen from dir, if it lies in it.
func relative(dir, name string) string {
	if rel, err := filepath.Rel(abs(dir, "."), name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}

// received is something that the engine has sent.
type received struct {
	path string
	sum  uint64 // equal for what is the same but for owner, mode and time
	dir  bool
	link string // the path of the file that this is a hard link to
}
