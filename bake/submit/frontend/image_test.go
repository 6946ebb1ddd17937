package frontend

import (
	"testing"

	"bake/bake/submit/dockerfile"
)

func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"FROM scratch\n":                           "",
		"# syntax=docker/dockerfile:1\nFROM x\n":   "docker/dockerfile:1",
		"\xef\xbb\xbf# syntax=a/b\nFROM x\n":       "a/b",
		"# a comment\n# syntax=docker/x\nFROM x\n": "",
	} {
		if got := (&dockerfile.File{Data: []byte(text)}).Syntax(); got != want {
			t.Errorf("%q: syntax is %q, want %q", text, got, want)
		}
	}
	for ref, want := range map[string]bool{
		"docker/dockerfile": true, "docker/dockerfile:1": true, "docker.io/docker/dockerfile:1-labs": true, "docker/dockerfile:1.6": true,
		"docker/dockerfile:1.20.1-labs": true, "docker/dockerfile-upstream:master": true, "dockerfile.v0": true,
		"docker/dockerfile:1.5": false, "docker/dockerfile:1.0-experimental": false, "docker/dockerfile:experimental": false,
		"example.com/docker/dockerfile:1": false, "me/frontend": false,
	} {
		if got := KnowsSources(ref); got != want {
			t.Errorf("knowsSources(%q) is %v", ref, got)
		}
	}
}
