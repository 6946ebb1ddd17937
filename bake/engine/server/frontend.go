//go:build linux

package server

import (
	"fmt"

	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
)

// newFrontends makes the Dockerfile frontend and the gateway for frontends
// that come as images, unless the configuration disables them.
func newFrontends(opt Options, workers *worker.Controller, _ *base.Worker, hosts registryHosts) (map[string]frontend.Frontend, error) {
	frontends := map[string]frontend.Frontend{}
	cfg := opt.File.Frontends
	if on := cfg.Dockerfile.Enabled; on == nil || *on {
		frontends["dockerfile.v0"] = forwarder.NewGatewayForwarder(workers.Infos(), dockerfile.Build)
	}
	if on := cfg.Gateway.Enabled; on == nil || *on {
		gw, err := gateway.NewGatewayFrontend(workers.Infos(), cfg.Gateway.AllowedRepositories)
		if err != nil {
			return nil, fmt.Errorf("cannot make the gateway frontend: %w", err)
		}
		frontends["gateway.v0"] = gw
	}
	return frontends, nil
}
