package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"bake/cmd/terminal"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	"github.com/docker/buildx/util/imagetools"
	units "github.com/docker/go-units"
	"github.com/moby/buildkit/util/attestation"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// imageView is an image as `bake inspect` shows it.
type imageView struct {
	name        string
	desc        ocispecs.Descriptor
	index       bool
	annotations map[string]string // of the index
	parts       []*partView       // by platform, in the order of the index
}

// partView is the image of one platform, or something else an index lists.
type partView struct {
	desc         ocispecs.Descriptor
	annotations  map[string]string
	platform     string
	manifest     *ocispecs.Manifest
	config       *ocispecs.Image
	attestations []string
}

// readImage reads the descriptions of an image: manifests and configurations.
func readImage(ctx context.Context, r *imagetools.Resolver, where *imagetools.Location) (*imageView, error) {
	data, desc, err := r.Get(ctx, where.String())
	if err != nil {
		return nil, err
	}
	view := &imageView{name: where.String(), desc: desc}
	if !images.IsIndexType(desc.MediaType) {
		part, err := readPart(ctx, r, where, desc, data)
		view.parts = []*partView{part}
		return view, err
	}
	view.index = true
	var index ocispecs.Index
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("the index %s: %w", desc.Digest, err)
	}
	view.annotations = index.Annotations
	about := map[digest.Digest]*partView{}
	for _, d := range index.Manifests {
		data, err := r.GetDescriptor(ctx, where, d)
		if err != nil {
			return nil, fmt.Errorf("the manifest %s: %w", d.Digest, err)
		}
		if image := about[digest.Digest(d.Annotations[attestation.DockerAnnotationReferenceDigest])]; image != nil && d.Annotations[attestation.DockerAnnotationReferenceType] != "" {
			kinds, err := attestationKinds(data)
			if err != nil {
				return nil, fmt.Errorf("the attestation %s: %w", d.Digest, err)
			}
			image.attestations = append(image.attestations, kinds...)
			continue
		}
		part, err := readPart(ctx, r, where, d, data)
		if err != nil {
			return nil, err
		}
		about[d.Digest] = part
		view.parts = append(view.parts, part)
	}
	return view, nil
}

// readPart reads a manifest and, if it is one of an image, its configuration.
func readPart(ctx context.Context, r *imagetools.Resolver, where *imagetools.Location, desc ocispecs.Descriptor, data []byte) (*partView, error) {
	part := &partView{desc: desc, annotations: desc.Annotations}
	if desc.Platform != nil {
		part.platform = platforms.FormatAll(*desc.Platform)
	}
	if !images.IsManifestType(desc.MediaType) {
		return part, nil
	}
	part.manifest = &ocispecs.Manifest{}
	if err := json.Unmarshal(data, part.manifest); err != nil {
		return nil, fmt.Errorf("the manifest %s: %w", desc.Digest, err)
	}
	if part.annotations == nil {
		part.annotations = part.manifest.Annotations
	}
	if !images.IsConfigType(part.manifest.Config.MediaType) {
		return part, nil
	}
	data, err := r.GetDescriptor(ctx, where, part.manifest.Config)
	if err != nil {
		return nil, fmt.Errorf("the configuration %s: %w", part.manifest.Config.Digest, err)
	}
	part.config = &ocispecs.Image{}
	if err := json.Unmarshal(data, part.config); err != nil {
		return nil, fmt.Errorf("the configuration %s: %w", part.manifest.Config.Digest, err)
	}
	if part.platform == "" && part.config.OS != "" {
		part.platform = platforms.FormatAll(part.config.Platform)
	}
	return part, nil
}

// attestationKinds are the types of the statements in an attestation manifest.
func attestationKinds(data []byte) ([]string, error) {
	var m ocispecs.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	var kinds []string
	for _, layer := range m.Layers {
		kind := layer.Annotations["in-toto.io/predicate-type"]
		if kind == "" {
			kind = layer.MediaType
		}
		kinds = append(kinds, fmt.Sprintf("%s (%s)", kind, units.HumanSize(float64(layer.Size))))
	}
	return kinds, nil
}

// write shows the image: what it is, and below it what each platform gets.
func (v *imageView) write(w io.Writer) error {
	f := terminal.NewFacts(w)
	f.Add("Name", "%s", v.name)
	f.Add("MediaType", "%s", v.desc.MediaType)
	f.Add("Digest", "%s", v.desc.Digest)
	if v.index {
		f.Add("Images", "%d", len(v.parts))
		f.Pairs("Annotations", v.annotations)
	}
	if err := f.Flush(); err != nil {
		return err
	}
	for _, p := range v.parts {
		title := p.platform
		if title == "" {
			title = shortType(p.desc.MediaType)
		}
		fmt.Fprintf(w, "\n%s\n", title)
		f := terminal.NewFacts(w)
		if v.index {
			f.Add("  Digest", "%s", p.desc.Digest)
		}
		p.facts(f)
		if err := f.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (p *partView) facts(f terminal.Facts) {
	if m := p.manifest; m != nil {
		size := m.Config.Size
		for _, layer := range m.Layers {
			size += layer.Size
		}
		f.Add("  Size", "%s in %s", units.HumanSize(float64(size)), terminal.Count(len(m.Layers), "layer"))
		f.Unless("  Artifact", m.ArtifactType)
	}
	if c := p.config; c != nil {
		if c.Created != nil {
			f.Add("  Created", "%s", c.Created.UTC().Format(time.RFC3339))
		}
		f.List("  Entrypoint", c.Config.Entrypoint)
		f.List("  Cmd", c.Config.Cmd)
		f.Unless("  User", c.Config.User)
		f.Unless("  WorkingDir", c.Config.WorkingDir)
		f.Unless("  Ports", strings.Join(slices.Sorted(maps.Keys(c.Config.ExposedPorts)), " "))
		f.Unless("  Volumes", strings.Join(slices.Sorted(maps.Keys(c.Config.Volumes)), " "))
		f.Unless("  StopSignal", c.Config.StopSignal)
		f.Lines("  Env", c.Config.Env)
		f.Pairs("  Labels", c.Config.Labels)
	}
	f.Pairs("  Annotations", p.annotations)
	f.Lines("  Attestations", p.attestations)
}
