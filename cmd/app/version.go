package app

import "runtime/debug"

// buildVersion is stamped in by the linker:
// -ldflags "-X bake/cmd/app.buildVersion=v1.2.3".
var buildVersion string

// Version is the version of bake: the one stamped in, else what the Go
// toolchain recorded.
func Version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// ModuleVersion is the version of a module that bake is made with.
func ModuleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range info.Deps {
		if m.Path == path {
			return m.Version
		}
	}
	return "unknown"
}
