package dockerfile

import (
	"fmt"

	"bake/bake"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Requests are what the Dockerfile of a target is resolved for, one for each of its
// platforms, on a builder of the platform native. The configurations of images are
// up to the caller. A platform that is none is an error.
func Requests(t *bake.Target, native ocispecs.Platform) ([]Request, error) {
	req := Request{Args: t.Args, Platform: native, Native: native, Contexts: NewContexts(t.Contexts)}
	if t.Stage != nil {
		req.Stage = *t.Stage
	}
	if len(t.Platforms) == 0 {
		return []Request{req}, nil
	}
	var out []Request
	for _, text := range t.Platforms {
		one := req
		if text = bake.NormalPlatform(text); text != "local" {
			p, err := platforms.Parse(text)
			if err != nil {
				return nil, &Error{Err: fmt.Errorf("platform %q: %w", text, err)}
			}
			one.Platform = p
		}
		out = append(out, one)
	}
	return out, nil
}
