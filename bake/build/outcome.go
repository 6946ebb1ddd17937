package build

import (
	"errors"
	"slices"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
)

// outputOf says where e went, in the words of definitions.
func outputOf(e *export) Output {
	o := Output{Type: e.Type, Names: e.names, Push: e.push, Load: e.load}
	switch {
	case e.Type == mobyExporter:
		o.Type = client.ExporterImage
	case e.Type != client.ExporterImage && !e.load:
		o.Dest = e.where
	}
	return o
}

// report sums up the run.
func (r *run) report(started time.Time, err error) *Report {
	out := newReport(r.plan, started, err)
	out.env, out.Version = r.opt.Env, r.opt.Version
	out.Warnings = append(out.Warnings, r.progress.runWarnings()...)
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
		addPart(t, q)
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
		t.Warnings = r.progress.warningsOf(built[0].target.Name)
		t.Manifests = built[0].of.manifests
	}
	if done {
		addMade(t, a)
	}
}

// addMade reports what a target has made, or the answer if it was asked.
func addMade(t *TargetReport, a *assembly) {
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
		t.Outputs = append(t.Outputs, outputOf(e))
	}
}

// addPart makes t include a part of the target.
func addPart(t *TargetReport, q *request) {
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
	linked := q.linkedSteps()
	for _, s := range q.steps {
		if !s.work || linked[s.shown] {
			continue
		}
		t.Steps++
		v, seen := r.progress.state(s.shown)
		if !seen || v.Cached {
			t.Cached++
			continue
		}
		ran = true
	}
	return ran
}

// outcome is what became of a request.
type outcome struct {
	started, finished time.Time
	err               error
	echo              bool              // err only says that the run was ended
	response          map[string]string // what the exporters said
	done              bool
}

// ownTime is how long the steps took that the parts of a target need: those of
// its own, its context and its outputs, at whichever target's cost they ran, but
// not those of the targets that it links to. Where steps ran at the same time, that time
// counts once; what it waited for its turn or for others does not count.
//
// Only the engine's clock is used, so that another machine's may be wrong.
func (r *run) ownTime(parts ...*request) time.Duration {
	var own []digest.Digest
	for _, q := range parts {
		others := q.linkedSteps()
		add := func(d digest.Digest) {
			if !others[d] {
				own = append(own, d)
			}
		}
		for _, s := range q.steps {
			add(s.shown)
		}
		for d := range q.reported {
			add(d)
		}
	}
	return r.progress.took(own)
}

// linkedSteps are the vertices of the targets that q links to.
func (q *request) linkedSteps() map[digest.Digest]bool {
	out := map[digest.Digest]bool{}
	for _, l := range q.links {
		for _, s := range l.producer.steps {
			out[s.shown] = true
		}
	}
	return out
}
