package engine

import "runtime/debug"

// buildVersion is the version of bake that the Go toolchain recorded. Programs
// that stamp their own set Config.Version.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
