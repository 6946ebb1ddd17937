package build

import (
	"errors"
	"slices"
	"time"

	"bake/bake"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
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

// Good reports whether all that was asked for was done.
func (r Result) Good() bool { return r == Built || r == Cached || r == Answered }

// inlineMessage is the part of a result that a frontend wants people to read.
const inlineMessage = "frontend.result.inlinemessage"

// Report is what happened to every target of a plan, in its order.
type Report struct {
	Targets  []TargetReport
	Started  time.Time
	Duration time.Duration
	Warnings []string      // about the run as a whole
	Version  string        // of bake
	Builder  BuilderReport // that it was built on

	env bake.Env
}

// TargetReport is what happened to one target.
type TargetReport struct {
	Name      string
	Result    Result
	Err       error             // why it failed or was skipped
	Started   time.Time         // when it was submitted
	Finished  time.Time         // when its outputs were written, or it ended otherwise
	Duration  time.Duration     // of its own steps and outputs, see ownTime
	Digest    string            // of the image or index, empty without an image
	Where     []string          // where its outputs went: "out/app.tar", "pushed 127.0.0.1:5000/a:1"
	Outputs   []Output          // the same for programs
	Node      string            // of the builder
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

// newReport is the report of a plan of which nothing was tried.
func newReport(p *bake.Plan, started time.Time, err error) *Report {
	out := &Report{Started: started, Duration: time.Since(started)}
	for _, t := range p.Targets {
		out.Targets = append(out.Targets, TargetReport{Name: t.Name, Result: Skipped})
	}
	blame(out, err)
	return out
}

// blame marks the target that err is about as failed.
func blame(report *Report, err error) {
	failure, ok := err.(*TargetError)
	if !ok {
		return
	}
	for n := range report.Targets {
		if t := &report.Targets[n]; t.Name == failure.Target {
			t.Result, t.Err = Failed, failure
		}
	}
}

// report sums up the run.
func (r *run) report(started time.Time, err error) *Report {
	out := newReport(r.plan, started, err)
	out.env, out.Version = r.opt.Env, r.opt.Version
	r.progress.mu.Lock()
	defer r.progress.mu.Unlock()
	out.Warnings = append(out.Warnings, r.progress.warnings...)
	for _, q := range append(slices.Clone(r.requests), r.unbuilt...) {
		for _, as := range append([]*request{q}, q.same...) {
			r.fill(&out.Targets[as.index], q, as)
		}
	}
	return out
}

// fill reports the outcome of q for one of the targets that it stands for.
func (r *run) fill(t *TargetReport, q, as *request) {
	o := q.outcome
	if o.started.IsZero() {
		return
	}
	t.Started, t.Finished, t.Duration = o.started, o.finished, r.ownTime(q)
	if t.Finished.IsZero() {
		t.Finished = time.Now()
	}
	if q.node != nil {
		t.Node = q.node.Name
	}
	t.Call = q.call
	ran := false
	image := imageOf(o.response)
	if q.call == "" {
		t.Warnings = r.progress.warningsOf(q)
		t.Platforms, t.Manifests = builtPlatforms(q, image), o.manifests
		ran = r.countSteps(t, q)
	}
	var skip *skippedError
	switch {
	case o.done && q.call != "":
		t.Result = Answered
	case o.done && ran:
		t.Result = Built
	case o.done:
		t.Result = Cached
	case errors.As(o.err, &skip):
		t.Result, t.Err = Skipped, skip
		t.Started, t.Finished, t.Duration = time.Time{}, time.Time{}, 0
	case o.err != nil && !o.echo:
		t.Result, t.Err = Failed, o.err
	default:
		t.Result = Canceled
	}
	if !o.done {
		return
	}
	if q.result != nil {
		t.Message = string(q.result.Metadata[inlineMessage])
	}
	if q.call != "" {
		t.Exporter, t.Message = q.answer, q.answer[inlineMessage]
		return
	}
	t.Exporter, t.Ref = o.response, o.response[metadataRef]
	t.Digest = o.response[exptypes.ExporterImageDigestKey]
	for _, e := range as.exports {
		if e.where != "" && !slices.Contains(t.Where, e.where) {
			t.Where = append(t.Where, e.where)
		}
		t.Outputs = append(t.Outputs, e.report())
	}
}

// countSteps counts the steps of q, without those of the targets it links to,
// and reports whether any of them ran. A step that the engine never mentions
// was not needed, as what follows was cached.
func (r *run) countSteps(t *TargetReport, q *request) (ran bool) {
	linked := map[digest.Digest]bool{}
	for _, l := range q.links {
		for _, s := range l.producer.steps {
			linked[s.shown] = true
		}
	}
	for _, s := range q.steps {
		if !s.work || linked[s.shown] {
			continue
		}
		t.Steps++
		v, seen := r.progress.vertices[s.shown]
		if !seen || v.Cached {
			t.Cached++
			continue
		}
		ran = true
	}
	return ran
}
