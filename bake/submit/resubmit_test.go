package submit

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"bake/bake/submit/node"

	"github.com/docker/buildx/builder"
)

// Of two requests of a job that fail at once, both may pass, or one that ends
// because of the other: none has failed when the job is to be submitted again.
func TestPostpone(t *testing.T) {
	hiccup := syscall.ECONNRESET
	for _, c := range []struct {
		name          string
		retries       int
		first, second error
		one, other    bool // is postponed
	}{
		{"both", 1, hiccup, hiccup, true, true},
		{"echo", 1, hiccup, context.Canceled, true, true},
		{"lasting", 1, hiccup, errors.New("no such file"), true, false},
		{"no tries", 0, hiccup, hiccup, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &node.Node{Node: builder.Node{}}
			j := &job{node: n, requests: []*request{{node: n}, {node: n}}}
			r := &run{opt: Options{Retries: c.retries}}
			if got := r.postpone(t.Context(), j, j.requests[0], c.first); got != c.one {
				t.Errorf("the first is postponed: %v", got)
			}
			if got := r.postpone(t.Context(), j, j.requests[1], c.second); got != c.other {
				t.Errorf("the second is postponed: %v", got)
			}
			if c.one && j.tries.blamed != j.requests[0] {
				t.Error("the first is not blamed")
			}
		})
	}
}
