package cmd

import (
	"fmt"
	"runtime"

	"bake/cmd/app"
	"bake/cmd/verb"

	"github.com/spf13/cobra"
)

// versionOptions are the flags of `bake version`.
type versionOptions struct{ short bool }

func newVersion(a *app.App, runF func(*app.App, *versionOptions) error) *cobra.Command {
	o := &versionOptions{}
	c := &cobra.Command{
		Use:                   "version [OPTIONS]",
		Short:                 "Print the versions of bake and of what it is made with",
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	c.Flags().BoolVar(&o.short, "short", false, "Print the version of bake only")
	return c
}

func runVersion(a *app.App, o *versionOptions) error {
	if o.short {
		_, err := fmt.Fprintln(a.Out, app.Version())
		return err
	}
	_, err := fmt.Fprintf(a.Out, "bake %s\nBuildKit %s\nbuildx %s (language and drivers)\n%s %s/%s\n",
		app.Version(), app.ModuleVersion("github.com/moby/buildkit"), app.ModuleVersion("github.com/docker/buildx"),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
