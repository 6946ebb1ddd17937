package submit

import (
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"bake/bake/submit/failure"
	"bake/bake/submit/output"
	"bake/bake/submit/report"
	"bake/bake/submit/vertex"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
)

// outputOf says where e went, in the words of definitions.
func outputOf(e *output.Export) report.Output {
	o := report.Output{Type: e.Type, Names: e.Names, Push: e.Push, Load: e.Load}
	switch {
	case e.Type == output.MobyExporter:
		o.Type = client.ExporterImage
	case e.Type != client.ExporterImage && !e.Load:
		o.Dest = e.Where
	}
	return o
}

// report sums up the run.
func (r *run) report(started time.Time, err error) *report.Report {
	out := report.New(r.plan, started, err)
	out.Env, out.Version = r.opt.Env, r.opt.Version
	out.Warnings = append(out.Warnings, r.progress.RunWarnings()...)
	for _, a := range r.assemblies {
		r.fill(&out.Targets[a.index], a)
	}
	return out
}

// fill reports the outcome of a target.
func (r *run) fill(t *report.Target, a *assembly) {
	built := a.built()
	done, made, ran := len(built) > 0, len(built) > 0, false
	for _, q := range built {
		t.Call = q.call
		done, made = done && q.outcome.done, made && q.outcome.made
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
	t.Result, t.Err = a.result(done, made, ran)
	if t.Result == report.Skipped {
		t.Started, t.Finished, t.Duration = time.Time{}, time.Time{}, 0
	}
	if len(built) > 0 && t.Call == "" {
		t.Warnings = r.progress.WarningsOf(built[0].target.Name)
		t.Manifests = built[0].of.manifests
	}
	switch {
	case done:
		addMade(t, a)
	case t.Result.Good():
		for _, e := range a.parts[0].exports {
			t.Unwritten = append(t.Unwritten, outputOf(e))
		}
	}
}

// addMade reports what a target has made, or the answer if it was asked.
func addMade(t *report.Target, a *assembly) {
	q := a.built()[0]
	if q.result != nil {
		t.Message = string(q.result.Metadata[report.InlineMessage])
	}
	if q.call != "" {
		t.Exporter, t.Message = q.answer, q.answer[report.InlineMessage]
		return
	}
	t.Exporter = q.of.response()
	t.Ref = t.Exporter[report.MetadataRef]
	t.Digest = t.Exporter[exptypes.ExporterImageDigestKey]
	for _, e := range a.parts[0].exports {
		if e.Where != "" && !slices.Contains(t.Where, e.Where) {
			t.Where = append(t.Where, e.Where)
		}
		t.Outputs = append(t.Outputs, outputOf(e))
	}
}

// addPart makes t include a part of the target.
func addPart(t *report.Target, q *request) {
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
	t.Platforms = appendNew(t.Platforms, builtPlatforms(q, report.ImageOf(q.outcome.response))...)
}

// result is the result of the target and, if it was not built or its outputs
// were held back, the reason. It is done if its outputs are written, made if it
// was built, and some of its steps may have run.
func (a *assembly) result(done, made, ran bool) (report.Result, error) {
	err, echo := a.failure()
	var why error
	if skip := (*failure.SkippedError)(nil); errors.As(err, &skip) {
		why = skip
	}
	switch {
	case done && a.parts[0].call != "":
		return report.Answered, nil
	case err != nil && !echo && why == nil:
		return report.Failed, err
	case made && ran:
		return report.Built, why
	case made:
		return report.Cached, why
	case why != nil:
		return report.Skipped, why
	}
	return report.Canceled, nil
}

// countSteps counts the steps of q, without those of the targets it links to,
// and reports whether any of them ran. A step that the engine never mentions
// was not needed, as what follows was cached.
func (r *run) countSteps(t *report.Target, q *request) (ran bool) {
	linked := q.linkedSteps()
	for _, s := range q.steps {
		if !s.Work || linked[s.Shown] {
			continue
		}
		t.Steps++
		v, seen := r.progress.State(s.Shown)
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
	made              bool              // it was built
	done              bool              // and its outputs are written
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
			add(s.Shown)
		}
		for d := range q.reported {
			add(d)
		}
	}
	return r.progress.Took(own)
}

// linkedSteps are the vertices of the targets that q links to.
func (q *request) linkedSteps() map[digest.Digest]bool {
	out := map[digest.Digest]bool{}
	for _, l := range q.links {
		for _, s := range l.producer.steps {
			out[s.Shown] = true
		}
	}
	return out
}

// loadVertices returns the vertices with which the frontend reads the
// Dockerfile and the ignore file of q. They are in no definition, and one job
// may load many targets, so their digests are all there is to tell which
// target they belong to. A frontend of another version may use others: its
// vertices are then shown without a target.
func (q *request) loadVertices(session string) []digest.Digest {
	var out []digest.Digest
	d := q.inputs.Dockerfile
	if q.definition != nil {
		return []digest.Digest{q.node.Vertex(vertex.Of(q.definition)[0].Shown)}
	}
	for _, l := range q.inputs.Locals {
		switch l.Plain {
		case "dockerfile":
			files := []string{d.Name, d.Name + ".dockerignore"}
			if path.Base(d.Name) == "Dockerfile" {
				files = append(files, path.Join(path.Dir(d.Name), strings.ToLower("Dockerfile")))
			}
			out = append(out, q.node.Vertex(vertex.Read(l, session, l.Key, files)))
		case "context":
			out = append(out, q.node.Vertex(vertex.Read(l, session, l.Key+"-.dockerignore", []string{".dockerignore"})))
		}
	}
	return out
}
