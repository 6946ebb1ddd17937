package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildVersion is stamped in by the linker:
// -ldflags "-X bake/cmd.buildVersion=v1.2.3".
var buildVersion string

// version is the version of bake: the one stamped in, else what the Go
// toolchain recorded.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// moduleVersion is the version of a module that bake is made with.
func moduleVersion(path string) string {
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

// versionOptions are the flags of `bake version`.
type versionOptions struct{ short bool }

func newVersion(a *app, runF func(*app, *versionOptions) error) *cobra.Command {
	o := &versionOptions{}
	c := &cobra.Command{
		Use:                   "version [OPTIONS]",
		Short:                 "Print the versions of bake and of what it is made with",
		Args:                  noArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	c.Flags().BoolVar(&o.short, "short", false, "Print the version of bake only")
	return c
}

func runVersion(a *app, o *versionOptions) error {
	if o.short {
		_, err := fmt.Fprintln(a.out, version())
		return err
	}
	_, err := fmt.Fprintf(a.out, "bake %s\nBuildKit %s\nbuildx %s (language and drivers)\n%s %s/%s\n",
		version(), moduleVersion("github.com/moby/buildkit"), moduleVersion("github.com/docker/buildx"),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
