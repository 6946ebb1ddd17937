package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	buildxauth "github.com/docker/buildx/util/resolver/auth"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/util/resolver/config"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// patience bounds one call of a registry: a manifest is small.
const patience = time.Minute

// maxManifest is the largest manifest that is read, in bytes. Registries take
// 4 MiB.
const maxManifest = 8 << 20

// Registries is a client of all registries. It may be used concurrently.
//
// The clients of imagetools are not used for this: they forget certificates
// and do not delete tags.
type Registries struct {
	// Retry, if set, makes a call of a registry and repeats it while it fails
	// for a reason that passes. what says what is called, for progress.
	Retry func(ctx context.Context, what string, call func(context.Context) error) error

	hosts docker.RegistryHosts
	auth  authprovider.AuthConfigProvider

	mu    sync.Mutex
	known map[hostKey][]docker.RegistryHost
}

// hostKey is a registry, and how it is reached.
type hostKey struct {
	domain   string
	insecure bool
}

// NewRegistries returns a client that reaches registries as hosts says and
// signs in with what auth has. Mirrors are left out: they have no say about
// tags.
func NewRegistries(hosts docker.RegistryHosts, auth authprovider.AuthConfigProvider) *Registries {
	return &Registries{hosts: hosts, auth: auth, known: map[hostKey][]docker.RegistryHost{}}
}

// Place is a repository or a tag in a registry.
type Place struct {
	Reference string // "ghcr.io/me/app:1.0"
	Insecure  bool   // TLS without verification, or no TLS, as registry.insecure=true allows
}

// repository is the place without tag and digest.
func (p Place) repository() (string, error) {
	named, err := reference.ParseNormalizedNamed(p.Reference)
	if err != nil {
		return "", fmt.Errorf("invalid reference %q: %w", p.Reference, err)
	}
	return named.Name(), nil
}

// Normalize returns the full name of a tag: "app" is docker.io/library/app:latest.
func Normalize(tag string) (string, error) {
	named, err := reference.ParseNormalizedNamed(tag)
	if err != nil {
		return "", fmt.Errorf("invalid reference %q: %w", tag, err)
	}
	return reference.TagNameOnly(named).String(), nil
}

// resolver is a client that reads.
func (r *Registries) resolver(insecure bool) remotes.Resolver {
	return docker.NewResolver(docker.ResolverOptions{Hosts: func(domain string) ([]docker.RegistryHost, error) {
		return r.hostsOf(hostKey{domain, insecure})
	}})
}

func (r *Registries) hostsOf(k hostKey) ([]docker.RegistryHost, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.known[k]; ok {
		return known, nil
	}
	find := r.hosts
	if k.insecure {
		yes := true
		find = resolver.NewRegistryConfig(map[string]config.RegistryConfig{k.domain: {Insecure: &yes, PlainHTTP: &yes}})
	}
	all, err := find(k.domain)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", k.domain, err)
	}
	var out []docker.RegistryHost
	for _, h := range all {
		if !h.Capabilities.Has(docker.HostCapabilityPush) {
			continue
		}
		if h.Client == nil {
			h.Client = http.DefaultClient
		}
		h.Authorizer = &authorizer{
			Authorizer: buildxauth.NewDockerAuthorizer(buildxauth.WithAuthProvider(r.auth), buildxauth.WithAuthClient(h.Client)),
			auth:       r.auth,
		}
		out = append(out, h)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("registry %s: it takes no pushes by its configuration", k.domain)
	}
	r.known[k] = out
	return out, nil
}

// authorizer also knows credentials that are a token for the registry itself.
type authorizer struct {
	docker.Authorizer
	auth authprovider.AuthConfigProvider
}

// Authorize implements docker.Authorizer.
func (a *authorizer) Authorize(ctx context.Context, req *http.Request) error {
	if c, err := a.auth(ctx, req.URL.Host, nil, nil); err == nil && c.RegistryToken != "" {
		req.Header.Set("Authorization", "Bearer "+c.RegistryToken)
		return nil
	}
	return a.Authorizer.Authorize(ctx, req)
}

// call makes one call within patience, again if Retry finds reason to.
func (r *Registries) call(ctx context.Context, what string, f func(context.Context) error) error {
	bounded := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the registry did not answer within %s: i/o timeout", patience))
		defer cancel()
		err := f(ctx)
		if err != nil && errors.Is(err, context.DeadlineExceeded) {
			return context.Cause(ctx)
		}
		return err
	}
	if r.Retry != nil {
		return r.Retry(ctx, what, bounded)
	}
	return bounded(ctx)
}

// Resolve returns what a tag points to, nil if there is no such tag.
func (r *Registries) Resolve(ctx context.Context, tag Place) (*ocispecs.Descriptor, error) {
	var found *ocispecs.Descriptor
	err := r.call(ctx, "reading "+tag.Reference, func(ctx context.Context) error {
		_, desc, err := r.resolver(tag.Insecure).Resolve(ctx, tag.Reference)
		if errdefs.IsNotFound(err) {
			return nil
		}
		found = &desc
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", tag.Reference, err)
	}
	return found, nil
}

// Has reports whether the repository of place has a manifest under its digest.
func (r *Registries) Has(ctx context.Context, place Place, desc ocispecs.Descriptor) (bool, error) {
	repository, err := place.repository()
	if err != nil {
		return false, err
	}
	found, err := r.Resolve(ctx, Place{repository + "@" + desc.Digest.String(), place.Insecure})
	return err == nil && found != nil && found.MediaType == desc.MediaType, err
}

// Fetch reads a manifest, or a small blob, of the repository of place.
func (r *Registries) Fetch(ctx context.Context, place Place, desc ocispecs.Descriptor) ([]byte, error) {
	repository, err := place.repository()
	if err != nil {
		return nil, err
	}
	ref := repository + "@" + desc.Digest.String()
	var data []byte
	err = r.call(ctx, "reading "+ref, func(ctx context.Context) error {
		fetcher, err := r.resolver(place.Insecure).Fetcher(ctx, ref)
		if err != nil {
			return err
		}
		body, err := fetcher.Fetch(ctx, desc)
		if err != nil {
			return err
		}
		defer body.Close()
		data, err = io.ReadAll(io.LimitReader(body, maxManifest))
		return err
	})
	if err == nil && digest.FromBytes(data) != desc.Digest {
		err = errors.New("the registry sent something else")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, err)
	}
	return data, nil
}
