package e2e

import (
	"fmt"
	"os"
	"testing"

	"bake/tests/fixture"
)

const sharing = `
-- docker-bake.hcl --
variable "BASE" {}
variable "REGISTRY" {}
group "default" { targets = ["a", "b", "c", "linked", "dir"] }
target "_" {
  contexts          = { base = BASE }
  dockerfile-inline = <<EOT
FROM base AS shared
COPY own /copied
RUN cat /proc/sys/kernel/random/uuid > /shared
RUN cat /proc/sys/kernel/random/uuid > /more
FROM shared AS a
RUN cat /proc/sys/kernel/random/uuid > /own
FROM shared AS b
RUN sleep 0; cat /proc/sys/kernel/random/uuid > /own
FROM shared AS c
COPY docker-bake.hcl /
RUN cat /proc/sys/kernel/random/uuid > /own
FROM shared AS d
RUN true; cat /proc/sys/kernel/random/uuid > /own
FROM scratch AS out-a
COPY --from=a /shared /more /own /
FROM scratch AS out-b
COPY --from=b /shared /more /own /
FROM scratch AS out-c
COPY --from=c /shared /more /own /
FROM scratch AS out-d
COPY --from=d /shared /more /own /
EOT
}
target "a" {
  inherits   = ["_"]
  target     = "out-a"
  cache-to   = ["type=registry,ref=${REGISTRY}/cache:a,mode=max"]
  cache-from = ["type=registry,ref=${REGISTRY}/cache:a"]
  output     = ["type=local,dest=out/a"]
}
target "b" {
  inherits   = ["_"]
  target     = "out-b"
  cache-to   = ["type=registry,ref=${REGISTRY}/cache:b,mode=max"]
  cache-from = ["type=registry,ref=${REGISTRY}/cache:b"]
  output     = ["type=local,dest=out/b"]
}
target "c" {
  inherits   = ["_"]
  target     = "out-c"
  cache-to   = ["type=registry,ref=${REGISTRY}/cache:c,mode=max"]
  cache-from = ["type=registry,ref=${REGISTRY}/cache:c"]
  output     = ["type=local,dest=out/c"]
}
target "dir" {
  inherits   = ["_"]
  target     = "out-d"
  cache-to   = ["type=local,dest=cache,mode=max"]
  cache-from = ["type=local,src=cache"]
  output     = ["type=local,dest=out/dir"]
}
target "linked" {
  contexts          = { a = "target:a" }
  dockerfile-inline = <<EOT
FROM a AS linked
COPY own /linked
EOT
  cache-to   = ["type=registry,ref=${REGISTRY}/cache:linked,mode=max"]
  cache-from = ["type=registry,ref=${REGISTRY}/cache:linked"]
  output            = ["type=local,dest=out/linked"]
}
-- own --
own
`

// sharing's targets and the files that each of them makes.
var (
	sharingTargets = []string{"a", "b", "c", "dir", "linked"}
	sharingFiles   = []string{"shared", "more", "own"}
)

// Targets that share steps and bring caches of their own all find theirs when
// they are built together: moby/buildkit#4674, docker/buildx#3878. Every step
// makes something else each time it runs.
func TestSharedSteps(t *testing.T) {
	fixture.NeedRoot(t)
	const rounds = 50
	registry := fixture.StartRegistry(t)
	s := newSite(t, sharing)
	s.env = append(s.env, "REGISTRY="+registry.Host)
	made := func() string {
		text := ""
		for _, name := range sharingTargets {
			for _, file := range sharingFiles {
				text += name + "/" + file + " " + s.read("out/"+name+"/"+file)
			}
		}
		if err := os.RemoveAll(s.path("out")); err != nil {
			t.Fatal(err)
		}
		return text
	}
	s.run(0)
	want, hits := made(), 0
	for n := range rounds {
		fixture.MustRun(t, s.command("engine", "prune", "--all"))
		o := fixture.MustRun(t, s.command("--set=*.cache-to=", fmt.Sprintf("--jobs=%d", n%3)))
		if have := made(); have == want {
			hits++
		} else if hits == n {
			t.Logf("round %d, with --jobs=%d, built anew:\n%s\nwant\n%shave\n%s", n, n%3, o.Stderr, want, have)
		}
	}
	t.Logf("%d of %d rounds found everything in the caches", hits, rounds)
	if hits < rounds {
		t.Fail()
	}
}
