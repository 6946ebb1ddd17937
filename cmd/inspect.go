package cmd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/buildx/util/confutil"
	"github.com/docker/buildx/util/dockerutil"
	"github.com/docker/buildx/util/imagetools"
	"github.com/docker/buildx/util/resolver"
	"github.com/spf13/cobra"

	"bake/bake/build"
)

// inspectOptions are the flags of `bake inspect`.
type inspectOptions struct {
	image   string
	builder string
	format  string
	raw     bool
}

func newInspect(a *app, runF func(*app, *inspectOptions) error) *cobra.Command {
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
	flags.StringVar(&o.builder, "builder", a.env["BUILDX_BUILDER"], "Reach registries as the configuration of the builder of this `NAME` says (default $BUILDX_BUILDER)")
	flags.Lookup("builder").DefValue = ""
	mustComplete(c, "builder", a.completeBuilders)
	return c
}

func exactlyOneImage(c *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return usageErrorf("%s wants the name of one image, but got %d", c.CommandPath(), len(args)).withHint("See '%s --help'.", c.CommandPath())
}

func runInspect(a *app, o *inspectOptions) error {
	if o.raw && o.format != "" {
		return usageErrorf("--raw and --format exclude each other")
	}
	where, err := imagetools.ParseLocation(o.image)
	if err != nil {
		return usageErrorf("invalid image %q: %w", o.image, err)
	}
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	if where.IsOCILayout() {
		tidy, err := openLayout(where.OCILayout().Path)
		if err != nil {
			return err
		}
		defer tidy()
	}
	options, err := a.registryOptions(o.builder)
	if err != nil {
		return err
	}
	if where.IsRegistry() {
		if err := trust(options.RegistryConfig[reference.Domain(where.Named())]); err != nil {
			return usageErrorf("the certificates for %s: %w", reference.Domain(where.Named()), err)
		}
	}
	err = a.writeImage(ctx, o, options, where)
	return interruptedOr(ctx, inspectError(where, err))
}

// writeImage shows the image in the form that was asked for.
func (a *app) writeImage(ctx context.Context, o *inspectOptions, options imagetools.Opt, where *imagetools.Location) error {
	if !o.raw && o.format == "" {
		view, err := readImage(ctx, imagetools.New(options), where)
		if err != nil {
			return err
		}
		return view.write(a.out)
	}
	p, err := imagetools.NewPrinter(ctx, options, o.image, o.format)
	if err != nil {
		return err
	}
	return p.Print(o.raw, a.out)
}

// inspectError says which image could not be shown, and why.
func inspectError(where *imagetools.Location, err error) error {
	if err == nil {
		return nil
	}
	failed := &exitError{code: ExitBuild, err: fmt.Errorf("inspect %s: %w", where, err)}
	switch {
	case strings.HasPrefix(err.Error(), "template: "):
		return usageErrorf("invalid --format: %w", err)
	case errdefs.IsNotFound(err):
		failed.code = ExitUsage
		if where.IsOCILayout() {
			return failed.withHint("The tags of a layout are in its index.json; without a tag it is \"latest\".")
		}
	case build.Unreachable(err):
		failed.code = ExitUnreachable
	}
	failed.hint = failureHint(err, ExitBuild)
	return failed
}

// openLayout sees to it that there is a layout: where there is none, the reader
// would make one. What it makes in any layout is removed by the returned function.
func openLayout(dir string) (tidy func(), err error) {
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err != nil {
		return nil, usageErrorf("%s is no OCI layout: %w", dir, err)
	}
	ingest := filepath.Join(dir, "ingest")
	if _, err := os.Stat(ingest); err == nil {
		return func() {}, nil
	}
	return func() { _ = os.Remove(ingest) }, nil
}

// registryOptions are how to reach registries: with the credentials of Docker,
// and the mirrors and certificates that a builder was configured with. Without
// a builder of buildx these are those of the embedded engine.
func (a *app) registryOptions(name string) (imagetools.Opt, error) {
	cli, err := a.dockerCLI()
	if err != nil {
		return imagetools.Opt{}, err
	}
	builders := newBuildxStore(a.env)
	var group *store.NodeGroup
	switch {
	case name == embeddedName:
	case name != "":
		if group, err = builders.builder(name); group == nil && err == nil && name != cli.CurrentContext() {
			err = usageErrorf("no builder %q found, %s", name, a.namedBy(name)).withHint("`bake builders` lists the builders.")
		}
	default:
		endpoint, failed := dockerutil.GetCurrentEndpoint(cli)
		if failed == nil {
			group, err = builders.current(endpoint)
		}
	}
	if err != nil {
		return imagetools.Opt{}, err
	}
	if group == nil {
		if group, err = a.engineAsGroup(); err != nil {
			return imagetools.Opt{}, err
		}
	}
	options, err := storeutil.GetImageConfig(cli, group)
	if err != nil {
		return options, usageErrorf("the configuration of the builder %s: %w", group.Name, err)
	}
	return options, nil
}

// engineAsGroup is the embedded engine as a builder of buildx would be, with
// the files of its configuration.
func (a *app) engineAsGroup() (*store.NodeGroup, error) {
	group := &store.NodeGroup{Name: embeddedName, Nodes: []store.Node{{}}}
	cfg, err := a.engineConfig()
	if err != nil || cfg.File == "" {
		return group, err
	}
	if group.Nodes[0].Files, err = confutil.LoadConfigFiles(cfg.File); err != nil {
		return nil, usageErrorf("the configuration of the engine: %w", err)
	}
	return group, nil
}

// trust lets the one registry that this process talks to be reached with the
// certificates it was configured with. The client of imagetools forgets them: it
// always uses the transport of the process.
func trust(c resolver.RegistryConfig) error {
	insecure := c.Insecure != nil && *c.Insecure
	if len(c.RootCAs) == 0 && len(c.KeyPairs) == 0 && !insecure {
		return nil
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return errors.New("the transport of the process cannot be configured")
	}
	config := &tls.Config{InsecureSkipVerify: insecure} // asked for in the configuration
	if len(c.RootCAs) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		for _, pem := range c.RootCAs {
			pool.AppendCertsFromPEM(pem)
		}
		config.RootCAs = pool
	}
	for _, pair := range c.KeyPairs {
		one, err := tls.X509KeyPair(pair.Certificate, pair.Key)
		if err != nil {
			return err
		}
		config.Certificates = append(config.Certificates, one)
	}
	transport.TLSClientConfig = config
	return nil
}

// shortType is a media type without what all of them have.
func shortType(mediaType string) string {
	return strings.TrimPrefix(mediaType, "application/")
}
