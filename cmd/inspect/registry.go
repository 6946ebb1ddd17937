package inspect

import (
	"net/http"

	remotes "github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/buildx/util/dockerutil"
	"github.com/docker/buildx/util/imagetools"
	"github.com/docker/buildx/util/resolver"
	"github.com/moby/buildkit/util/tracing"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/enginecmd"
	"bake/cmd/exit"
)

// registryOptions are how to reach a registry: with the credentials of Docker,
// and the mirrors and certificates that the builder was configured with. Without
// a builder of buildx that is the embedded engine. No domain is no registry.
func registryOptions(a *app.App, name, domain string) (imagetools.Opt, error) {
	group, err := configuredBuilder(a, name)
	if err != nil {
		return imagetools.Opt{}, err
	}
	cli, err := builders.DockerCLI(a)
	if err != nil {
		return imagetools.Opt{}, err
	}
	options, err := storeutil.GetImageConfig(cli, group)
	if err != nil {
		return options, exit.Usagef("the configuration of the builder %s: %w", group.Name, err)
	}
	hosts := resolver.NewRegistryConfig(options.RegistryConfig)
	if group == nil {
		cfg, err := enginecmd.EngineConfig(a)
		if err != nil {
			return options, err
		}
		hosts = engine.Registries(cfg)
	}
	if domain == "" {
		return options, nil
	}
	all, err := hosts(domain)
	if err != nil {
		return options, exit.Usagef("the configuration for %s: %w", domain, err)
	}
	if group == nil {
		options.RegistryConfig = registryConfig(domain, all)
	}
	reachAs(all)
	return options, nil
}

// configuredBuilder is the builder of buildx that inspect goes by, nil if that
// is the embedded engine.
func configuredBuilder(a *app.App, name string) (*store.NodeGroup, error) {
	if name == builders.EmbeddedName {
		return nil, nil
	}
	cli, err := builders.DockerCLI(a)
	if err != nil {
		return nil, err
	}
	known := builders.NewBuildxStore(a.Env)
	if name == "" {
		endpoint, err := dockerutil.GetCurrentEndpoint(cli)
		if err != nil {
			return nil, nil // without Docker no builder is the current one
		}
		return known.Current(endpoint)
	}
	group, err := known.Builder(name)
	if group == nil && err == nil && name != cli.CurrentContext() {
		err = exit.Usagef("no builder %q found, %s", name, builders.NamedBy(a, name)).WithHint("`bake builders` lists the builders.")
	}
	return group, err
}

// registryConfig says in the words of imagetools what hosts a registry has. It
// knows no mirror below a path.
func registryConfig(domain string, hosts []remotes.RegistryHost) map[string]resolver.RegistryConfig {
	out := map[string]resolver.RegistryConfig{}
	own := domain
	if domain == "docker.io" {
		own = "registry-1.docker.io"
	}
	var mirrors []string
	for _, h := range hosts {
		name := h.Host
		switch {
		case name == own:
			name = domain
		case h.Path != "/v2":
			continue
		case out[name].PlainHTTP == nil:
			mirrors = append(mirrors, name)
		}
		plain, several := h.Scheme == "http", out[name].PlainHTTP != nil
		if several {
			plain = true // asked in both ways, the second of which is HTTPS that nothing vouches for
		}
		out[name] = resolver.RegistryConfig{PlainHTTP: &plain, Insecure: &several}
	}
	c := out[domain]
	c.Mirrors = mirrors
	out[domain] = c
	return out
}

// reachAs makes this process reach the hosts of a registry by their own clients:
// those of imagetools are always those of the process. By the client of the
// registry itself, which comes last, it also reaches all others: who gives
// tokens, and where redirects lead.
func reachAs(hosts []remotes.RegistryHost) {
	reach := registryTransport{"": http.DefaultTransport}
	for _, h := range hosts {
		if h.Client == nil || h.Client.Transport == nil {
			continue
		}
		reach[h.Scheme+"://"+h.Host] = h.Client.Transport
		if h.Scheme == "https" {
			reach[""] = h.Client.Transport
		}
	}
	http.DefaultClient.Transport = reach
	tracing.DefaultClient.Transport = reach
}

// registryTransport are the transports by scheme and host, and that of all others
// under no name.
type registryTransport map[string]http.RoundTripper

// RoundTrip implements http.RoundTripper.
func (r registryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	by, ok := r[req.URL.Scheme+"://"+req.URL.Host]
	if !ok {
		by = r[""]
	}
	return by.RoundTrip(req)
}
