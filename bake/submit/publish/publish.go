package publish

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"bake/bake"
	"bake/bake/submit/credential"
	"bake/bake/submit/progress"
	"bake/bake/submit/release"
	"bake/bake/submit/retry"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/distribution/reference"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/util/resolver"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Publication is an image of one target that nodes pushed by digest, and the
// names it is to have. Merging and naming it is left to the client.
type Publication struct {
	Target      string
	Output      int                               // position of the output
	Names       []string                          // as in the output: "ghcr.io/me/app:1", in several repositories maybe
	Parts       []ocispecs.Descriptor             // what each node pushed to all of the repositories; one is the whole image
	Annotations map[exptypes.AnnotationKey]string // of the index, if it has to be made
	Insecure    bool                              // registry.insecure=true
	Tagless     bool                              // push-by-digest=true: the names are repositories
}

// ByDigest returns names as an exporter wants them that pushes by digest: the
// repositories, each once.
func ByDigest(names string) (string, error) {
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

// PushedDescriptor is the image that the response of an exporter is about.
func PushedDescriptor(response map[string]string) (ocispecs.Descriptor, error) {
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

// RegistriesOf is a client that reaches registries as a node does, with the
// credentials of the environment; hosts is how, nil for what the node knows
// about them. It tries again as the retrier says.
func RegistriesOf(n builder.Node, env bake.Env, hosts docker.RegistryHosts, again *retry.Retrier) *release.Registries {
	auth := n.ImageOpt.Auth
	if auth == nil {
		auth = credential.Logins(env)
	}
	if hosts == nil {
		hosts = resolver.NewRegistryConfig(n.ImageOpt.RegistryConfig)
	}
	out := release.NewRegistries(hosts, auth)
	out.Retry = func(ctx context.Context, what string, call func(context.Context) error) error {
		return again.Do(ctx, "", what, call)
	}
	return out
}

// PushIndex makes the image of p whole in all of its repositories: several
// parts become an index, pushed by its digest. It names no tag. What a repository
// has is not written again: some registries fail who reads it meanwhile.
func (p *Publication) PushIndex(ctx context.Context, to *release.Registries) (ocispecs.Descriptor, error) {
	if len(p.Parts) == 1 && len(p.Annotations) == 0 {
		return p.Parts[0], nil
	}
	data, desc, err := to.Merge(ctx, p.Place(p.Names[0]), p.Parts, p.Annotations)
	if err != nil {
		return desc, err
	}
	repositories, err := ByDigest(strings.Join(p.Names, ","))
	if err != nil {
		return desc, err
	}
	for repository := range strings.SplitSeq(repositories, ",") {
		place := p.Place(repository)
		has, err := to.Has(ctx, place, desc)
		if err == nil && !has {
			err = to.Put(ctx, place, desc, data)
		}
		if err != nil {
			return desc, err
		}
	}
	return desc, nil
}

// MoveTags makes all names of p point to its image desc, which PushIndex
// returned, one after the other. Those that do are left alone.
func (p *Publication) MoveTags(ctx context.Context, to *release.Registries, desc ocispecs.Descriptor) error {
	data, err := to.Fetch(ctx, p.Place(p.Names[0]), desc)
	if err != nil {
		return err
	}
	for _, name := range p.Names {
		tag, err := release.Normalize(name)
		if err != nil {
			return err
		}
		place := p.Place(tag)
		found, err := to.Resolve(ctx, place)
		if err == nil && (found == nil || found.Digest != desc.Digest) {
			err = to.Put(ctx, place, desc, data)
		}
		if err != nil {
			return fmt.Errorf("move the tag %s: %w", cmp.Or(name, tag), err)
		}
	}
	return nil
}

func (p *Publication) Place(ref string) release.Place {
	return release.Place{Reference: ref, Insecure: p.Insecure}
}

// Title says in the progress what is done to p.
func (p *Publication) Title(to *progress.Tracker) string {
	return to.Prefix(p.Target, "merging manifest list "+strings.Join(p.Names, ","))
}

// IndexAnnotations are the annotations in the attributes of an exporter that
// are about the index, or about its entries.
func IndexAnnotations(attrs map[string]string) (map[exptypes.AnnotationKey]string, error) {
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
