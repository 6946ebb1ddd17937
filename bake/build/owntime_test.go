package build

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

func at(seconds int) time.Time { return time.Unix(int64(seconds), 0) }

func TestCovered(t *testing.T) {
	for _, tt := range []struct {
		spans []span
		want  time.Duration
	}{
		{nil, 0},
		{[]span{{at(1), at(3)}}, 2},
		{[]span{{at(5), at(6)}, {at(1), at(3)}}, 3},
		{[]span{{at(1), at(4)}, {at(2), at(3)}, {at(3), at(6)}}, 5},
		{[]span{{at(1), at(4)}, {at(1), at(4)}}, 3},
		{[]span{{at(4), at(1)}}, 0}, // a clock that was set back
	} {
		if got := covered(tt.spans); got != tt.want*time.Second {
			t.Errorf("%v: %s, want %ds", tt.spans, got, tt.want)
		}
	}
}

// A target is charged for what it needs, once, and not for its links nor for
// the time in which it waited.
func TestOwnTime(t *testing.T) {
	p := newProgress(nil, nil, true)
	ran := func(name string, from, to int) digest.Digest {
		d := digest.FromString(name)
		start, end := at(from), at(to)
		p.timed(&client.Vertex{Digest: d, Started: &start})
		p.timed(&client.Vertex{Digest: d, Started: &start, Completed: &end})
		p.timed(&client.Vertex{Digest: d, Started: &start, Completed: &end}) // another job tells it again
		return d
	}
	base := &request{steps: []step{{shown: ran("base", 0, 100)}}}
	app := &request{
		steps:    []step{{shown: digest.FromString("base")}, {shown: ran("compile", 200, 230)}, {shown: ran("shared", 220, 240)}},
		links:    []link{{producer: base}},
		reported: map[digest.Digest]bool{ran("exporting", 300, 305): true, digest.FromString("base"): true},
	}
	r := &run{progress: p}
	if got := r.ownTime(base); got != 100*time.Second {
		t.Errorf("base took %s", got)
	}
	if got := r.ownTime(app); got != 45*time.Second {
		t.Errorf("app took %s, want 45s", got)
	}
}
