package dockerfile

import (
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// syntaxArg is the build argument that names another frontend than the file does.
const syntaxArg = "BUILDKIT_SYNTAX"

// repositories are those of BuildKit's Dockerfile frontend: its releases, and what
// is to become one.
var repositories = []string{"docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream"}

// Foreign is the frontend image that reads a text in place of BuildKit's own, empty
// if it is that: then nothing is known of what the text means, and it need not be a
// Dockerfile.
func Foreign(text []byte, args map[string]string) string {
	syntax, _, _, _ := parser.DetectSyntax(text)
	return foreign(syntax, args)
}

// Foreign is the function of that name, for a text that could be parsed.
func (f *File) Foreign(args map[string]string) string { return foreign(f.Syntax, args) }

func foreign(image string, args map[string]string) string {
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
	if slices.Contains(repositories, named.Name()) {
		return ""
	}
	return image
}
