package e2e

import (
	"os"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// unreadable has a file and a directory that their owner cannot read.
const unreadable = `
-- docker-bake.hcl --
target "default" {
  context           = "src"
  dockerfile-inline = "FROM scratch\nCOPY . /"
  output            = ["type=local,dest=out"]
}
-- src/app --
app
-- src/key --
key
-- src/dir/file --
file
`

// TestUnreadableContext builds as an ordinary user from files that the user cannot
// read. No image has an empty file in their stead: it is an error that names the
// file, and the rule by which it is sent.
func TestUnreadableContext(t *testing.T) {
	fixture.NeedRoot(t)
	owner := newUser(t, true)
	s := newSite(t, unreadable)
	s.own(owner)
	lock := func(name string, mode os.FileMode) {
		if err := os.Chmod(s.path(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	lock("src/key", 0)
	text := s.run(1)
	tells(t, text, "key in "+s.path("src"), "permission denied", "leave it out")
	if strings.Contains(text.Stderr, "lets it in") || s.exists("out") {
		t.Error("a rule is named where there is none, or an output is there")
	}
	s.write("-- src/.dockerignore --\n*\n!app\n!key\n")
	tells(t, s.run(1), "key in "+s.path("src"), "permission denied", `"!key" of .dockerignore:3`)

	// What is left out need not be readable.
	lock("src/dir", 0)
	s.write("-- src/.dockerignore --\nkey\ndir\n")
	s.run(0)
	if got := s.read("out/app"); got != "app\n" || s.exists("out/key") || s.exists("out/dir") {
		t.Errorf("have %q", got)
	}
	s.write("-- src/.dockerignore --\nkey\n")
	tells(t, s.run(1), "dir in "+s.path("src"), "permission denied", "no rule of .dockerignore")

	// And once it is readable it is there, whatever failed before.
	lock("src/dir", 0o755)
	lock("src/key", 0o644)
	s.write("-- src/.dockerignore --\nnothing\n")
	s.run(0)
	if key, file := s.read("out/key"), s.read("out/dir/file"); key != "key\n" || file != "file\n" {
		t.Errorf("have %q and %q", key, file)
	}
}
