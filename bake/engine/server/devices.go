//go:build linux

package server

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/solver/llbsolver/cdidevices"
	"github.com/moby/buildkit/util/appdefaults"
	"github.com/moby/buildkit/util/bklog"
	"tags.cncf.io/container-device-interface/pkg/cdi"
)

// deviceEntitlement lets a build ask for devices. As in stock BuildKit it is
// granted by the engine unless devices are disabled, and is still up to the
// client to grant.
const deviceEntitlement = "device"

func devicesEnabled(cfg config.CDIConfig) bool { return cfg.Disabled == nil || !*cfg.Disabled }

// newDevices reads which devices of the host containers can be given. It is nil
// when they are disabled.
func newDevices(cfg config.CDIConfig) (*cdidevices.Manager, error) {
	if !devicesEnabled(cfg) {
		return nil, nil
	}
	dirs := cfg.SpecDirs
	if len(dirs) == 0 {
		dirs = appdefaults.CDISpecDirs
	}
	cache, err := cdi.NewCache(cdi.WithSpecDirs(dirs...))
	if err != nil {
		return nil, fmt.Errorf("cannot read the device specifications: %w", err)
	}
	for file, errs := range cache.GetErrors() {
		// A directory that is missing is no error: it is looked for again.
		if _, err := os.Stat(file); err == nil {
			bklog.L.Warnf("device specification %s: %v", file, errs)
		}
	}
	return cdidevices.NewManager(cache, cfg.AutoAllowed), nil
}
