//go:build linux

package server

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	dockerfileversion "github.com/moby/buildkit/frontend/dockerfile/version"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/worker"
)

// FrontendAttr is the frontend attribute by which a client says what becomes of
// a `# syntax=` line that names the Dockerfile frontend's official image. Its
// values are the Frontend constants; without it, it is [FrontendAuto].
const FrontendAttr = "bake.frontend"

// What becomes of a `# syntax=docker/dockerfile` line.
const (
	FrontendAuto    = "auto"    // the image, or the built-in frontend when it cannot be had
	FrontendBuiltin = "builtin" // the built-in frontend
	FrontendImage   = "image"   // the image
)

// newFrontends makes the Dockerfile frontend and the gateway for frontends
// that come as images, unless the configuration disables them.
func newFrontends(opt Options, workers *worker.Controller, hosts registryHosts) (map[string]frontend.Frontend, error) {
	frontends := map[string]frontend.Frontend{}
	cfg := opt.File.Frontends
	if on := cfg.Dockerfile.Enabled; on == nil || *on {
		d := &dockerfileFrontend{mode: or(opt.Frontend, FrontendAuto), images: newAvailability(hosts)}
		frontends["dockerfile.v0"] = forwarder.NewGatewayForwarder(workers.Infos(), d.build)
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

// dockerfileFrontend is BuildKit's Dockerfile frontend, which is also what a
// `# syntax=docker/dockerfile` line asks for, as an image. It stands in for that
// image when there is no network to get it with.
type dockerfileFrontend struct {
	mode   string
	images *availability
}

// build implements the frontend. It lets BuildKit's do the work and steps in
// where that hands over to the image: see [handover.Solve].
func (f *dockerfileFrontend) build(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
	opts := c.BuildOpts().Opts
	mode := or(opts[FrontendAttr], f.mode)
	switch mode {
	case FrontendAuto, FrontendBuiltin, FrontendImage:
	default:
		return nil, fmt.Errorf("unknown frontend mode %q, use auto, builtin or image", mode)
	}
	h := &handover{Client: c, mode: mode, images: f.images, attrs: map[string]string{}}
	maps.Copy(h.attrs, opts)
	delete(h.attrs, FrontendAttr)
	res, err := dockerfile.Build(ctx, h)
	if h.refused == "" {
		return res, err
	}
	if h.reason != nil {
		warn(ctx, h, fmt.Sprintf("%s cannot be had, the built-in frontend %s stands in: %v",
			h.refused, dockerfileversion.Version(), h.reason), h.hint())
	}
	// With a command line given, the frontend takes itself for the image.
	h.attrs["cmdline"] = h.refused
	return dockerfile.Build(ctx, h)
}

// handover is the client of BuildKit's Dockerfile frontend. It sees the request
// by which that hands a build over to the frontend image.
type handover struct {
	gwclient.Client
	mode   string
	images *availability
	attrs  map[string]string

	refused string // the image that is not to be used
	reason  error  // why it cannot be had; nil if it was not wanted
}

// BuildOpts returns the options with a copy of the attributes: the frontend
// writes to them before it hands over.
func (h *handover) BuildOpts() gwclient.BuildOpts {
	opts := h.Client.BuildOpts()
	opts.Opts = maps.Clone(h.attrs)
	return opts
}

// errRefused ends the frontend's first attempt.
var errRefused = errors.New("the built-in frontend is to be used")

// Solve passes requests on, except that for the official frontend image when
// the built-in frontend is to be used instead.
func (h *handover) Solve(ctx context.Context, req gwclient.SolveRequest) (*gwclient.Result, error) {
	ref := req.FrontendOpt[frontend.KeySource]
	if req.Frontend != "gateway.v0" || h.mode == FrontendImage || !standsInFor(ref, h.attrs) {
		return h.Client.Solve(ctx, req)
	}
	if h.mode == FrontendBuiltin {
		h.refused = ref
		return nil, errRefused
	}
	if pinned(ref) {
		res, err := h.Client.Solve(ctx, req)
		if err != nil && h.images.check(ctx, h.Client, ref) != nil {
			err = fmt.Errorf("%w (it is pinned by digest, so the built-in frontend does not stand in unless told to with --frontend builtin)", err)
		}
		return res, err
	}
	if err := h.images.check(ctx, h.Client, ref); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		h.refused, h.reason = ref, err
		return nil, errRefused
	}
	res, err := h.Client.Solve(ctx, req)
	if err != nil && ctx.Err() == nil && h.images.recheck(ctx, h.Client, ref) != nil {
		// The network went away since the image was last seen.
		h.refused, h.reason = ref, err
		return nil, errRefused
	}
	return res, err
}

func (h *handover) hint() string {
	return "Features newer than the built-in frontend are missing. Use --frontend builtin to do without the image, --frontend image to insist on it."
}

// warn shows msg as a warning of the build, at the `# syntax=` line if that is
// where the image comes from.
func warn(ctx context.Context, c gwclient.Client, msg, detail string) {
	bklog.G(ctx).Warn(msg)
	ui, err := dockerui.NewClient(c)
	if err != nil {
		return // the build itself will fail with this
	}
	src, err := ui.ReadEntrypoint(ctx, "Dockerfile")
	if err != nil {
		return
	}
	opts := gwclient.WarnOpts{Level: 1, Detail: [][]byte{[]byte(detail)}}
	if _, _, lines, ok := parser.DetectSyntax(src.Data); ok {
		for _, l := range lines {
			opts.Range = append(opts.Range, &pb.Range{
				Start: &pb.Position{Line: int32(l.Start.Line), Character: int32(l.Start.Character)},
				End:   &pb.Position{Line: int32(l.End.Line), Character: int32(l.End.Character)},
			})
		}
	}
	src.Warn(ctx, msg, opts)
}
