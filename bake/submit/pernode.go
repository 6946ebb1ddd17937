package submit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/output"
	"bake/bake/submit/publish"
	"bake/bake/submit/report"

	pw "github.com/docker/buildx/util/progress"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// perNode adapts the outputs of a target to being made in parts by several
// nodes: images are pushed by digest, so that the client can merge them, and a
// directory has a subdirectory for each platform anyway. What would have to be
// one file cannot be.
func (q *request) perNode() error {
	for _, e := range q.exports {
		if err := e.Divisible(q.node.Driver.Factory().Name()); err != nil {
			return failure.In("output", "", err)
		}
	}
	return q.pushByDigest()
}

// pushByDigest makes the engine push the images of q without their tags, which
// the client moves. The names and the response are those of publications then.
// Docker's own BuildKit pushes what has a name.
func (q *request) pushByDigest() error {
	pushes := 0
	for _, e := range q.exports {
		if !e.Push || e.Type == output.MobyExporter {
			continue
		}
		repositories, err := publish.ByDigest(e.Attrs["name"])
		if err != nil {
			return failure.In("output", "", err)
		}
		e.Tagless, _ = strconv.ParseBool(e.Attrs["push-by-digest"])
		e.Attrs["name"], e.Attrs["push-by-digest"] = repositories, "true"
		pushes++
	}
	q.several = pushes > 1
	return nil
}

// conclude ends what was made of the targets of a job. The last part of a
// target that several nodes build makes it whole.
func (r *run) conclude(ctx context.Context, j *job) {
	for _, q := range j.requests {
		if q.of.pending.Add(-1) > 0 || !q.of.split {
			continue
		}
		if err := r.merge(ctx, q.of); err != nil {
			q := q.of.parts[0]
			q.outcome.done = false
			r.fail(q, err)
			continue
		}
		r.noteImages(q.of)
	}
}

// merge makes one image of the parts of a target, in all registries it goes to.
func (r *run) merge(ctx context.Context, a *assembly) error {
	for _, q := range a.parts {
		if !q.outcome.done {
			return nil
		}
	}
	a.merged, a.images = a.mergedResponse(), map[int64]ocispecs.Descriptor{}
	all, err := a.publications()
	if err != nil {
		return err
	}
	registries := r.registries(a.parts[0].node)
	for _, p := range all {
		err := pw.Write(r.progress, p.Title(r.progress), func() error {
			desc, err := p.PushIndex(ctx, registries)
			if err != nil {
				return err
			}
			a.images[int64(p.Output)] = desc
			a.describe(p, desc)
			if r.opt.Metadata {
				if data, err := registries.Fetch(ctx, p.Place(p.Names[0]), desc); err == nil {
					a.manifests = report.IndexManifests(data)
				}
			}
			if p.Tagless || r.held != nil {
				return nil
			}
			return p.MoveTags(ctx, registries, desc)
		})
		if err != nil {
			return fmt.Errorf("failed to push %s: %w", strings.Join(p.Names, ", "), err)
		}
	}
	return nil
}

// publications are the images that the parts of a target make, each under the
// names of one output.
func (a *assembly) publications() ([]*publish.Publication, error) {
	var out []*publish.Publication
	for i, e := range a.parts[0].exports {
		if !e.Push {
			continue
		}
		p := &publish.Publication{Target: a.target.Name, Output: i, Names: e.Names, Tagless: e.Tagless}
		p.Insecure = e.Insecure()
		var err error
		if p.Annotations, err = publish.IndexAnnotations(e.Whole); err != nil {
			return nil, failure.In("annotations", "", err)
		}
		for _, q := range a.parts {
			if q.inner {
				continue
			}
			desc, err := q.pushed(i)
			if err != nil {
				return nil, err
			}
			p.Parts = append(p.Parts, desc)
		}
		out = append(out, p)
	}
	return out, nil
}

// pushed is the image that an output of q has pushed.
func (q *request) pushed(output int) (ocispecs.Descriptor, error) {
	if !q.several {
		return publish.PushedDescriptor(q.outcome.response)
	}
	if desc, ok := q.images[int64(output)]; ok {
		return desc, nil
	}
	return ocispecs.Descriptor{}, errors.New("the builder has no record of what it pushed")
}

// ofImage are the keys of a response that are about one image.
var ofImage = []string{
	exptypes.ExporterImageDigestKey, exptypes.ExporterImageDescriptorKey, exptypes.ExporterImageConfigDigestKey,
	exptypes.ExporterImageConfigKey, exptypes.ExporterImageNameKey,
}

// mergedResponse is what the exporters of all parts said, without what is true
// of one part only. The record of the build is that of the first part.
func (a *assembly) mergedResponse() map[string]string {
	out := map[string]string{}
	for _, q := range slices.Backward(a.parts) {
		if !q.inner {
			maps.Copy(out, q.outcome.response)
		}
	}
	for _, key := range ofImage {
		delete(out, key)
	}
	return out
}

// describe adds the image that was made of the parts to the response, as an
// exporter would.
func (a *assembly) describe(p *publish.Publication, desc ocispecs.Descriptor) {
	text, err := json.Marshal(desc)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	a.merged[exptypes.ExporterImageDigestKey] = desc.Digest.String()
	a.merged[exptypes.ExporterImageDescriptorKey] = base64.StdEncoding.EncodeToString(text)
	names := p.Names
	if known := a.merged[exptypes.ExporterImageNameKey]; known != "" {
		names = appendNew(strings.Split(known, ","), names...)
	}
	a.merged[exptypes.ExporterImageNameKey] = strings.Join(names, ",")
}

// settleAnnotations settles those of all images that q makes.
func (q *request) settleAnnotations() error {
	all, own := q.of.platforms, q.platforms
	if len(all) == 0 {
		all = []ocispecs.Platform{q.node.Native}
		own = all
	}
	ofTarget, err := output.ParseAnnotations(q.target.Annotations)
	if err != nil {
		return failure.In("annotations", "", err)
	}
	for _, e := range q.exports {
		if e.Files() {
			continue // no image
		}
		if fault, err := e.Settle(all, own); err != nil {
			if _, ok := ofTarget[fault]; ok {
				return failure.In("annotations", "", err)
			}
			return failure.In("output", e.Key, err)
		}
	}
	return nil
}

// appendNew appends what is not in the list yet.
func appendNew(list []string, more ...string) []string {
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
