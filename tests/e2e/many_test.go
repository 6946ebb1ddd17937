package e2e

import (
	"slices"
	"testing"

	"bake/tests/fixture"
)

const many = `
-- docker-bake.hcl --
target "flat" {
  name              = "flat-${n}"
  matrix            = { n = range(0, 500) }
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /${n}"
}
target "fan" {
  name              = "fan-${n}"
  matrix            = { n = range(1, 500) }
  contexts          = { base = "target:flat-0" }
  dockerfile-inline = "FROM base\nCOPY docker-bake.hcl /fan-${n}"
}
target "chain" {
  name              = "chain-${n}"
  matrix            = { n = range(0, 40) }
  contexts          = { base = n == 0 ? "target:flat-0" : "target:chain-${n - 1}" }
  dockerfile-inline = "FROM base\nCOPY docker-bake.hcl /chain-${n}"
}
`

// maxClientMemory is what the client may take for 500 targets, in KiB. With -k
// each target has a job of its own, which takes 75 KiB more. Up to 70 MiB are the
// program itself: how much of its file a kernel maps at a time varies.
const (
	maxClientMemory  = 150 << 10
	maxKeepingMemory = maxClientMemory + 500*75
)

// Hundreds of targets, linked or not, with a limit or without, are built in
// bounded memory. A chain of links took twice as much with each.
func TestManyTargets(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, many)
	for _, args := range [][]string{
		{"-j8", "flat"}, {"-j0", "flat"}, {"-j0", "fan"}, {"-j8", "fan"}, {"-j8", "-k", "fan"}, {"-j1", "-k", "chain"},
	} {
		fixture.ForgetPeak()
		o := fixture.Run(t, s.command(append([]string{"--progress=none"}, args...)...))
		t.Logf("%v: %s, %d MiB", args, o.Wall, o.MaxRSS>>10)
		if o.Code != 0 {
			t.Fatalf("%v: exit code %d\n%s", args, o.Code, o.Stderr)
		}
		most := int64(maxClientMemory)
		if slices.Contains(args, "-k") {
			most = maxKeepingMemory
		}
		if o.MaxRSS > most {
			t.Errorf("%v: the client took %d MiB", args, o.MaxRSS>>10)
		}
	}
}
