package engine

import (
	"sync"

	"bake/bake/engine/registries"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/session/auth/authprovider"
)

// Registries says how the engine of cfg reaches registries, so that others can
// do the same. The configuration file is read at the first question.
func Registries(cfg Config) docker.RegistryHosts {
	settings := sync.OnceValues(func() (registries.Settings, error) { return registrySettings(cfg) })
	return func(domain string) ([]docker.RegistryHost, error) {
		known, err := settings()
		if err != nil {
			return nil, err
		}
		return known.Hosts()(domain)
	}
}

// TokenTLS returns the certificates of registries by host, for who asks the
// servers that give tokens for them. A broken configuration file has none: the
// engine reports it when it starts.
func TokenTLS(cfg Config) func() map[string]*authprovider.AuthTLSConfig {
	return func() map[string]*authprovider.AuthTLSConfig {
		known, _ := registrySettings(cfg)
		return known.TLS()
	}
}

func registrySettings(cfg Config) (registries.Settings, error) {
	file, _, err := readFile(cfg)
	return registries.Settings{File: file.Registries, Roots: cfg.Certificates}, err
}
