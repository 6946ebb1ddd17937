package frontend

import (
	"errors"
	"fmt"
	"strings"

	"bake/bake"

	"github.com/moby/buildkit/solver/errdefs"
)

// CapSubrequests is the ability of a frontend to answer calls. A frontend that
// lacks it but hands over to another one may still be asked.
const CapSubrequests = "moby.buildkit.frontend.subrequests+forward"

// UnknownCallError says that no frontend at hand knows a method.
type UnknownCallError struct {
	Method string
	Err    error
}

func (e *UnknownCallError) Error() string {
	text := fmt.Sprintf("the frontend does not know the method %q", bake.CallName(e.Method))
	if similar := bake.SimilarMethod(e.Method); similar != "" {
		text += fmt.Sprintf(": did you mean %q?", similar)
	}
	return text
}

func (e *UnknownCallError) Unwrap() error { return e.Err }

// NewerFrontend answers for engines whose own frontend is too old.
const NewerFrontend = "docker/dockerfile:1"

// NewerFrontendAnswers reports whether the newest official frontend, as an image,
// knows a method that the one in the engine may be too old for.
func NewerFrontendAnswers(method string) bool {
	return method == "lint" || method == "outline" || method == "targets"
}

// LacksMethod reports whether err says that the frontend does not know a
// method. Engines before version 0.9 say so in words only.
func LacksMethod(err error, method string) bool {
	var unsupported *errdefs.UnsupportedSubrequestError
	return errors.As(err, &unsupported) || err != nil && strings.Contains(err.Error(), "unsupported request frontend."+method)
}
