package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// newUser adds an ordinary user to the system until the test ends, with a range
// of subordinate ids or without.
func newUser(t *testing.T, ranges bool) *syscall.Credential {
	t.Helper()
	fixture.NeedRoot(t)
	add, del := fixture.Program(t, "useradd", "passwd"), fixture.Program(t, "userdel", "passwd")
	mod := fixture.Program(t, "usermod", "passwd")
	fixture.Program(t, "newuidmap", "uidmap")
	name := fmt.Sprintf("bake-e2e-%d", os.Getpid())
	// A system user is given no subordinate ids.
	fixture.MustRun(t, exec.Command(add, "--system", "--no-create-home", "--shell", "/bin/sh", name))
	t.Cleanup(func() { fixture.MustRun(t, exec.Command(del, name)) })
	if ranges {
		fixture.MustRun(t, exec.Command(mod, "--add-subuids", "4000000-4065535", "--add-subgids", "4000000-4065535", name))
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// own gives a site to a user, with the engine where that user has it by default.
func (s *site) own(owner *syscall.Credential) {
	s.t.Helper()
	top := filepath.Dir(s.dir)
	s.owner = owner
	s.engine = filepath.Join(top, "home", ".local", "state", "bake", "engine")
	kept := s.env[:0]
	for _, pair := range s.env {
		if !strings.HasPrefix(pair, "BAKE_ENGINE_DIR=") {
			kept = append(kept, pair)
		}
	}
	s.env = kept
	err := filepath.WalkDir(top, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(owner.Uid), int(owner.Gid))
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// ordinary has what an ordinary user's build is made of: RUN, COPY, a link and
// an OCI output.
const ordinary = `
-- docker-bake.hcl --
variable "BASE" {}
target "common" {
  contexts          = { base = BASE }
  dockerfile-inline = <<EOF
FROM base
RUN id -u > /common && echo "$HOME" >> /common
EOF
}
target "default" {
  contexts = { common = "target:common" }
  output   = ["type=oci,dest=out/app.tar,rewrite-timestamp=true", "type=local,dest=out/app"]
}
-- Dockerfile --
FROM common
COPY file /dir/
RUN --mount=type=cache,target=/cache cat /dir/file /common > /both && ls -ln /dir
-- file --
file
`

const ordinaryWant = "file\n0\n/root\n"

func TestRootless(t *testing.T) {
	for _, tc := range []struct {
		name   string
		ranges bool
	}{{"subordinate ids", true}, {"single id", false}} {
		t.Run(tc.name, func(t *testing.T) {
			owner := newUser(t, tc.ranges)
			s := newSite(t, ordinary)
			s.own(owner)
			s.env = append(s.env, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
			o := s.run(0)
			if got := s.read("out/app/both"); got != ordinaryWant {
				t.Errorf("have %q", got)
			}
			if info, err := os.Stat(s.path("out/app.tar")); err != nil || info.Sys().(*syscall.Stat_t).Uid != owner.Uid {
				t.Errorf("out/app.tar: %+v, %v", info, err)
			}
			for path, entry := range fixture.ReadDir(t, s.path("out/app")) {
				if entry.UID != int(owner.Uid) {
					t.Errorf("out/app/%s belongs to %d", path, entry.UID)
				}
			}
			if told := strings.Contains(o.Stderr, "single"); told == tc.ranges {
				t.Errorf("whether there is a single id is told: %v", told)
			}
			if state := s.engineState(); !state.Rootless || state.SingleID == tc.ranges {
				t.Errorf("the engine is %+v", state)
			}
			s.run(0, "engine", "prune", "--all")
			s.compareWithRoot()
		})
	}
}

// compareWithRoot builds again as root: the image must be the same.
func (s *site) compareWithRoot() {
	s.t.Helper()
	ours := fixture.ReadBuilt(s.t, s.path("out/app.tar"))
	root := newSite(s.t, ordinary)
	root.share()
	root.env = append(root.env, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	root.run(0)
	theirs := fixture.ReadBuilt(s.t, root.path("out/app.tar"))
	if ours.Digest != theirs.Digest {
		s.t.Errorf("the image is another than root's:\n%s\n%s", describe(ours), describe(theirs))
	}
}

// Owners that a single id cannot give are an error; that there is a single id,
// and what to do about it, was told when the engine was started.
func TestRootlessOwners(t *testing.T) {
	for _, tc := range []struct {
		name   string
		ranges bool
		code   int
	}{{"subordinate ids", true, 0}, {"single id", false, 1}} {
		t.Run(tc.name, func(t *testing.T) {
			owner := newUser(t, tc.ranges)
			s := newSite(t, `
-- docker-bake.hcl --
variable "BASE" {}
target "default" {
  contexts = { base = BASE }
  output   = ["type=tar,dest=out.tar"]
}
-- Dockerfile --
FROM base
RUN touch /theirs && chown 1000:1000 /theirs
`)
			s.own(owner)
			o := s.run(tc.code)
			if tc.code != 0 {
				tells(t, o, "target default", "Dockerfile:2", "chown", "--add-subuids")
				return
			}
			if got := fixture.ReadTarFile(t, s.path("out.tar"))["theirs"]; got.UID != 1000 {
				t.Errorf("/theirs belongs to %d", got.UID)
			}
		})
	}
}

// The engine of a user that is killed is replaced, as root's is.
func TestRootlessKilled(t *testing.T) {
	owner := newUser(t, true)
	s := newSite(t, slow)
	s.own(owner)
	build := s.start("--var", "SLEEP=351351")
	untilRunning(t, "sleep 351351")
	if err := syscall.Kill(s.engineState().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	build.wait(10*time.Second, 5)
	untilGone(t, "sleep 351351")
	s.run(0)
}
