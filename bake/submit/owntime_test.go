package submit

import (
	"testing"
	"time"

	"bake/bake/submit/progress"
	"bake/bake/submit/vertex"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

func at(seconds int) time.Time { return time.Unix(int64(seconds), 0) }

// A target is charged for what it needs, once, and not for its links nor for
// the time in which it waited.
func TestOwnTime(t *testing.T) {
	p := progress.New(nil, nil, true)
	job, passed := p.Stream(progress.Job{Owners: []progress.Owner{{Target: "app"}}, Vertex: func(d digest.Digest) digest.Digest { return d }, Saw: func(digest.Digest) {}})
	ran := func(name string, from, to int) digest.Digest {
		d := digest.FromString(name)
		start, end := at(from), at(to)
		job <- &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: d, Started: &start}}}
		job <- &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: d, Started: &start, Completed: &end}}}
		job <- &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: d, Started: &start, Completed: &end}}} // another job tells it again
		return d
	}
	base := &request{steps: []vertex.Step{{Shown: ran("base", 0, 100)}}}
	app := &request{
		steps:    []vertex.Step{{Shown: digest.FromString("base")}, {Shown: ran("compile", 200, 230)}, {Shown: ran("shared", 220, 240)}},
		links:    []link{{producer: base}},
		reported: map[digest.Digest]bool{ran("exporting", 300, 305): true, digest.FromString("base"): true},
	}
	close(job)
	passed()
	r := &run{progress: p}
	if got := r.ownTime(base); got != 100*time.Second {
		t.Errorf("base took %s", got)
	}
	if got := r.ownTime(app); got != 45*time.Second {
		t.Errorf("app took %s, want 45s", got)
	}
}
