package frontend

import (
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/dockerfile"
)

// OfficialFrontend is the image that engines carry a copy of.
const OfficialFrontend = "docker/dockerfile"

// LacksFrontend reports whether err says that the official frontend image
// could not be pulled.
func LacksFrontend(err error) bool {
	return strings.Contains(err.Error(), "failed to resolve source metadata for docker.io/"+OfficialFrontend)
}

// splitFrontend splits the name of a frontend image of Docker from its tag.
func splitFrontend(ref string) (name, tag string) {
	ref, _, _ = strings.Cut(ref, "@")
	name, tag, _ = strings.Cut(ref, ":")
	return strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "index."), tag
}

// IsOfficial reports whether a frontend image is docker/dockerfile in any
// version.
func IsOfficial(ref string) bool {
	name, _ := splitFrontend(ref)
	return name == OfficialFrontend || name == OfficialFrontend+"-upstream"
}

// KnowsSources reports whether a frontend image is a docker/dockerfile that
// reads the attribute "local-sessionid", which came with version 1.6.
func KnowsSources(ref string) bool {
	if ref == "dockerfile.v0" {
		return true // the engine's own
	}
	if !IsOfficial(ref) || strings.Contains(ref, "@") {
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

// Choice says what becomes of a "# syntax=" line in a Dockerfile.
type Choice string

// The choices of a frontend.
const (
	// Auto uses the image named by the line and falls back to the
	// engine's own frontend if docker/dockerfile cannot be pulled.
	Auto Choice = "auto"
	// Builtin always uses the engine's own frontend.
	Builtin Choice = "builtin"
	// Image always uses the image, and fails without it.
	Image Choice = "image"
)

// Of is the image of the frontend that reads the Dockerfile of t, as far
// as it is known. It is empty for that of the engine.
func Of(t *bake.Target, d *dockerfile.File) string {
	if v, ok := t.Args["BUILDKIT_SYNTAX"]; ok {
		ref, _, _ := strings.Cut(strings.TrimSpace(v), " ")
		return ref
	}
	return d.Syntax()
}

// IsBuildKits reports whether a frontend is that of BuildKit for Dockerfiles, in
// any version.
func IsBuildKits(ref string) bool { return ref == "" || ref == "dockerfile.v0" || IsOfficial(ref) }
