package e2e

import (
	"strings"
	"testing"
	"time"

	"bake/tests/fixture"
)

const timed = `
-- docker-bake.hcl --
variable "BASE" {}
variable "NAME" { default = "" }
target "slow" {
  contexts          = { base = BASE }
  dockerfile-inline = "FROM base\nRUN sleep 70 && true"
}
target "quick" {
  contexts          = { base = BASE }
  dockerfile-inline = "FROM base AS b\nRUN sleep 3; echo > /done\nFROM scratch\nCOPY --from=b /done /"
  output            = ["type=local,dest=out"]
}
target "after" {
  contexts          = { quick = "target:quick", base = BASE }
  dockerfile-inline = "FROM base AS b\nCOPY --from=quick / /q\nRUN sleep 3; echo > /after\nFROM scratch\nCOPY --from=b /after /"
  output            = ["type=local,dest=out"]
}
target "pushed" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  tags              = [NAME]
  output            = ["type=registry"]
}
`

// A target that takes too long fails, with what it was at; others go on.
func TestTimeout(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, timed)
	start := time.Now()
	o := s.run(1, "--timeout=5s", "--keep-going", "slow", "after")
	tells(t, o, "target slow: timed out after 5s in step [1/2] RUN sleep 70", "1 failed")
	if strings.Contains(o.Stderr, "target after") || !s.exists("out/after") {
		t.Error("what was not too slow, without what it waited for, was not built")
	}
	if spent := time.Since(start); spent > 40*time.Second {
		t.Errorf("it took %s", spent)
	}
	untilGone(t, "sleep 70")
}

// A registry that does not answer is given up, too.
func TestTimeoutOfPush(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newSite(t, timed)
	p := fixture.StartProxy(t, registry, fixture.Fault{Method: "PUT", Path: "/manifests/", Do: fixture.Hang})
	tells(t, s.run(1, "--timeout=2s", "--var", "NAME="+p.Ref("hangs:1"), "pushed"), "target pushed", "timed out after 2s while it was exported")
}
