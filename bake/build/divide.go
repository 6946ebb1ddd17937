package build

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

	pw "github.com/docker/buildx/util/progress"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// divide adapts the outputs of a target to being made in parts by several
// nodes: images are pushed by digest, so that the client can merge them, and a
// directory has a subdirectory for each platform anyway. What would have to be
// one file cannot be.
func (q *request) divide() error {
	for _, e := range q.exports {
		if err := e.divisible(q.node); err != nil {
			return in("output", "", err)
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
		if !e.push || e.Type == mobyExporter {
			continue
		}
		repositories, err := byDigest(e.Attrs["name"])
		if err != nil {
			return in("output", "", err)
		}
		e.tagless, _ = strconv.ParseBool(e.Attrs["push-by-digest"])
		e.Attrs["name"], e.Attrs["push-by-digest"] = repositories, "true"
		pushes++
	}
	q.several = pushes > 1
	return nil
}

// divisible returns an error if nodes cannot make e together.
func (e *export) divisible(n *node) error {
	const hint = "push it, write a directory with type=local, or name platforms of one node only"
	switch e.Type {
	case mobyExporter:
		return fmt.Errorf("the %s driver cannot build a part of an image: use another builder", n.Driver.Factory().Name())
	case client.ExporterOCI, client.ExporterDocker, client.ExporterTar:
		return fmt.Errorf("several nodes build this target, and cannot write one output of type %s together: %s", e.Type, hint)
	case client.ExporterLocal:
		if mirrors(e.Attrs) {
			return errors.New("several nodes build this target, and with mode=delete each would remove what the others wrote: leave out the mode, or name platforms of one node only")
		}
	}
	return nil
}

// mirrors reports whether an output removes from its directory all that it does
// not write.
func mirrors(attrs map[string]string) bool {
	mode, _ := client.ParseLocalExporterMode(attrs["mode"])
	return mode == client.LocalExporterModeDelete
}

// insecure reports whether e may push without TLS, or without checking it.
func (e *export) insecure() bool {
	yes, _ := strconv.ParseBool(e.Attrs["registry.insecure"])
	return yes
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
		}
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
		err := pw.Write(r.progress, p.title(len(r.plan.Targets) > 1), func() error {
			desc, err := p.pushIndex(ctx, registries)
			if err != nil {
				return err
			}
			a.images[int64(p.output)] = desc
			a.describe(p, desc)
			if r.opt.Metadata {
				if data, err := registries.Fetch(ctx, p.place(p.names[0]), desc); err == nil {
					a.manifests = indexManifests(data)
				}
			}
			if p.tagless || r.held != nil {
				return nil
			}
			return p.moveTags(ctx, registries, desc)
		})
		if err != nil {
			return fmt.Errorf("failed to push %s: %w", strings.Join(p.names, ", "), err)
		}
	}
	return nil
}

// title says in the progress what is done to p.
func (p *publication) title(prefixed bool) string {
	text := "merging manifest list " + strings.Join(p.names, ",")
	if prefixed {
		return withTarget(p.target, text)
	}
	return text
}

// publications are the images that the parts of a target make, each under the
// names of one output.
func (a *assembly) publications() ([]*publication, error) {
	var out []*publication
	for i, e := range a.parts[0].exports {
		if !e.push {
			continue
		}
		p := &publication{target: a.target.Name, output: i, names: e.names, tagless: e.tagless}
		p.insecure = e.insecure()
		var err error
		if p.annotations, err = indexAnnotations(e.whole); err != nil {
			return nil, in("annotations", "", err)
		}
		for _, q := range a.parts {
			if q.inner {
				continue
			}
			desc, err := q.pushed(i)
			if err != nil {
				return nil, err
			}
			p.parts = append(p.parts, desc)
		}
		out = append(out, p)
	}
	return out, nil
}

// pushed is the image that an output of q has pushed.
func (q *request) pushed(output int) (ocispecs.Descriptor, error) {
	if !q.several {
		return pushedDescriptor(q.outcome.response)
	}
	if desc, ok := q.images[int64(output)]; ok {
		return desc, nil
	}
	return ocispecs.Descriptor{}, errors.New("the builder has no record of what it pushed")
}

// indexAnnotations are the annotations in the options of an exporter that
// are about the index, or about its entries.
func indexAnnotations(attrs map[string]string) (map[exptypes.AnnotationKey]string, error) {
	out := map[exptypes.AnnotationKey]string{}
	for k, v := range attrs {
		key, ok, err := exptypes.ParseAnnotationKey(k)
		if err != nil {
			return nil, err
		}
		if ok && (key.Type == exptypes.AnnotationIndex || key.Type == exptypes.AnnotationManifestDescriptor) {
			out[key] = v
		}
	}
	return out, nil
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
func (a *assembly) describe(p *publication, desc ocispecs.Descriptor) {
	text, err := json.Marshal(desc)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	a.merged[exptypes.ExporterImageDigestKey] = desc.Digest.String()
	a.merged[exptypes.ExporterImageDescriptorKey] = base64.StdEncoding.EncodeToString(text)
	names := p.names
	if known := a.merged[exptypes.ExporterImageNameKey]; known != "" {
		names = appendNew(strings.Split(known, ","), names...)
	}
	a.merged[exptypes.ExporterImageNameKey] = strings.Join(names, ",")
}
