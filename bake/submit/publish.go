package submit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"bake/bake/submit/failure"
	"bake/bake/submit/node"
	"bake/bake/submit/progress"
	"bake/bake/submit/publish"
	"bake/bake/submit/release"
	"bake/bake/submit/retry"

	"github.com/docker/buildx/builder"
	pw "github.com/docker/buildx/util/progress"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// moveTags moves the tags of all images, which were pushed by digest.
func (r *run) moveTags(ctx context.Context) error {
	var n *node.Node
	for _, a := range r.assemblies {
		if a.sameAs != nil || !a.parts[0].pushes() {
			continue
		}
		n = a.parts[0].node
		if err := r.imagesOf(a); err != nil {
			return failure.OfTarget(a.target, "output", "", fmt.Errorf("cannot tell what was pushed: %w", err))
		}
		a.parts[0].restoreNames(a.response())
	}
	title := fmt.Sprintf("moving %d tags to their new images", len(r.held.tags))
	if len(r.held.tags) == 1 {
		title = "moving the tag " + r.held.tags[0].Reference
	}
	return r.inTag(pw.Wrap(title, r.progress.Write, func(log pw.SubLogger) error {
		r.held.journal.OnStep = func(s release.Step) {
			now := time.Now()
			log.SetStatus(&client.VertexStatus{ID: s.String(), Timestamp: now, Started: &now, Completed: &now})
		}
		to := r.registries(n)
		if err := r.held.journal.Same(ctx, to, r.held.tags); err != nil {
			_ = r.held.journal.Note(r.held.unnote)
			return err
		}
		return r.held.journal.Move(ctx, to, r.held.tags)
	}))
}

// noteImages notes in the journal what a target has pushed, when all of it is: a
// run that resumes the release compares it.
func (r *run) noteImages(a *assembly) {
	if r.held == nil || !a.parts[0].outcome.done || !a.parts[0].pushes() || a.split && len(a.images) == 0 {
		return
	}
	if r.held.journal == nil { // there is one, or no tag, when something was pushed
		return
	}
	_ = r.held.journal.Note(func() { // the journal is written again before a tag moves
		if r.imagesOf(a) != nil {
			return // that is found out once more, then
		}
		for _, t := range r.held.tags {
			if t.Target == a.target.Name && t.Pushed == nil {
				t.Pushed = t.New
			}
		}
	})
}

// resume takes over what a release has pushed that is built again.
func (h *holding) resume(tags []*release.Tag) {
	for _, was := range tags {
		for _, t := range h.tags {
			if t.Reference == was.Reference {
				t.Pushed = was.Pushed
			}
		}
	}
	h.before = map[*release.Tag]*release.Image{}
	for _, t := range h.tags {
		h.before[t] = t.Pushed
	}
}

// unnote forgets what this run has pushed: it is not what the release is of.
func (h *holding) unnote() {
	for _, t := range h.tags {
		t.Pushed = h.before[t]
	}
}

// imagesOf notes which images the tags of a target are for.
func (r *run) imagesOf(a *assembly) error {
	q := a.parts[0]
	for i, e := range q.exports {
		if !e.Tagged() {
			continue
		}
		desc, err := q.pushed(i)
		if a.split {
			desc, err = a.images[int64(i)], nil
		}
		if err != nil {
			return err
		}
		for _, name := range e.Names {
			if t := r.held.tag(name); t != nil && t.Target == a.target.Name {
				t.New = release.ImageOf(desc)
			}
		}
	}
	return nil
}

func (h *holding) tag(name string) *release.Tag {
	for _, t := range h.tags {
		if ref, err := release.Normalize(name); err == nil && t.Reference == ref {
			return t
		}
	}
	return nil
}

// restoreNames makes a response what it is for images that are pushed with tags:
// it has the repositories which they were pushed to instead of the names.
func (q *request) restoreNames(response map[string]string) {
	for _, e := range q.exports {
		if e.Tagged() && response[exptypes.ExporterImageNameKey] == e.Attrs["name"] {
			response[exptypes.ExporterImageNameKey] = strings.Join(e.Names, ",")
		}
	}
}

// exportedImages are the images that a build made, by the position of the
// output. The response of the exporters only knows one.
func (q *request) exportedImages(ctx context.Context) (map[int64]ocispecs.Descriptor, error) {
	known, err := q.node.KeepsRecords(ctx)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, failure.In("output", "", errors.New("this builder does not tell apart images that one target pushes with different options"))
	}
	events, err := q.node.Client.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{Ref: q.ref, EarlyExit: true})
	if err != nil {
		return nil, err
	}
	out := map[int64]ocispecs.Descriptor{}
	for {
		event, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for i, d := range event.GetRecord().GetResult().GetResults() {
			out[i] = ocispecs.Descriptor{MediaType: d.MediaType, Digest: digest.Digest(d.Digest), Size: d.Size}
		}
	}
}

// inTag makes an error about a tag one about its target.
func (r *run) inTag(err error) error {
	if err == nil {
		return nil
	}
	var failed *release.Error
	var conflict *release.ConflictError
	ref := ""
	switch {
	case errors.As(err, &failed) && !failure.Canceled(failed.Err):
		ref = failed.Tag
	case errors.As(err, &conflict):
		ref = conflict.Tag
	}
	for _, a := range r.assemblies {
		for _, t := range r.held.tags {
			if ref == "" || t.Reference != ref || t.Target != a.target.Name {
				continue
			}
			attribute := "tags"
			if len(a.target.Tags) == 0 {
				attribute = "output"
			}
			return failure.OfTarget(a.target, attribute, "", err)
		}
	}
	return err
}

// registries is the client of registries for what a node has pushed: they are
// reached as that node does, as far as this is known.
func (r *run) registries(n *node.Node) *release.Registries {
	return publish.RegistriesOf(n.Node, r.opt.Env, r.opt.Registries, r.again)
}

// Registries is a client that reaches registries as a node does, with the
// credentials of the environment. It tries again as often as opt says, and
// tells so as progress.
func Registries(n builder.Node, opt Options) *release.Registries {
	again := &retry.Retrier{Retries: opt.Retries, Show: progress.New(opt.Progress, nil, false)}
	return publish.RegistriesOf(n, opt.Env, opt.Registries, again)
}
