package build

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"bake/bake"
	"bake/bake/build/release"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/distribution/reference"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/util/resolver"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// publication is an image of one target that nodes pushed by digest, and the
// names it is to have. Merging and naming it is left to the client.
type publication struct {
	target      string
	output      int                               // position of the output
	names       []string                          // as in the output: "ghcr.io/me/app:1", in several repositories maybe
	parts       []ocispecs.Descriptor             // what each node pushed to all of the repositories; one is the whole image
	annotations map[exptypes.AnnotationKey]string // of the index, if it has to be made
	insecure    bool                              // registry.insecure=true
	tagless     bool                              // push-by-digest=true: the names are repositories
}

// byDigest returns names as an exporter wants them that pushes by digest: the
// repositories, each once.
func byDigest(names string) (string, error) {
	var out []string
	seen := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return "", fmt.Errorf("invalid name %q: %w", name, err)
		}
		if repository := named.Name(); !seen[repository] {
			seen[repository] = true
			out = append(out, repository)
		}
	}
	return strings.Join(out, ","), nil
}

// pushedDescriptor is the image that the response of an exporter is about.
func pushedDescriptor(response map[string]string) (ocispecs.Descriptor, error) {
	var desc ocispecs.Descriptor
	data, err := base64.StdEncoding.DecodeString(response[exptypes.ExporterImageDescriptorKey])
	if err == nil {
		err = json.Unmarshal(data, &desc)
	}
	if err == nil && desc.Digest == "" {
		err = fmt.Errorf("the builder does not say what it pushed")
	}
	return desc, err
}

// registriesOf is a client that reaches registries as a node does, with the
// credentials of the environment; hosts is how, nil for what the node knows
// about them. It tries again as the retrier says.
func registriesOf(n builder.Node, env bake.Env, hosts docker.RegistryHosts, again *retrier) *release.Registries {
	auth := n.ImageOpt.Auth
	if auth == nil {
		auth = logins(env)
	}
	if hosts == nil {
		hosts = resolver.NewRegistryConfig(n.ImageOpt.RegistryConfig)
	}
	out := release.NewRegistries(hosts, auth)
	out.Retry = func(ctx context.Context, what string, call func(context.Context) error) error {
		return again.do(ctx, "", what, call)
	}
	return out
}

// pushIndex makes the image of p whole in all of its repositories: several
// parts become an index, pushed by its digest. It names no tag.
func (p *publication) pushIndex(ctx context.Context, to *release.Registries) (ocispecs.Descriptor, error) {
	if len(p.parts) == 1 && len(p.annotations) == 0 {
		return p.parts[0], nil
	}
	data, desc, err := to.Merge(ctx, p.place(p.names[0]), p.parts, p.annotations)
	if err != nil {
		return desc, err
	}
	repositories, err := byDigest(strings.Join(p.names, ","))
	if err != nil {
		return desc, err
	}
	for repository := range strings.SplitSeq(repositories, ",") {
		if err := to.Put(ctx, p.place(repository), desc, data); err != nil {
			return desc, err
		}
	}
	return desc, nil
}

// moveTags makes all names of p point to its image desc, which pushIndex
// returned, one after the other.
func (p *publication) moveTags(ctx context.Context, to *release.Registries, desc ocispecs.Descriptor) error {
	data, err := to.Fetch(ctx, p.place(p.names[0]), desc)
	if err != nil {
		return err
	}
	for _, name := range p.names {
		tag, err := release.Normalize(name)
		if err != nil {
			return err
		}
		if err := to.Put(ctx, p.place(tag), desc, data); err != nil {
			return fmt.Errorf("move the tag %s: %w", cmp.Or(name, tag), err)
		}
	}
	return nil
}

func (p *publication) place(ref string) release.Place {
	return release.Place{Reference: ref, Insecure: p.insecure}
}

// title says in the progress what is done to p.
func (p *publication) title(to *progress) string {
	return to.prefix(p.target, "merging manifest list "+strings.Join(p.names, ","))
}

// indexAnnotations are the annotations in the attributes of an exporter that
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
