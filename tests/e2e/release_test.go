package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// six is a release of six images, one of them for two platforms, with twelve
// tags in two repositories.
const six = `
-- docker-bake.hcl --
variable "PLACE" {}
variable "V" { default = "2" }
group "default" { targets = ["image", "several"] }
target "_image" {
  args              = { V = V }
  dockerfile-inline = "FROM scratch\nARG N\nARG V\nCOPY docker-bake.hcl /${V}/"
  output            = ["type=registry"]
}
target "image" {
  inherits = ["_image"]
  name     = "i${n}"
  matrix   = { n = [1, 2, 3, 4, 5] }
  labels   = { n = "${n}" }
  tags     = ["${PLACE}/${n % 2 == 0 ? "app" : "web"}:t-${n}", "${PLACE}/${n % 2 == 0 ? "app" : "web"}:t-${n}-latest"]
}
target "several" {
  inherits  = ["_image"]
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${PLACE}/app:t-6", "${PLACE}/web:t-6"]
}
`

// sixTags are the tags of it.
func sixTags() []string {
	tags := []string{"app:t-6", "web:t-6"}
	for n := 1; n <= 5; n++ {
		repository := []string{"app", "web"}[n%2]
		tags = append(tags, fmt.Sprintf("%s:t-%d", repository, n), fmt.Sprintf("%s:t-%d-latest", repository, n))
	}
	slices.Sort(tags)
	return tags
}

// stage is where releases are rehearsed: a site, a registry with the images of
// the release before, and what the tags are before and after.
type stage struct {
	*site
	registry *fixture.Registry
	old, new map[string]string // digests by tag
	requests int               // of a release that goes well
	puts     int               // of these, to move tags
	places   atomic.Int32
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{site: newSite(t, six), registry: fixture.StartRegistry(t)}
	s.share()
	s.env = append(s.env, "BUILDX_NO_DEFAULT_ATTESTATIONS=1") // they hold times
	s.run(0, "--var", "PLACE="+s.registry.Ref("old"), "--var", "V=1")
	s.old = s.tags("old")
	p := s.place()
	s.check(0, p.bake("--atomic", "--progress=plain"))
	s.new, s.requests = s.tags(p.name), len(p.proxy.Requests())
	s.puts = p.proxy.Count("PUT /v2/"+p.name+"/app/manifests/t-") + p.proxy.Count("PUT /v2/"+p.name+"/web/manifests/t-")
	for tag, digest := range s.new {
		if digest == "" || digest == s.old[tag] || digest != s.registry.Digest(t, p.name+"/"+tag) {
			t.Fatalf("%s is %q, and was %q", tag, digest, s.old[tag])
		}
	}
	if s.puts != len(s.new) {
		t.Errorf("%d PUTs for %d tags", s.puts, len(s.new))
	}
	t.Logf("a release takes %d requests, %d of them to move tags", s.requests, s.puts)
	return s
}

// tags are the digests that the tags of a place point to, as they lie on the
// registry's disk: asking it takes longer than a release.
func (s *stage) tags(place string) map[string]string {
	out := map[string]string{}
	for _, tag := range sixTags() {
		repository, name, _ := strings.Cut(tag, ":")
		digest, _ := os.ReadFile(s.onDisk(place, repository, "_manifests", "tags", name, "current", "link"))
		out[tag] = string(digest)
	}
	return out
}

func (s *stage) onDisk(path ...string) string {
	return filepath.Join(append([]string{s.registry.Dir, "docker", "registry", "v2", "repositories"}, path...)...)
}

func (s *stage) check(code int, o fixture.Outcome) {
	s.t.Helper()
	if o.Code != code {
		s.t.Fatalf("exit code %d, want %d\n%s", o.Code, code, o.Stderr)
	}
}

// place is where one rehearsal happens: repositories of its own with the old
// images, a proxy before them, and a state directory.
type place struct {
	*stage
	name  string
	state string
	proxy *fixture.Proxy
}

func (s *stage) place(faults ...fixture.Fault) *place {
	p := &place{stage: s, name: fmt.Sprintf("p%d", s.places.Add(1)), proxy: fixture.StartProxy(s.t, s.registry, faults...)}
	p.state = filepath.Join(s.dir, "..", "state-"+p.name)
	if err := os.CopyFS(s.onDisk(p.name), os.DirFS(s.onDisk("old"))); err != nil {
		s.t.Error(err)
	}
	return p
}

func (p *place) command(args ...string) *exec.Cmd {
	cmd := p.site.command(append([]string{"--var", "PLACE=" + p.proxy.Host + "/" + p.name, "--retries=0", "--progress=none"}, args...)...)
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+p.state)
	return cmd
}

func (p *place) bake(args ...string) fixture.Outcome { return fixture.Run(p.t, p.command(args...)) }

// release runs bake --atomic, tells its process id and returns how it ended, nil
// if it did not even begin.
func (p *place) release(pid chan<- int) *os.ProcessState {
	cmd := p.command("--atomic")
	if err := cmd.Start(); err != nil {
		p.t.Error(err)
		return nil
	}
	pid <- cmd.Process.Pid
	_ = cmd.Wait()
	return cmd.ProcessState
}

// is reports whether the tags of the place are as want.
func (p *place) is(want map[string]string) bool { return maps.Equal(p.tags(p.name), want) }

// journals are the files in the state directory but for the locks.
func (p *place) journals() []string {
	found, _ := filepath.Glob(filepath.Join(p.state, "bake", "releases", "*.json*"))
	return found
}

// whole fails the test unless the tags are all old or all new, and returns
// which.
func (p *place) whole(what string, o fixture.Outcome) (released bool) {
	switch {
	case p.is(p.new):
		return true
	case !p.is(p.old):
		p.t.Errorf("%s: the tags are neither old nor new: %v\nexit code %d\n%s", what, p.tags(p.name), o.Code, o.Stderr)
	}
	return false
}

// recovers heals the registry and expects --resume, or --rollback, to work and
// to leave nothing. It may try again: to a reader that comes while the registry
// still does what a dead client asked for, a tag being written answers 500.
func (p *place) recovers(what, flag string) {
	p.proxy.Heal()
	o := p.bake(flag, "--retries=3")
	want := p.new
	if flag == "--rollback" {
		want = p.old
	}
	if o.Code != 0 || !p.is(want) {
		p.t.Errorf("%s: %s: exit code %d, the tags are %v\n%s", what, flag, o.Code, p.tags(p.name), o.Stderr)
	}
	if left := p.journals(); len(left) > 0 {
		p.t.Errorf("%s: %s leaves %v", what, flag, left)
	}
}

// atOnce runs n rehearsals, some beside each other: most of the time they wait
// for BuildKit, which tries again for seconds what a dead registry refused.
func atOnce(n int, f func(i int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, 24)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	group.Wait()
}

// The registry goes away at every request of a release, and later comes back.
func TestReleaseWhenTheRegistryDies(t *testing.T) {
	fixture.NeedRoot(t)
	s := newStage(t)
	var half, undone, released atomic.Int32
	rehearse := func(i int, flag string) {
		what := fmt.Sprintf("death at request %d", i)
		p := s.place(fixture.Fault{After: i, Times: 1, Do: fixture.Die})
		o := p.bake("--atomic")
		if o.Code == 0 && p.is(p.new) {
			released.Add(1) // it took fewer requests than the others
			return
		}
		if o.Code != 5 || strings.Contains(o.Stderr, "pushed ") {
			t.Errorf("%s: exit code %d\n%s", what, o.Code, o.Stderr)
		}
		if p.is(p.old) || p.is(p.new) {
			undone.Add(1)
		} else {
			// Nobody can put tags back in a dead registry: it has to be said.
			half.Add(1)
			tells(t, o, "--resume=", "--rollback=")
		}
		p.recovers(what, flag)
	}
	atOnce(s.requests, func(i int) { rehearse(i, "--resume") })
	atOnce(s.puts, func(i int) { rehearse(s.requests-1-i, "--rollback") })
	points := s.requests + s.puts
	t.Logf("%d points tried: %d left all tags as they were, %d left some new until --resume or --rollback, %d ended before", points, undone.Load(), half.Load(), released.Load())
	if n := undone.Load() + half.Load() + released.Load(); int(n) < points || half.Load() < 5 || int(released.Load()) > s.requests/4 {
		t.Errorf("these are too few of %d requests", s.requests)
	}
}

// One request of a release is lost: all tags are old, or all are new.
func TestReleaseWhenARequestIsLost(t *testing.T) {
	fixture.NeedRoot(t)
	s := newStage(t)
	var old, released atomic.Int32
	pushes := s.requests - 4*s.puts // of these requests every third will do
	atOnce(s.requests, func(i int) {
		if i < pushes && i%3 != 0 {
			return
		}
		what := fmt.Sprintf("request %d is lost", i)
		do := fixture.Reset(10)
		if i%2 == 0 {
			do = fixture.Status(http.StatusForbidden)
		}
		p := s.place(fixture.Fault{After: i, Times: 1, Do: do})
		o := p.bake("--atomic")
		switch moved := p.whole(what, o); {
		case moved != (o.Code == 0):
			t.Errorf("%s: exit code %d, but released: %v\n%s", what, o.Code, moved, o.Stderr)
		case moved:
			released.Add(1)
		default:
			old.Add(1)
			p.recovers(what, "--resume")
		}
	})
	t.Logf("%d points tried: %d left all tags old, %d all new", old.Load()+released.Load(), old.Load(), released.Load())
	if n := int(old.Load() + released.Load()); n < 4*s.puts || int(old.Load()) < s.puts {
		t.Errorf("these are too few of %d requests", s.requests)
	}
}

// A bake that is killed while it moves tags, before or after each PUT, leaves a
// journal with which another can go on or go back.
func TestReleaseWhenBakeIsKilled(t *testing.T) {
	fixture.NeedRoot(t)
	s := newStage(t)
	atOnce(2*s.puts, func(i int) {
		what := fmt.Sprintf("killed at PUT %d", i/2)
		pid := make(chan int, 1)
		kill := func(p *fixture.Proxy, w http.ResponseWriter, r *http.Request) {
			if i%2 == 1 { // the PUT is done, and nobody noted it down
				fixture.Delay(0)(p, w, r)
			}
			_ = syscall.Kill(<-pid, syscall.SIGKILL)
			fixture.Hang(p, w, r)
		}
		p := s.place(fixture.Fault{Method: http.MethodPut, Path: "/manifests/t-", After: i / 2, Times: 1, Do: kill})
		ended := p.release(pid)
		if ended == nil {
			return
		}
		if ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Errorf("%s: %s", what, ended)
		}
		if left := p.journals(); len(left) == 0 {
			t.Errorf("%s: there is no journal", what)
		}
		p.proxy.Heal()
		o := p.bake("--atomic")
		if o.Code != 1 || !strings.Contains(o.Stderr, "was interrupted while tags were moved") || !strings.Contains(o.Stderr, "--rollback=") {
			t.Errorf("%s: the next release does not say so: exit code %d\n%s", what, o.Code, o.Stderr)
		}
		p.recovers(what, []string{"--resume", "--rollback"}[(i/2)%2])
	})
	t.Logf("%d points tried", 2*s.puts)
}

// An interrupted release ends in time, whatever it waits for, and says what is
// left.
func TestReleaseInterrupted(t *testing.T) {
	fixture.NeedRoot(t)
	s := newStage(t)
	for _, tc := range []struct {
		name   string
		fault  fixture.Fault
		tells  string
		goesOn string
	}{
		{"pushing a layer", fixture.Fault{Method: http.MethodPut, Path: "/blobs/uploads/", Do: fixture.Hang}, "no tag has moved", "--resume"},
		{"reading a tag", fixture.Fault{Method: http.MethodHead, Path: "/manifests/t-", Do: fixture.Hang}, "no tag has moved", "--resume"},
		{"moving tags, which all hang", fixture.Fault{Method: http.MethodPut, Path: "/manifests/t-", Do: fixture.Hang}, "--rollback=", "--resume"},
		{"moving one tag", fixture.Fault{Method: http.MethodPut, Path: "/manifests/t-3", Times: 1, Do: fixture.Hang}, "the tags that existed are as they were", "--resume"},
		{"with a registry that hangs", fixture.Fault{Path: "/manifests/t-", After: 20, Do: fixture.Hang}, "--rollback=", "--rollback"},
	} {
		p := s.place(tc.fault)
		cmd := p.command("--atomic")
		b := &background{site: s.site, cmd: cmd, done: make(chan struct{})}
		cmd.Stderr = &b.text
		b.launch()
		fixture.Await(t, 30*time.Second, "a request hangs", func() bool { return p.proxy.Broken() > 0 })
		b.signal(syscall.SIGINT)
		if text := b.wait(2*time.Second, 130); !strings.Contains(text, tc.tells) {
			t.Errorf("%s: it does not tell %q", tc.name, tc.tells)
		}
		if tc.goesOn == "--resume" && !p.is(p.old) {
			t.Errorf("%s: the tags are %v", tc.name, p.tags(p.name))
		}
		p.recovers(tc.name, tc.goesOn)
	}
}
