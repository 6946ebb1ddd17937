package inspect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/buildx/util/imagetools"
	"github.com/spf13/cobra"

	"bake/bake/submit/failure"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/verb"
)

// inspectOptions are the flags of `bake inspect`.
type inspectOptions struct {
	image   string
	builder string
	format  string
	raw     bool
}

// New makes `bake inspect`.
func New(a *app.App, runF func(*app.App, *inspectOptions) error) *cobra.Command {
	o := &inspectOptions{}
	c := &cobra.Command{
		Use:   "inspect [OPTIONS] IMAGE",
		Short: "Show an image: platforms, digests, sizes, config, attestations",
		Long: `Show an image in a registry, or in an OCI layout directory: what it is made of
for each platform, with digests, sizes, configuration and attestations. No
builder and no Docker is needed, and nothing is pulled but descriptions.

  bake inspect ghcr.io/me/app:1.0
  bake inspect oci-layout://out/app:1.0
  bake inspect --format '{{json .Provenance}}' ghcr.io/me/app:1.0`,
		Args:                  exactlyOneImage,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			o.image = args[0]
			return runF(a, o)
		},
	}
	flags := c.Flags()
	flags.StringVar(&o.format, "format", "", "Go `TEMPLATE` of what to show: .Name .Manifest .Image .SBOM .Provenance, as with docker buildx imagetools inspect")
	flags.BoolVar(&o.raw, "raw", false, "Show the manifest as it is, byte for byte")
	flags.StringVar(&o.builder, "builder", a.Env["BUILDX_BUILDER"], "Reach registries as the builder `NAME` does; else as $BUILDX_BUILDER, the current builder of buildx or the embedded engine")
	flags.Lookup("builder").DefValue = ""
	verb.MustComplete(c, "builder", builders.CompleteBuilders(a))
	return c
}

func exactlyOneImage(c *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return exit.Usagef("%s wants the name of one image, but got %d", c.CommandPath(), len(args)).WithHint("See '%s --help'.", c.CommandPath())
}

// Run shows an image.
func Run(a *app.App, o *inspectOptions) error {
	if o.raw && o.format != "" {
		return exit.Usagef("--raw and --format exclude each other")
	}
	where, err := imagetools.ParseLocation(o.image)
	if err != nil {
		return exit.Usagef("invalid image %q: %w", o.image, err)
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	if where.IsOCILayout() {
		tidy, err := openLayout(where.OCILayout().Path)
		if err != nil {
			return err
		}
		defer tidy()
	}
	domain := ""
	if where.IsRegistry() {
		domain = reference.Domain(where.Named())
	}
	options, err := registryOptions(a, o.builder, domain)
	if err != nil {
		return err
	}
	err = writeImage(ctx, a, o, options, where)
	return app.InterruptedOr(ctx, inspectError(where, err))
}

// writeImage shows the image in the form that was asked for.
func writeImage(ctx context.Context, a *app.App, o *inspectOptions, options imagetools.Opt, where *imagetools.Location) error {
	if !o.raw && o.format == "" {
		view, err := readImage(ctx, imagetools.New(options), where)
		if err != nil {
			return err
		}
		return view.write(a.Out)
	}
	p, err := imagetools.NewPrinter(ctx, options, o.image, o.format)
	if err != nil {
		return err
	}
	out := a.Templated(o.format)
	if o.raw {
		out = a.Raw()
	}
	return p.Print(o.raw, out)
}

// inspectError says which image could not be shown, and why.
func inspectError(where *imagetools.Location, err error) error {
	if err == nil {
		return nil
	}
	failed := &exit.Error{Code: exit.Build, Err: fmt.Errorf("inspect %s: %w", where, err)}
	switch {
	case strings.HasPrefix(err.Error(), "template: "):
		return exit.Usagef("invalid --format: %w", err)
	case errdefs.IsNotFound(err):
		failed.Code = exit.Usage
		if where.IsOCILayout() {
			return failed.WithHint("The tags of a layout are in its index.json; without a tag it is \"latest\".")
		}
	case failure.Unreachable(err):
		failed.Code = exit.Unreachable
	}
	failed.Hint = diagnostics.FailureHint(err, exit.Build)
	return failed
}

// openLayout sees to it that there is a layout: where there is none, the reader
// would make one. What it makes in any layout is removed by the returned function.
func openLayout(dir string) (tidy func(), err error) {
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err != nil {
		return nil, exit.Usagef("%s is no OCI layout: %w", dir, err)
	}
	ingest := filepath.Join(dir, "ingest")
	if _, err := os.Stat(ingest); err == nil {
		return func() {}, nil
	}
	return func() { _ = os.Remove(ingest) }, nil
}

// shortType is a media type without what all of them have.
func shortType(mediaType string) string {
	return strings.TrimPrefix(mediaType, "application/")
}
