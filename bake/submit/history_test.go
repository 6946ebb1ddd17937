package submit

import (
	"fmt"
	"testing"

	"bake/bake"
)

func TestJobNames(t *testing.T) {
	j := &job{}
	for n, want := range []string{"t0", "t0, t1", "t0, t1, t2", "t0, t1, t2 and 1 more", "t0, t1, t2 and 2 more"} {
		j.requests = append(j.requests, &request{target: &bake.Target{Name: fmt.Sprint("t", n)}})
		if got := j.name(); got != want {
			t.Errorf("%d targets are %q, want %q", n+1, got, want)
		}
	}
}
