package report

import (
	"time"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/release"

	"github.com/moby/buildkit/client"
)

// Result is what became of a target.
type Result string

// The results of a target.
const (
	Built    Result = "built"    // at least one step ran
	Cached   Result = "cached"   // every step came from the cache
	Answered Result = "answered" // the frontend answered the call, and nothing was built
	Failed   Result = "failed"   // it could not be built or exported
	Skipped  Result = "skipped"  // it was not tried
	Canceled Result = "canceled" // it was interrupted, by the user or by another failure
)

// Good reports whether the target is made. Its outputs may be missing: see
// Target.Complete.
func (r Result) Good() bool { return r == Built || r == Cached || r == Answered }

// InlineMessage is the part of a result that a frontend wants people to read.
const InlineMessage = "frontend.result.inlinemessage"

// Report is what happened to every target of a plan, in its order.
type Report struct {
	Targets  []Target
	Started  time.Time
	Duration time.Duration
	Warnings []string        // about the run as a whole
	Version  string          // of bake
	Builder  Builder         // that it was built on
	Release  *release.Record // that was not finished, nil if there is none

	Env bake.Env
}

// Target is what happened to one target.
type Target struct {
	Name      string
	Result    Result
	Err       error             // why it failed or was skipped
	Begun     bool              // its turn came: its steps were run, or their results looked for
	Started   time.Time         // when it was submitted
	Finished  time.Time         // when its outputs were written, or it ended otherwise
	Duration  time.Duration     // of its own steps and outputs, see ownTime
	Digest    string            // of the image or index, empty without an image
	Where     []string          // where its outputs went: "out/app.tar", "pushed 127.0.0.1:5000/a:1"
	Outputs   []Output          // the same for programs
	Unwritten []Output          // those that a target that was built lacks: the run ended before
	Node      string            // of the builder; several, comma separated, if they shared the target
	Platforms []string          // of the result, as far as they are known
	Manifests []Manifest        // of an index, if metadata was asked for
	Steps     int               // how many steps it has
	Cached    int               // how many of them came from the cache
	Ref       string            // builder/node/id of the record of the build
	Exporter  map[string]string // what the exporters said, or the frontend to a call
	Message   string            // what the frontend wants people to read
	Call      string            // what the frontend was asked, empty if the target was to be built
	Warnings  []client.VertexWarning
}

// Complete reports whether all that was asked for was done.
func (t *Target) Complete() bool { return t.Result.Good() && len(t.Unwritten) == 0 }

// New is the report of a plan of which nothing was tried.
func New(p *bake.Plan, started time.Time, err error) *Report {
	out := &Report{Started: started, Duration: time.Since(started)}
	for _, t := range p.Targets {
		out.Targets = append(out.Targets, Target{Name: t.Name, Result: Skipped})
	}
	markFailed(out, err)
	return out
}

// markFailed marks the target that err is about as failed.
func markFailed(report *Report, err error) {
	failure, ok := err.(*failure.TargetError)
	if !ok {
		return
	}
	for n := range report.Targets {
		if t := &report.Targets[n]; t.Name == failure.Target {
			t.Result, t.Err = Failed, failure
		}
	}
}
