package e2e

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// unrunnable is a system whose programs are for a platform that exists, but
// that neither this machine runs nor any emulator on it.
func unrunnable(t *testing.T) (layout fixture.Layout, platform string) {
	t.Helper()
	const s390x = 22 // in the header of a program
	files := fixture.Busybox(t)
	for n := range files {
		if data := files[n].Data; len(data) > 20 && string(data[:4]) == "\x7fELF" {
			data = slices.Clone(data)
			data[18], data[19] = s390x, 0
			files[n].Data = data
		}
	}
	platform = "linux/s390x"
	return fixture.WriteLayout(t, "1",
		fixture.Image(t, platform, files...), fixture.Image(t, fixture.LocalPlatform(), files...)), platform
}

// A command that cannot run for its platform fails with what to do about it;
// one that is not needed does not, nor does copying.
func TestEmulation(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	layout, platform := unrunnable(t)
	s := newSite(t, `
-- docker-bake.hcl --
variable "BASE" {}
variable "FOREIGN" {}
target "run" {
  contexts  = { base = FOREIGN, native = BASE }
  platforms = ["`+platform+`"]
}
target "copy" {
  inherits = ["run"]
  target   = "copy"
  output   = ["type=local,dest=copy"]
}
target "cross" {
  inherits = ["run"]
  target   = "cross"
  output   = ["type=local,dest=cross"]
}
target "mislabelled" {
  inherits  = ["run"]
  platforms = []
}
-- Dockerfile --
FROM base AS copy
COPY docker-bake.hcl /

FROM --platform=$BUILDPLATFORM native AS compile
ARG TARGETARCH
RUN echo $TARGETARCH > /arch
FROM scratch AS cross
COPY --from=compile /arch /

FROM base
COPY docker-bake.hcl /
RUN echo hello
`)
	s.env = append(s.env, "FOREIGN="+layout.Context())
	s.run(0, "copy", "cross")
	if got := s.read("cross/arch"); got != "s390x\n" {
		t.Errorf("compiled for %q", got)
	}
	o := s.run(1, "run")
	tells(t, o, "Dockerfile:12:1", "runs programs for "+platform, "the builder runs linux/"+runtime.GOARCH,
		"tonistiigi/binfmt --install s390x", "apt-get install qemu-user-static", "$BUILDPLATFORM")
	o = s.run(1, "mislabelled")
	tells(t, o, "platform than linux/"+runtime.GOARCH)
	if strings.Contains(o.Stderr, "binfmt") {
		t.Error("an emulator would not help")
	}
}
