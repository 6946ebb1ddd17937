//go:build cgo

package runtime

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	goruntime "runtime"
	"runtime/debug"

	"github.com/opencontainers/runc/libcontainer/capabilities"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"
)

// runcVersion is the version of the library that does the work; clients read
// it from --version to tell what they may ask for.
func runcVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/opencontainers/runc" && len(m.Version) > 1 {
				return m.Version[1:]
			}
		}
	}
	return "unknown"
}

// printVersion writes what runc would, since clients parse it.
func printVersion(w io.Writer) {
	fmt.Fprintf(w, "runc version %s\nspec: %s\ngo: %s\n", runcVersion(), specs.Version, goruntime.Version())
	if seccomp.Enabled {
		fmt.Fprintf(w, "libseccomp: %s\n", seccompVersion())
	}
}

func seccompVersion() string {
	major, minor, micro := seccomp.Version()
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}

func defineFeatures(_ *flag.FlagSet, g *globals) action {
	return func([]string) (int, error) {
		enc := json.NewEncoder(g.stdout)
		enc.SetIndent("", "    ")
		return 0, enc.Encode(supported())
	}
}

// supported describes this runtime in the terms of the specification.
func supported() *features.Features {
	yes, no := true, false
	f := &features.Features{
		OCIVersionMin: "1.0.0",
		OCIVersionMax: specs.Version,
		Annotations: map[string]string{
			"org.opencontainers.runc.version":            runcVersion(),
			"org.opencontainers.runc.checkpoint.enabled": "false",
		},
		Hooks:        configs.KnownHookNames(),
		MountOptions: specconv.KnownMountOptions(),
		Linux: &features.Linux{
			Namespaces:      specconv.KnownNamespaces(),
			Capabilities:    capabilities.KnownCapabilities(),
			Cgroup:          &features.Cgroup{V1: &yes, V2: &yes, Systemd: &yes, SystemdUser: &yes, Rdma: &yes},
			Seccomp:         &features.Seccomp{Enabled: &no},
			Apparmor:        &features.Apparmor{Enabled: &yes},
			Selinux:         &features.Selinux{Enabled: &yes},
			MountExtensions: &features.MountExtensions{IDMap: &features.IDMap{Enabled: &yes}},
		},
		PotentiallyUnsafeConfigAnnotations: []string{"bundle", "org.systemd.property."},
	}
	if seccomp.Enabled {
		f.Linux.Seccomp = &features.Seccomp{
			Enabled:        &yes,
			Actions:        seccomp.KnownActions(),
			Operators:      seccomp.KnownOperators(),
			Archs:          seccomp.KnownArchs(),
			KnownFlags:     seccomp.KnownFlags(),
			SupportedFlags: seccomp.SupportedFlags(),
		}
		f.Annotations["io.github.seccomp.libseccomp.version"] = seccompVersion()
	}
	return f
}
