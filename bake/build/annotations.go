package build

import (
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
)

// annotationLevel is a level of an image index with an optional platform.
var annotationLevel = pattern(`^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$`)

// parseAnnotations turns "level,level[platform]:key=value" items into the
// attributes of an image exporter.
func parseAnnotations(items []string) (map[string]string, error) {
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
