package e2e

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// three is a release of three images, one for two platforms, of which each
// value of N makes others.
const three = `
-- docker-bake.hcl --
variable "PLACE" {}
variable "TAG" { default = "dev" }
variable "N" { default = 1 }
group "release" { targets = ["image", "both"] }
target "_image" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /${N}/"
  output            = ["type=registry"]
}
target "image" {
  inherits = ["_image"]
  name     = n
  matrix   = { n = ["app", "web"] }
  labels   = { n = n }
  tags     = ["${PLACE}/${n}:${TAG}"]
}
target "both" {
  inherits  = ["_image"]
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${PLACE}/both:${TAG}"]
}
`

// newThree is a site with that definition.
func newThree(t *testing.T) *site {
	t.Helper()
	s := newSite(t, three)
	s.share()
	s.env = append(s.env, "BUILDX_NO_DEFAULT_ATTESTATIONS=1", "XDG_STATE_HOME="+s.path("state"))
	return s
}

// with is the site with more in its environment.
func (s *site) with(env ...string) *site {
	other := *s
	other.env = append(slices.Clip(s.env), env...)
	return &other
}

// noJournal fails the test if a release is left.
func (s *site) noJournal() {
	s.t.Helper()
	if left, _ := filepath.Glob(s.path("state/bake/releases/*.json")); len(left) > 0 {
		s.t.Errorf("journals are left: %v", left)
	}
}

// adviceOf is the command that a text advises to go on with.
func adviceOf(t *testing.T, text string) []string {
	t.Helper()
	m := regexp.MustCompile("`bake (--resume=[^`]*)`").FindStringSubmatch(text)
	if m == nil {
		t.Fatal("no command is advised")
	}
	return strings.Fields(m[1])
}

// A release that is interrupted while it pushes is resumed as it was begun, by
// the very command that was advised, or not at all.
func TestReleaseIsResumedAsItWas(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newThree(t)
	p := fixture.StartProxy(t, registry, fixture.Fault{Method: http.MethodPut, Path: "/manifests/", Do: fixture.Hang})
	s.env = append(s.env, "PLACE="+p.Ref("resumed"))
	b := s.with("TAG=2.0").start("--atomic", "--var=N=7", "release", "--progress=none")
	fixture.Await(t, patience, "a push hangs", func() bool { return p.Broken() > 0 })
	b.signal(syscall.SIGINT)
	advice := adviceOf(t, b.wait(2*time.Second+slack, 130))
	p.Heal()

	before := len(p.Requests())
	tells(t, s.with("TAG=3.0").run(2, "--resume"), `the variable TAG is "3.0" and was "2.0"`)
	tells(t, s.run(2, "--resume", "--set=both.platform=linux/amd64"), "--set both.platform=linux/amd64 was not given")
	if n := len(p.Requests()) - before; n > 0 {
		t.Errorf("what was refused made %d requests", n)
	}
	s.run(0, append(advice, "--progress=none")...)
	for _, image := range []string{"app", "web", "both"} {
		if !registry.Has(t, "resumed/"+image+":2.0") || registry.Has(t, "resumed/"+image+":dev") {
			t.Errorf("%s is not released as 2.0", image)
		}
	}
	if n := fileNames(registry.Pull(t, "resumed/app:2.0")); !slices.Contains(n, "7/docker-bake.hcl") {
		t.Errorf("the image has %v", n)
	}
	s.noJournal()
}

// fileNames are the names of the files in the one image of b.
func fileNames(b fixture.Built) []string {
	var out []string
	for _, i := range b.Images {
		for name := range i.Files {
			out = append(out, strings.TrimPrefix(name, "/"))
		}
	}
	return out
}

// What was pushed before an interruption is what is released after it, or nothing
// is. Attestations, which hold times, do not count.
func TestReleaseIsResumedWithTheSameImages(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newThree(t)
	s.env = slices.DeleteFunc(s.env, func(e string) bool { return strings.HasPrefix(e, "BUILDX_NO_DEFAULT_ATTESTATIONS") })
	p := fixture.StartProxy(t, registry, fixture.Fault{Method: http.MethodPut, Path: "/both/manifests/", Do: fixture.Hang})
	s.env = append(s.env, "PLACE="+p.Ref("same"), "TAG=2.0")
	b := s.start("--atomic", "release", "--progress=none")
	fixture.Await(t, patience, "two images are noted down", func() bool {
		found, _ := filepath.Glob(s.path("state/bake/releases/*.json"))
		return len(found) == 1 && p.Broken() > 0 && strings.Contains(s.read("state/bake/releases/"+filepath.Base(found[0])), `"pushed"`)
	})
	b.signal(syscall.SIGINT)
	advice := adviceOf(t, b.wait(2*time.Second+slack, 130))
	p.Heal()
	definition := s.read("docker-bake.hcl")
	s.write("-- docker-bake.hcl --\n" + definition + "# a change\n")
	for range 2 { // what was pushed is not forgotten
		o := s.run(1, "--resume", "--progress=none")
		tells(t, o, " now, and sha256:", "had been pushed for it", "no tag has moved", "--resume=", "without --resume")
	}
	s.write("-- docker-bake.hcl --\n" + definition)
	s.run(0, append(advice, "--progress=none")...)
	if !registry.Has(t, "same/both:2.0") {
		t.Error("it is not released")
	}
	s.noJournal()
}

// half makes a release that dies when it has moved one tag, and returns its id.
func (s *site) half(registry *fixture.Registry, place string) string {
	s.t.Helper()
	p := fixture.StartProxy(s.t, registry, fixture.Fault{Method: http.MethodPut, Path: "/manifests/2.0", After: 1, Do: fixture.Die})
	o := s.with("PLACE="+p.Ref(place)).run(5, "--atomic", "--retries=0", "release")
	m := regexp.MustCompile("--rollback=([^`]*)`").FindStringSubmatch(o.Stderr)
	if m == nil {
		s.t.Fatal("it is not half done")
	}
	p.Heal()
	// From here on the registry is reached at the same address.
	s.env = append(s.env, "PLACE="+p.Ref(place))
	return m[1]
}

// A tag of a release that was left half done may be moved by others: they are
// warned, and the rest can still be finished, put back, or be left for good.
func TestReleaseThatOthersMeet(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	digests := func(place string) map[string]string {
		out := map[string]string{}
		for _, image := range []string{"app", "web", "both"} {
			out[image] = registry.Digest(t, place+"/"+image+":2.0")
		}
		return out
	}
	for _, how := range []string{"resume", "rollback", "forget"} {
		t.Run(how, func(t *testing.T) {
			s := newThree(t)
			s.env = append(s.env, "TAG=2.0")
			s.with("PLACE="+registry.Ref(how), "N=1").run(0, "release", "--progress=none")
			old := digests(how)
			s.env = append(s.env, "N=2")
			id := s.half(registry, how)
			tells(t, s.run(2, "--strict", "web", "--set=*.args.X=1"), "Tag of a release that is not finished", "docker-bake.hcl:", "--forget="+id, "--strict")
			if how == "forget" {
				tells(t, s.run(2, "--forget=nothing"), "there is no unfinished release", id)
				left := digests(how)
				tells(t, s.run(0, "--forget="+id), "release "+id+" is forgotten", "web:2.0")
				if got := digests(how); !maps.Equal(got, left) {
					t.Errorf("the tags are %v, and were %v", got, left)
				}
				s.noJournal()
				o := s.run(0, "--atomic", "--progress=plain", "release")
				tells(t, o, "(1 of 2)") // one has moved already
				return
			}
			tells(t, s.with("N=3").run(0, "web", "--progress=none"), "Tag of a release that is not finished")
			third := digests(how)["web"]
			o := s.run(0, "--"+how)
			tells(t, o, "somebody else has moved the tag", "web:2.0 (which points to "+third+")", "(1 of ")
			got := digests(how)
			for _, image := range []string{"app", "both"} {
				if (got[image] == old[image]) != (how == "rollback") {
					t.Errorf("%s is %s, and was %s", image, got[image], old[image])
				}
			}
			if got["web"] != third {
				t.Errorf("web is %s, want %s", got["web"], third)
			}
			s.noJournal()
		})
	}
}

// loseChild deletes a manifest of the index that a tag, or a digest, names, and returns its
// digest.
func loseChild(t *testing.T, registry *fixture.Registry, repository, index string) string {
	t.Helper()
	ask := func(method, reference string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+registry.Host+"/v2/"+repository+"/manifests/"+reference, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/vnd.oci.image.index.v1+json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode > 299 {
			t.Fatalf("%s %s: %s, %v", method, reference, resp.Status, err)
		}
		return data
	}
	var content struct{ Manifests []struct{ Digest string } }
	if err := json.Unmarshal(ask(http.MethodGet, index), &content); err != nil || len(content.Manifests) == 0 {
		t.Fatalf("%s is no index: %v", index, err)
	}
	child := content.Manifests[0].Digest
	ask(http.MethodDelete, child)
	return child
}

// The index that a tag points to may be one that could not be pushed again. That
// is known before a tag moves, and before putting tags back is tried in vain.
func TestReleaseThatCouldNotGoBack(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newThree(t)
	s.env = append(s.env, "TAG=2.0")
	p := fixture.StartProxy(t, registry)
	s.env = append(s.env, "PLACE="+p.Ref("stuck"))
	s.with("N=1").run(0, "release", "--progress=none")
	old := registry.Digest(t, "stuck/both:2.0")
	child := loseChild(t, registry, "stuck/both", "2.0")
	puts := p.Count("PUT /v2/stuck/both/manifests/2.0")
	o := s.with("N=2").run(1, "--atomic", "release")
	tells(t, o, "target both: ", "could not be put back: "+p.Ref("stuck/both:2.0"), old, child, "--forget=", "no tag has moved")
	if p.Count("PUT /v2/stuck/both/manifests/2.0") > puts || registry.Digest(t, "stuck/both:2.0") != old {
		t.Error("the tag was moved")
	}
	s.run(0, adviceOf(t, o.Stderr)...)
	if got := registry.Digest(t, "stuck/both:2.0"); got == old {
		t.Error("the tag has not moved")
	}
	s.noJournal()

	// Now the old image goes while the release is half done.
	old = registry.Digest(t, "stuck/both:2.0")
	s.env = append(s.env, "N=3")
	id := s.half(registry, "stuck")
	if registry.Digest(t, "stuck/both:2.0") == old {
		return // then its tag is as it was, and nothing is lost
	}
	child = loseChild(t, registry, "stuck/both", old)
	o = s.run(1, "--rollback", "--retries=3")
	tells(t, o, "cannot be put back", child, "Nothing was touched", "--resume="+id, "--forget="+id)
	if strings.Contains(o.Stderr, "retrying") {
		t.Error("it tries again what cannot succeed")
	}
	s.run(0, "--resume")
	s.noJournal()
}
