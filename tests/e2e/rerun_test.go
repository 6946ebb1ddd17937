package e2e

import (
	"os"
	"strings"
	"testing"

	"bake/tests/fixture"
)

const flaky = `
-- docker-bake.hcl --
variable "BASE" {}
group "default" { targets = ["good", "app", "flaky", "other"] }
target "_" {
  contexts = { base = BASE }
}
target "good" {
  inherits          = ["_"]
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  output            = ["type=local,dest=out/good"]
}
target "lib" {
  inherits          = ["_"]
  context           = "src"
  dockerfile-inline = "FROM base\nCOPY . /src\nRUN test -e /src/fixed"
}
target "app" {
  contexts          = { lib = "target:lib" }
  dockerfile-inline = "FROM scratch\nCOPY --from=lib /src /"
  output            = ["type=local,dest=out/app"]
}
target "flaky" {
  inherits          = ["lib"]
  dockerfile-inline = "FROM base AS b\nCOPY . /src\nRUN test -e /src/fixed && true\nFROM scratch\nCOPY --from=b /src /"
  output            = ["type=local,dest=out/flaky"]
}
target "other" {
  inherits          = ["flaky"]
  output            = ["type=local,dest=out/other"]
}
-- src/file --
file
`

// What failed or was skipped is built again, nothing else.
func TestRerunFailed(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, flaky)
	s.share()
	planned := func(args ...string) string {
		return s.run(0, append([]string{"--print", "--rerun-failed"}, args...)...).Stdout
	}
	tells(t, s.run(0, "--rerun-failed"), "no target failed last time")
	s.run(1, "--keep-going")
	tells(t, s.run(1, "--rerun-failed", "--keep-going"), "app     skipped", "flaky   failed", "other   failed")
	if err := os.RemoveAll(s.path("out")); err != nil {
		t.Fatal(err)
	}
	if plan := planned("app", "good"); strings.Contains(plan, "flaky") || strings.Contains(plan, "good") || !strings.Contains(plan, "out/app") {
		t.Errorf("of app and good, app failed:\n%s", plan)
	}
	s.write("-- src/fixed --\n")
	s.run(0, "other") // a run of its own takes nothing from what the others left
	s.run(0, "--rerun-failed")
	if !s.exists("out/app/file") || !s.exists("out/flaky/file") || s.exists("out/good") {
		t.Errorf("built %v", s.files())
	}
	if o := s.run(0, "--rerun-failed"); !strings.Contains(o.Stderr, "no target failed last time") {
		t.Error("something is left")
	}
}
