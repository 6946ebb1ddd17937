package build

import (
	"context"
	"strconv"
	"strings"

	"bake/bake"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// officialFrontend is the image that engines carry a copy of.
const officialFrontend = "docker/dockerfile"

// frontendAttr tells the embedded engine, which decides by itself, what becomes
// of "# syntax=" lines. Without it, auto is what it does unless it was told else.
const frontendAttr = "bake.frontend"

// solveFrontend runs the frontend. On builders other than the embedded one, if the image of a "# syntax=" line cannot
// be had, the engine's own frontend may stand in.
func (r *run) solveFrontend(ctx context.Context, c gateway.Client, q *request, req gateway.SolveRequest) (*gateway.Result, error) {
	if q.node.embedded {
		if r.opt.Frontend != FrontendAuto && r.opt.Frontend != "" && req.Frontend == "dockerfile.v0" {
			req.FrontendOpt[frontendAttr] = string(r.opt.Frontend)
		}
		return c.Solve(ctx, req)
	}
	if _, forced := req.FrontendOpt["cmdline"]; forced || r.opt.Frontend == FrontendImage {
		return c.Solve(ctx, req)
	}
	if r.opt.Frontend == FrontendBuiltin && isOfficial(q.inputs.dockerfile.syntax()) {
		req.FrontendOpt["cmdline"] = officialFrontend // a frontend that was chosen already looks for no other
		return c.Solve(ctx, req)
	}
	res, err := c.Solve(ctx, req)
	if err == nil || r.opt.Frontend == FrontendBuiltin || !lacksFrontend(err) {
		return res, err
	}
	r.progress.warn(officialFrontend + " could not be pulled: the built-in frontend was used instead")
	req.FrontendOpt["cmdline"] = officialFrontend
	return c.Solve(ctx, req)
}

// lacksFrontend reports whether err says that the official frontend image
// could not be pulled.
func lacksFrontend(err error) bool {
	return strings.Contains(err.Error(), "failed to resolve source metadata for docker.io/"+officialFrontend)
}

// frontendOf is the image of the frontend that reads the Dockerfile of t, as far
// as it is known. It is empty for that of the engine.
func frontendOf(t *bake.Target, d *dockerfile) string {
	if v, ok := t.Args["BUILDKIT_SYNTAX"]; ok {
		ref, _, _ := strings.Cut(strings.TrimSpace(v), " ")
		return ref
	}
	return d.syntax()
}

// isBuildKits reports whether a frontend is that of BuildKit for Dockerfiles, in
// any version.
func isBuildKits(ref string) bool { return ref == "" || ref == "dockerfile.v0" || isOfficial(ref) }

// foreign reports whether the Dockerfile is read by a frontend that may not
// know that sources have names and sessions.
func (q *request) foreign() bool {
	ref := q.inputs.dockerfile.syntax()
	if q.frontend == "gateway.v0" {
		ref = q.attrs["source"]
	}
	return ref != "" && !knowsSources(ref)
}

// ownFrontend reports whether the frontend of q is an image.
func (q *request) ownFrontend() bool {
	if q.frontend == "gateway.v0" {
		return true
	}
	syntax := q.inputs.dockerfile.syntax()
	return syntax != "" && !(q.node.embedded && isOfficial(syntax))
}

// splitFrontend splits the name of a frontend image of Docker from its tag.
func splitFrontend(ref string) (name, tag string) {
	ref, _, _ = strings.Cut(ref, "@")
	name, tag, _ = strings.Cut(ref, ":")
	return strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "index."), tag
}

// isOfficial reports whether a frontend image is docker/dockerfile in any
// version.
func isOfficial(ref string) bool {
	name, _ := splitFrontend(ref)
	return name == officialFrontend || name == officialFrontend+"-upstream"
}

// knowsSources reports whether a frontend image is a docker/dockerfile that
// reads the attribute "local-sessionid", which came with version 1.6.
func knowsSources(ref string) bool {
	if ref == "dockerfile.v0" {
		return true // the engine's own
	}
	if !isOfficial(ref) || strings.Contains(ref, "@") {
		return false
	}
	_, tag := splitFrontend(ref)
	switch tag = strings.TrimSuffix(tag, "-labs"); tag {
	case "", "1", "latest", "labs", "master":
		return true
	}
	version := strings.Split(tag, ".")
	if len(version) < 2 || version[0] != "1" {
		return false
	}
	minor, err := strconv.Atoi(version[1])
	return err == nil && minor >= 6
}
