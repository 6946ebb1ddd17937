package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// maxClient is how much memory bake may use as a client, in KiB, and maxDocker how
// much with 500 jobs on Docker at once: 139 to 148 MiB were measured, of which
// several connections and the records of their builds are a part.
const (
	maxClient = 150 << 10
	maxDocker = 180 << 10
)

// Hundreds of targets are built at once by Docker's own BuildKit, which serves 250
// streams on a connection: docker buildx bake loses jobs beyond some 120. A
// busy machine takes minutes for 500, which "make check" does.
func TestDockerMany(t *testing.T) { onDockers(t, dockerMany) }

func dockerMany(t *testing.T, d *fixture.Docker) {
	many := 260 // more than a connection serves
	if os.Getenv("BAKE_TEST_LONG") != "" {
		many = 500
	}
	s := dockerSite(t, d, `
-- docker-bake.hcl --
variable "SYNTAX" { default = "" }
variable "MANY" { default = 1 }
target "default" {
  name              = "t${n}"
  matrix            = { n = range(0, MANY) }
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /${n}"
  tags              = ["example.com/many:${n}"]
}
target "base" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /base"
  args              = SYNTAX == "" ? {} : { BUILDKIT_SYNTAX = SYNTAX }
}
target "linked" {
  name              = "l${n}"
  matrix            = { n = range(0, 40) }
  contexts          = { base = "target:base" }
  dockerfile-inline = "FROM base\nCOPY docker-bake.hcl /${n}"
  args              = SYNTAX == "" ? {} : { BUILDKIT_SYNTAX = SYNTAX }
  tags              = ["example.com/chain:${n}"]
}
`)
	s.env = append(s.env, "MANY="+strconv.Itoa(many))
	if d.Before(t, 23) {
		frontendImage(t, d, s)
		s.env = append(s.env, "SYNTAX=docker/dockerfile:1")
	}
	for _, tc := range []struct {
		args  []string
		image string
		want  int
	}{
		{[]string{"default"}, "many", many},
		{[]string{"linked", "-j8"}, "chain", 40}, // each has a container for its frontend
	} {
		fixture.ForgetPeak()
		o := fixture.Run(t, s.patient(append(tc.args, "--progress=quiet")...))
		t.Logf("bake %q: exit code %d after %s, %d MiB", tc.args, o.Code, o.Wall, o.MaxRSS>>10)
		if o.Code != 0 {
			t.Fatalf("bake %q: exit code %d\n%s", tc.args, o.Code, o.Stderr)
		}
		if o.MaxRSS > maxDocker {
			t.Errorf("bake %q used %d KiB of memory, more than %d", tc.args, o.MaxRSS, maxDocker)
		}
		names := d.Run(t, "images", "--format", "{{.Repository}}", "example.com/"+tc.image)
		if n := len(strings.Fields(names)); n != tc.want {
			t.Errorf("bake %q: %d images, want %d", tc.args, n, tc.want)
		}
	}
}
