package dockerfile

import (
	"strings"

	"github.com/distribution/reference"
)

// syntaxArg is the build argument that names another frontend than the file does.
const syntaxArg = "BUILDKIT_SYNTAX"

// repositories are those of BuildKit's Dockerfile frontend: its releases, and what
// is to become one.
var repositories = []string{"docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream"}

// Foreign is the frontend image that reads the file in place of BuildKit's own,
// empty if it is that: then nothing is known of what the file means.
func (f *File) Foreign(args map[string]string) string {
	image := f.Syntax
	if given := args[syntaxArg]; given != "" {
		image = given
	}
	if image, _, _ = strings.Cut(strings.TrimSpace(image), " "); image == "" {
		return ""
	}
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return image
	}
	for _, own := range repositories {
		if named.Name() == own {
			return ""
		}
	}
	return image
}
