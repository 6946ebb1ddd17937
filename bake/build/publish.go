package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"bake/bake/build/release"

	"github.com/docker/buildx/builder"
	pw "github.com/docker/buildx/util/progress"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// moveTags moves the tags of all images, which were pushed by digest.
func (r *run) moveTags(ctx context.Context) error {
	var n *node
	for _, a := range r.assemblies {
		if a.twin != nil || !a.parts[0].pushes() {
			continue
		}
		n = a.parts[0].node
		if err := r.imagesOf(a); err != nil {
			return targetError(a.target, "output", "", fmt.Errorf("cannot tell what was pushed: %w", err))
		}
	}
	title := fmt.Sprintf("moving %d tags to their new images", len(r.held.tags))
	if len(r.held.tags) == 1 {
		title = "moving the tag " + r.held.tags[0].Reference
	}
	return r.blameTag(pw.Write(r.progress, title, func() error {
		return r.held.journal.Move(ctx, r.registries(n), r.held.tags)
	}))
}

// imagesOf notes which images the tags of a target are for, and makes the
// response of the exporters what it is for images that are pushed with tags.
func (r *run) imagesOf(a *assembly) error {
	q := a.parts[0]
	for i, e := range q.exports {
		if !e.tagged() {
			continue
		}
		desc, err := q.pushed(i)
		if a.split {
			desc, err = a.images[int64(i)], nil
		}
		if err != nil {
			return err
		}
		for _, name := range e.names {
			if t := r.held.tag(name); t != nil && t.Target == a.target.Name {
				t.New = release.ImageOf(desc)
			}
		}
	}
	q.restoreNames(a.response())
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

// restoreNames puts the names of the image into a response that has the
// repositories which it was pushed to.
func (q *request) restoreNames(response map[string]string) {
	for _, e := range q.exports {
		if e.tagged() && response[exptypes.ExporterImageNameKey] == e.Attrs["name"] {
			response[exptypes.ExporterImageNameKey] = strings.Join(e.names, ",")
		}
	}
}

// exportedImages are the images that a build made, by the position of the
// output. The response of the exporters only knows one.
func (q *request) exportedImages(ctx context.Context) (map[int64]ocispecs.Descriptor, error) {
	known, err := q.node.keepsRecords(ctx)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, in("output", "", errors.New("this builder does not tell apart images that one target pushes with different options"))
	}
	events, err := q.node.client.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{Ref: q.ref, EarlyExit: true})
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

// blameTag makes an error about a tag one about its target.
func (r *run) blameTag(err error) error {
	if err == nil {
		return nil
	}
	var failed *release.Error
	var conflict *release.ConflictError
	ref := ""
	switch {
	case errors.As(err, &failed) && !canceled(failed.Err):
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
			return targetError(a.target, attribute, "", err)
		}
	}
	return err
}

// registries is the client of registries for what a node has pushed: they are
// reached as that node does, as far as this is known.
func (r *run) registries(n *node) *release.Registries {
	return registriesOf(n.Node, r.opt.Env, r.opt.Registries, r.again)
}

// Registries is a client that reaches registries as a node does, with the
// credentials of the environment. It tries again as often as opt says, and
// tells so as progress.
func Registries(n builder.Node, opt Options) *release.Registries {
	again := &retrier{retries: opt.Retries, show: newProgress(opt.Progress, nil, false)}
	return registriesOf(n, opt.Env, opt.Registries, again)
}
