package output

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/platform"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// annotationLevel is a level of an image index with an optional platform.
var annotationLevel = failure.Pattern(`^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$`)

// Settle makes the annotations of an output such as its engine takes them. In
// brackets stands the one spelling of a platform, as older engines know no other,
// and there are none if the engine builds one platform: an image that is no index
// has no annotations in brackets. What is for the platform of another node is
// left out; e.whole has the annotations of all. fault is the option that an
// error is about.
func (e *Export) Settle(all, own []ocispecs.Platform) (fault string, err error) {
	general, specific := map[string]string{}, map[string]string{}
	e.Whole = map[string]string{}
	for _, option := range slices.Sorted(maps.Keys(e.Attrs)) {
		key, ok, err := exptypes.ParseAnnotationKey(option)
		switch {
		case err != nil:
			return option, err
		case !ok:
			continue
		}
		value, of := e.Attrs[option], key.Platform
		delete(e.Attrs, option)
		if of == nil {
			general[key.String()] = value
			continue
		}
		if !platform.Contains(all, *of) {
			return option, fmt.Errorf("the annotation %s for %s would be lost, as the target is built for %s: name one of its platforms, or leave out the brackets to annotate all",
				key.Key, platforms.FormatAll(*of), platform.Format(all))
		}
		e.Whole[key.String()] = value
		if len(own) == 1 {
			key.Platform = nil
		}
		if platform.Contains(own, *of) {
			specific[key.String()] = value
		}
	}
	maps.Copy(e.Whole, general)
	maps.Copy(e.Attrs, general)
	maps.Copy(e.Attrs, specific)
	return "", nil
}

// ParseAnnotations turns "level,level[platform]:key=value" items into the
// attributes of an image exporter.
func ParseAnnotations(items []string) (map[string]string, error) {
	attrs := map[string]string{}
	for _, item := range items {
		if item == "" {
			continue
		}
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("invalid annotation %q, expected key=value", item)
		}
		levels, key, ok := strings.Cut(name, ":")
		if !ok {
			attrs[exptypes.AnnotationKey{Key: name}.String()] = value
			continue
		}
		for level := range strings.SplitSeq(levels, ",") {
			a, err := parseLevel(level)
			if err != nil {
				return nil, err
			}
			a.Key = key
			attrs[a.String()] = value
		}
	}
	return attrs, nil
}

func parseLevel(level string) (exptypes.AnnotationKey, error) {
	m := annotationLevel().FindStringSubmatch(level)
	if m == nil {
		return exptypes.AnnotationKey{}, fmt.Errorf("invalid annotation type %q, expected type and optional platform in square brackets", level)
	}
	switch m[1] {
	case exptypes.AnnotationIndex, exptypes.AnnotationIndexDescriptor, exptypes.AnnotationManifest, exptypes.AnnotationManifestDescriptor:
	default:
		return exptypes.AnnotationKey{}, fmt.Errorf("unknown annotation type %q", m[1])
	}
	a := exptypes.AnnotationKey{Type: m[1]}
	if m[2] != "" {
		p, err := platforms.Parse(m[2])
		if err != nil {
			return a, fmt.Errorf("invalid platform %q: %w", m[2], err)
		}
		a.Platform = &p
	}
	return a, nil
}
