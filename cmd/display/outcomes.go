package display

import (
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

	"bake/bake/submit/report"
)

// Results shows at the end of the progress what became of each target of a run
// that went on after a failure, in the form that programs look for:
//
//	#9 [internal] target results
//	#9 app: succeeded done
//	#9 web: failed done
//
// That the run was interrupted is an error there. On a terminal the summary below
// it says the same and more.
func (d *Display) Results(outcome *report.Report, interrupted bool) {
	if d.drawn || outcome == nil || len(outcome.Targets) < 2 || !tried(outcome) {
		return
	}
	const name = "[internal] target results"
	now := time.Now()
	step := &client.Vertex{Digest: digest.FromString(name), Name: name, Started: &now, Completed: &now}
	if interrupted {
		step.Error = "got SIGTERM/SIGINT, forcing shutdown"
	}
	s := &client.SolveStatus{Vertexes: []*client.Vertex{step}}
	for i := range outcome.Targets {
		t := &outcome.Targets[i]
		word := outcomeWord(t)
		s.Statuses = append(s.Statuses, &client.VertexStatus{
			ID: t.Name + ": " + word, Name: word, Vertex: step.Digest,
			Timestamp: now, Started: &now, Completed: &now,
		})
	}
	d.Update(s)
}

// tried reports whether the run got as far as its targets.
func tried(outcome *report.Report) bool {
	for _, t := range outcome.Targets {
		if t.Result != report.Skipped {
			return true
		}
	}
	return false
}

// outcomeWord is the result of a target in the words that programs look for.
func outcomeWord(t *report.Target) string {
	switch {
	case t.Complete():
		return "succeeded"
	case t.Result == report.Failed:
		return "failed"
	case t.Result == report.Skipped && t.Err != nil, t.Result == report.Canceled && t.Begun, len(t.Unwritten) > 0:
		return "aborted" // for what it needs, or by an interruption
	}
	return "not started"
}
