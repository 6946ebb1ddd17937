package submit

import (
	"context"
	"fmt"
	"maps"

	"bake/bake/submit/dockerfile"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// frontendAttr tells the embedded engine, which decides by itself, what becomes
// of "# syntax=" lines. Without it, auto is what it does unless it was told else.
const frontendAttr = "bake.frontend"

// solveFrontend runs the frontend. On builders other than the embedded one, if the image of a "# syntax=" line cannot
// be had, the engine's own frontend may stand in.
func (r *run) solveFrontend(ctx context.Context, c gateway.Client, q *request, req gateway.SolveRequest) (*gateway.Result, error) {
	if q.node.Embedded {
		if r.opt.Frontend != frontend.Auto && r.opt.Frontend != "" && req.Frontend == "dockerfile.v0" {
			req.FrontendOpt[frontendAttr] = string(r.opt.Frontend)
		}
		return c.Solve(ctx, req)
	}
	if _, forced := req.FrontendOpt["cmdline"]; forced || r.opt.Frontend == frontend.Image {
		return c.Solve(ctx, req)
	}
	if r.opt.Frontend == frontend.Builtin && frontend.IsOfficial(q.inputs.Dockerfile.Syntax()) {
		req.FrontendOpt["cmdline"] = frontend.OfficialFrontend // a frontend that was chosen already looks for no other
		return c.Solve(ctx, req)
	}
	res, err := c.Solve(ctx, req)
	if err == nil || r.opt.Frontend == frontend.Builtin || !frontend.LacksFrontend(err) {
		return res, err
	}
	r.progress.Warn(frontend.OfficialFrontend + " could not be pulled: the built-in frontend was used instead")
	req.FrontendOpt["cmdline"] = frontend.OfficialFrontend
	return c.Solve(ctx, req)
}

// foreign reports whether the Dockerfile is read by a frontend that may not
// know that sources have names and sessions.
func (q *request) foreign() bool {
	ref := q.inputs.Dockerfile.Syntax()
	if q.frontend == "gateway.v0" {
		ref = q.attrs["source"]
	}
	return ref != "" && !frontend.KnowsSources(ref)
}

// ownFrontend reports whether the frontend of q is an image.
func (q *request) ownFrontend() bool {
	if q.frontend == "gateway.v0" {
		return true
	}
	syntax := q.inputs.Dockerfile.Syntax()
	return syntax != "" && !(q.node.Embedded && frontend.IsOfficial(syntax))
}

// ask makes the frontend answer the call of q. Nothing is built unless the
// frontend itself has to build something for its answer.
func (r *run) ask(ctx context.Context, c gateway.Client, q *request) (map[string]string, error) {
	req, err := r.frontendRequest(ctx, c, q)
	if err != nil {
		return nil, err
	}
	caps := frontend.CapSubrequests
	if known := req.FrontendOpt["frontend.caps"]; known != "" {
		caps = known + "," + caps
	}
	req.FrontendOpt["frontend.caps"] = caps
	req.FrontendOpt["requestid"] = "frontend." + q.call
	res, err := r.solveFrontend(ctx, c, q, req)
	if frontend.LacksMethod(err, q.call) && !q.node.Embedded && !q.foreign() && frontend.NewerFrontendAnswers(q.call) {
		maps.Copy(req.FrontendOpt, map[string]string{"build-arg:BUILDKIT_SYNTAX": frontend.NewerFrontend})
		if newer, newerErr := c.Solve(ctx, req); newerErr == nil {
			res, err = newer, nil
		}
	}
	if frontend.LacksMethod(err, q.call) {
		return nil, failure.In("call", "", &frontend.UnknownCallError{Method: q.call, Err: err})
	}
	if err != nil {
		return nil, err
	}
	answer := map[string]string{}
	for k, v := range res.Metadata {
		answer[k] = string(v)
	}
	return answer, nil
}

// fetchDockerfile downloads the Dockerfile of q through the engine if it is
// given as a URL, and makes it a source like any other.
func (r *run) fetchDockerfile(ctx context.Context, c gateway.Client, q *request) error {
	url := q.inputs.Dockerfile.Url
	if url == "" {
		return nil
	}
	text, err := frontend.ReadURL(ctx, c, url)
	if err != nil {
		return fmt.Errorf("failed to read dockerfile: %w", err)
	}
	d, err := dockerfile.MemoryDockerfile(text)
	if err != nil {
		return err
	}
	return q.placeDockerfile(ctx, r, d)
}
