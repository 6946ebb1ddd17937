package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"bake/bake"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
)

// capSubrequests is the ability of a frontend to answer calls. A frontend that
// lacks it but hands over to another one may still be asked.
const capSubrequests = "moby.buildkit.frontend.subrequests+forward"

// asks reports whether the frontend is asked about t and t is not built. A call
// that cannot be read is reported when t is prepared.
func asks(t *bake.Target) bool {
	method, err := t.Asks()
	return err == nil && method != ""
}

// UnknownCallError says that no frontend at hand knows a method.
type UnknownCallError struct {
	Method string
	err    error
}

func (e *UnknownCallError) Error() string {
	text := fmt.Sprintf("the frontend does not know the method %q", bake.CallName(e.Method))
	if similar := bake.SimilarMethod(e.Method); similar != "" {
		text += fmt.Sprintf(": did you mean %q?", similar)
	}
	return text
}

func (e *UnknownCallError) Unwrap() error { return e.err }

// ask makes the frontend answer the call of q. Nothing is built unless the
// frontend itself has to build something for its answer.
func (r *run) ask(ctx context.Context, c gateway.Client, q *request) (map[string]string, error) {
	req, err := r.frontendRequest(ctx, c, q)
	if err != nil {
		return nil, err
	}
	caps := capSubrequests
	if known := req.FrontendOpt["frontend.caps"]; known != "" {
		caps = known + "," + caps
	}
	req.FrontendOpt["frontend.caps"] = caps
	req.FrontendOpt["requestid"] = "frontend." + q.call
	res, err := r.solveFrontend(ctx, c, q, req)
	if lacksMethod(err, q.call) && !q.node.embedded && !q.foreign() && newerFrontendAnswers(q.call) {
		maps.Copy(req.FrontendOpt, map[string]string{"build-arg:BUILDKIT_SYNTAX": newerFrontend})
		if newer, newerErr := c.Solve(ctx, req); newerErr == nil {
			res, err = newer, nil
		}
	}
	if lacksMethod(err, q.call) {
		return nil, in("call", "", &UnknownCallError{q.call, err})
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

// newerFrontend answers for engines whose own frontend is too old.
const newerFrontend = "docker/dockerfile:1"

func newerFrontendAnswers(method string) bool {
	return method == "lint" || method == "outline" || method == "targets"
}

// lacksMethod reports whether err says that the frontend does not know a
// method. Engines before version 0.9 say so in words only.
func lacksMethod(err error, method string) bool {
	var unsupported *errdefs.UnsupportedSubrequestError
	return errors.As(err, &unsupported) || err != nil && strings.Contains(err.Error(), "unsupported request frontend."+method)
}
