package engine

import (
	"fmt"
	"sync"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/util/resolver"
)

// Registries says how the engine of cfg reaches registries, so that others can
// do the same. The configuration file is read at the first question.
func Registries(cfg Config) docker.RegistryHosts {
	read := sync.OnceValues(func() (docker.RegistryHosts, error) {
		file, err := config.LoadFile(cfg.File)
		if err != nil {
			return nil, fmt.Errorf("read the configuration of the engine: %w", err)
		}
		return resolver.NewRegistryConfig(file.Registries), nil
	})
	return func(domain string) ([]docker.RegistryHost, error) {
		hosts, err := read()
		if err != nil {
			return nil, err
		}
		return hosts(domain)
	}
}
