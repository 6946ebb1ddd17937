package output

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"bake/bake/submit/host"

	"github.com/moby/buildkit/client"
)

// Conflicts finds the files that several targets write, each its own, into a
// directory that they share. What the directory holds is left to chance then.
type Conflicts struct {
	Shared map[*Export]bool // what writes into such a directory
	Seed   maphash.Seed

	mu    sync.Mutex
	files map[string][]writing // by path
}

// OfTarget is an export of a target, which has its place in the plan.
type OfTarget struct {
	*Export
	Index  int // of the target
	Target string
}

// writing is a file as one target wrote it.
type writing struct {
	by  OfTarget
	sum uint64
}

// NewConflicts looks for the outputs that share a directory: one that is the
// same as that of another target, or lies in it.
func NewConflicts(outputs []OfTarget) *Conflicts {
	type place struct {
		dir string
		by  OfTarget
	}
	var places []place
	for _, o := range outputs {
		if o.Type == client.ExporterLocal {
			places = append(places, place{below(o.OutputDir), o})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.dir, b.dir) })
	o := &Conflicts{Shared: map[*Export]bool{}, Seed: maphash.MakeSeed(), files: map[string][]writing{}}
	for len(places) > 0 {
		first, n, several := places[0], 1, false
		for n < len(places) && strings.HasPrefix(places[n].dir, first.dir) {
			several = several || places[n].by.Index != first.by.Index
			n++
		}
		for _, p := range places[:n] {
			o.Shared[p.by.Export] = several
		}
		places = places[n:]
	}
	return o
}

// below is what the paths of all that is in a directory begin with.
func below(dir string) string {
	return strings.TrimSuffix(dir, string(filepath.Separator)) + string(filepath.Separator)
}

// Note remembers what an output has written: its files with their contents.
func (o *Conflicts) Note(by OfTarget, files []Received) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range files {
		name := filepath.Join(by.OutputDir, f.Path)
		others := slices.DeleteFunc(o.files[name], func(w writing) bool { return w.by.Index == by.Index }) // before a retry
		o.files[name] = append(others, writing{by, f.Sum})
	}
}

// Warnings are one sentence for each two targets that wrote different files of
// one name, in the order of the plan.
func (o *Conflicts) Warnings(dir string) []string {
	type pair struct{ first, second int }
	found, target := map[pair][]string{}, map[int]string{}
	for name, all := range o.files {
		for i, a := range all {
			for _, b := range all[i+1:] {
				if a.sum == b.sum {
					continue
				}
				p := pair{min(a.by.Index, b.by.Index), max(a.by.Index, b.by.Index)}
				target[a.by.Index], target[b.by.Index] = a.by.Target, b.by.Target
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
	if rel, err := filepath.Rel(host.Place(dir, "."), name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}

// Received is something that the engine has sent.
type Received struct {
	Path string
	Sum  uint64 // equal for what is the same but for owner, mode and time
	Dir  bool
	Link string // the path of the file that this is a hard link to
}
