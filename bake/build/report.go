package build

import (
	"errors"
	"slices"
	"time"

	"bake/bake"
	"bake/bake/build/release"

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
	Warnings []string        // about the run as a whole
	Version  string          // of bake
	Builder  BuilderReport   // that it was built on
	Release  *release.Record // that was not finished, nil if there is none

	env bake.Env
}

// TargetReport is what happened to one target.
type TargetReport struct {
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
	for _, a := range r.assemblies {
		r.fill(&out.Targets[a.index], a)
	}
	return out
}

// fill reports the outcome of a target.
func (r *run) fill(t *TargetReport, a *assembly) {
	built := a.built()
	done, ran := len(built) > 0, false
	for _, q := range built {
		t.Call = q.call
		done = done && q.outcome.done
		if q.outcome.started.IsZero() {
			continue
		}
		t.add(q)
		if q.call == "" {
			ran = r.countSteps(t, q) || ran
		}
	}
	if t.Started.IsZero() && a.err == nil {
		return
	}
	t.Duration = r.ownTime(built...)
	t.Result, t.Err = a.result(done, ran)
	if t.Result == Skipped {
		t.Started, t.Finished, t.Duration = time.Time{}, time.Time{}, 0
	}
	if len(built) > 0 && t.Call == "" {
		t.Warnings = r.progress.warningsOf(built[0])
		t.Manifests = built[0].of.manifests
	}
	if done {
		t.made(a)
	}
}

// made reports what a target has made, or the answer if it was asked.
func (t *TargetReport) made(a *assembly) {
	q := a.built()[0]
	if q.result != nil {
		t.Message = string(q.result.Metadata[inlineMessage])
	}
	if q.call != "" {
		t.Exporter, t.Message = q.answer, q.answer[inlineMessage]
		return
	}
	t.Exporter = q.of.response()
	t.Ref = t.Exporter[metadataRef]
	t.Digest = t.Exporter[exptypes.ExporterImageDigestKey]
	for _, e := range a.parts[0].exports {
		if e.where != "" && !slices.Contains(t.Where, e.where) {
			t.Where = append(t.Where, e.where)
		}
		t.Outputs = append(t.Outputs, e.report())
	}
}

// add makes t include a part of the target.
func (t *TargetReport) add(q *request) {
	end := q.outcome.finished
	if end.IsZero() {
		end = time.Now()
	}
	if t.Started.IsZero() || q.outcome.started.Before(t.Started) {
		t.Started = q.outcome.started
	}
	if end.After(t.Finished) {
		t.Finished = end
	}
	phase := q.phase.Load()
	t.Begun = t.Begun || phase == phaseBuild || phase == phaseExport
	if q.inner {
		return
	}
	if t.Node != "" {
		t.Node += ","
	}
	t.Node += q.node.Name
	if q.call != "" {
		return
	}
	t.Platforms = appendNew(t.Platforms, builtPlatforms(q, imageOf(q.outcome.response))...)
}

// result is the result of the target and, if it was not built, the reason.
func (a *assembly) result(done, ran bool) (Result, error) {
	err, echo := a.failure()
	var skip *skippedError
	switch {
	case done && a.parts[0].call != "":
		return Answered, nil
	case done && ran:
		return Built, nil
	case done:
		return Cached, nil
	case errors.As(err, &skip):
		return Skipped, skip
	case err != nil && !echo:
		return Failed, err
	}
	return Canceled, nil
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
