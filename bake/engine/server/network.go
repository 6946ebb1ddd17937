//go:build linux

package server

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/appdefaults"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/util/network/cniprovider"
)

// networks are the networks containers can be given, by what a step asks for.
type networks = map[pb.NetMode]network.Provider

// networkProviders makes the networks a RUN step can ask for, and names the
// default one ("host" or "cni"). Without configuration it is the host's
// network, unless a CNI configuration lies where stock BuildKit looks for it.
func networkProviders(opt Options) (networks, string, error) {
	def, mode, err := defaultNetwork(opt)
	if err != nil {
		return nil, "", err
	}
	return networks{
		pb.NetMode_UNSET: def,
		pb.NetMode_HOST:  network.NewHostProvider(),
		pb.NetMode_NONE:  network.NewNoneProvider(),
	}, mode, nil
}

func defaultNetwork(opt Options) (network.Provider, string, error) {
	cfg := opt.File.Workers.OCI.NetworkConfig
	cni := cniprovider.Opt{
		Root:         opt.Root,
		ConfigPath:   or(cfg.CNIConfigPath, appdefaults.DefaultCNIConfigPath),
		BinaryDir:    or(cfg.CNIBinaryPath, appdefaults.DefaultCNIBinDir),
		PoolSize:     cfg.CNIPoolSize,
		BridgeName:   or(cfg.BridgeName, appdefaults.BridgeName),
		BridgeSubnet: or(cfg.BridgeSubnet, appdefaults.BridgeSubnet),
	}
	mode := or(cfg.Mode, "auto")
	if mode == "auto" {
		mode = "host"
		if _, err := os.Stat(cni.ConfigPath); err == nil && !opt.Rootless {
			mode = "cni"
		}
	}
	switch mode {
	case "host":
		return network.NewHostProvider(), "host", nil
	case "cni":
		p, err := cniprovider.New(cni)
		if err != nil {
			return nil, "", fmt.Errorf("cannot set up the CNI network of %s: %w", cni.ConfigPath, err)
		}
		return p, "cni", nil
	case "bridge":
		p, err := cniprovider.NewBridge(cni)
		if err != nil {
			return nil, "", fmt.Errorf("cannot set up the bridge network %s (it needs root, iptables and the CNI plugins in %s): %w", cni.BridgeName, cni.BinaryDir, err)
		}
		return p, "cni", nil
	}
	return nil, "", fmt.Errorf("unknown networkMode %q in the engine configuration, use auto, host, cni or bridge", mode)
}

func dnsConfig(cfg *config.DNSConfig) *oci.DNSConfig {
	if cfg == nil {
		return nil
	}
	return &oci.DNSConfig{
		Nameservers:   cfg.Nameservers,
		Options:       cfg.Options,
		SearchDomains: cfg.SearchDomains,
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
