package dockerfile

import (
	"slices"
	"strings"

	"bake/bake"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Request is what a Dockerfile is resolved for.
type Request struct {
	Args     map[string]string
	Stage    string            // to build, empty for the last
	Platform ocispecs.Platform // to build for
	Native   ocispecs.Platform // of the builder
	Contexts Contexts
	Config   func(Image) *Config // nil, or nil for an image, if it is not known
}

// Image is one of which the configuration is asked.
type Image struct {
	Reference string // whole, empty for a named context that is no image
	Context   string // the key of the named context, empty if it is none
	Platform  ocispecs.Platform
}

// Contexts are the named contexts of a target, by the names under which a
// Dockerfile finds them.
type Contexts map[string]NamedContext

// NamedContext is one of a target.
type NamedContext struct {
	Key   string // as the definition has it
	Value string
}

// NewContexts are those of a target. Of two keys with one name the last in the order
// of the keys counts, as with the frontend.
func NewContexts(written map[string]string) Contexts {
	keys := make([]string, 0, len(written))
	for key := range written {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	out := Contexts{}
	for _, key := range keys {
		out[bake.ContextName(key)] = NamedContext{Key: key, Value: written[key]}
	}
	return out
}

// find is the named context that takes the place of a stage or image of a name, for
// a platform. One for this platform comes first.
func (c Contexts) find(name string, platform ocispecs.Platform) (*NamedContext, error) {
	if len(c) == 0 || strings.EqualFold(name, "scratch") || strings.EqualFold(name, "context") {
		return nil, nil
	}
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil, err
	}
	name = strings.TrimSuffix(reference.FamiliarString(named), ":latest")
	for _, key := range []string{name + "::" + platforms.FormatAll(platforms.Normalize(platform)), name} {
		if found, ok := c[key]; ok {
			return &found, nil
		}
	}
	return nil, nil
}

// image is the whole reference of a named context that is an image, else empty.
func (c NamedContext) image() string {
	ref, ok := strings.CutPrefix(c.Value, "docker-image://")
	if !ok || ref == scratch {
		return ""
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ref
	}
	return reference.TagNameOnly(named).String()
}

// IsFiles reports whether a named context is a directory, an archive or a
// repository, which has no configuration.
func (c NamedContext) IsFiles() bool {
	return !strings.HasPrefix(c.Value, "docker-image:") && !strings.HasPrefix(c.Value, "oci-layout:") && !strings.HasPrefix(c.Value, "target:")
}
