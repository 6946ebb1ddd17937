package e2e

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"bake/tests/fixture"
)

// What a registry says of a blob that two nodes push at once, or that its slow
// store does not show yet. It knows better a moment later.
var (
	blobUnknown = fixture.Answer(http.StatusBadRequest, `{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}`)
	badDigest   = fixture.Answer(http.StatusBadRequest, `{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]}`)
)

// A registry that fails twice, in whatever phase of a release, does not keep it
// from being whole.
func TestReleaseIsRetried(t *testing.T) {
	fixture.NeedRoot(t)
	s := newStage(t)
	cases := []struct {
		name, path string
		do         fixture.Failure
	}{
		{"pushing a layer, 503", "/blobs/uploads/", fixture.Status(http.StatusServiceUnavailable)},
		{"pushing a layer, bad digest", "/blobs/uploads/", badDigest},
		{"pushing by digest, 503", "/manifests/sha256:", fixture.Status(http.StatusServiceUnavailable)},
		{"pushing by digest, unknown blob", "/manifests/sha256:", blobUnknown},
		{"moving tags, 503", "/manifests/t-", fixture.Status(http.StatusServiceUnavailable)},
		{"moving tags, unknown blob", "/manifests/t-", blobUnknown},
	}
	atOnce(len(cases), func(i int) {
		tc := cases[i]
		var p *place
		do := func(proxy *fixture.Proxy, w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(tc.name, "pushing") && !p.is(p.old) {
				t.Errorf("%s: a tag has moved before all is pushed", tc.name)
			}
			tc.do(proxy, w, r)
		}
		p = s.place(fixture.Fault{Method: http.MethodPut, Path: tc.path, After: 1, Times: 2, Do: do})
		o := p.bake("--atomic", "--retries=3", "--progress=plain")
		if o.Code != 0 || !p.is(p.new) || p.proxy.Broken() != 2 {
			t.Errorf("%s: exit code %d after %d faults, the tags are %v\n%s", tc.name, o.Code, p.proxy.Broken(), p.tags(p.name), o.Stderr)
		}
		// BuildKit itself tries again at once what it takes for a bad moment.
		if strings.HasPrefix(tc.name, "moving") && !strings.Contains(o.Stderr, "retrying in") {
			t.Errorf("%s: it does not tell that it tried again\n%s", tc.name, o.Stderr)
		}
		if left := p.journals(); len(left) > 0 {
			t.Errorf("%s: it leaves %v", tc.name, left)
		}
	})
}

// So it is with a release that is finished or undone later.
func TestRecoveryIsRetried(t *testing.T) {
	fixture.NeedRoot(t)
	s := newStage(t)
	flags := []string{"--resume", "--rollback"}
	atOnce(len(flags), func(i int) {
		pid := make(chan int, 1)
		var killed, recovering atomic.Bool
		var broken atomic.Int32
		p := s.place(fixture.Fault{Method: http.MethodPut, Path: "/manifests/t-", Do: func(p *fixture.Proxy, w http.ResponseWriter, r *http.Request) {
			switch {
			case !killed.Swap(true):
				_ = syscall.Kill(<-pid, syscall.SIGKILL)
				fixture.Hang(p, w, r)
			case recovering.Load() && broken.Add(1) <= 2:
				blobUnknown(p, w, r)
			default:
				fixture.Delay(0)(p, w, r)
			}
		}})
		if p.release(pid) == nil {
			return
		}
		recovering.Store(true)
		o := p.bake(flags[i], "--retries=3")
		if !strings.Contains(o.Stderr, ", retrying in ") {
			t.Errorf("%s does not tell that it tried again\n%s", flags[i], o.Stderr)
		}
		if want := []map[string]string{p.new, p.old}[i]; o.Code != 0 || !p.is(want) || broken.Load() < 2 {
			t.Errorf("%s: exit code %d after %d faults, the tags are %v\n%s", flags[i], o.Code, broken.Load(), p.tags(p.name), o.Stderr)
		}
	})
}

const releasedByNodes = `
-- docker-bake.hcl --
variable "PLACE" {}
group "default" { targets = ["both", "one"] }
target "_any" {
  dockerfile-inline = "FROM scratch\nARG TARGETARCH\nCOPY docker-bake.hcl /$TARGETARCH"
  output            = ["type=registry"]
}
target "both" {
  inherits  = ["_any"]
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${PLACE}/both:t-1", "${PLACE}/both:t-2", "${PLACE}/copy:t-1"]
}
target "one" {
  inherits  = ["_any"]
  platforms = ["linux/arm64"]
  tags      = ["${PLACE}/both:t-arm"]
}
`

// A release that two nodes make is retried, and resumed after bake was killed,
// as one of a single node is.
func TestReleaseOfSeveralNodes(t *testing.T) {
	fixture.NeedRoot(t)
	c, sites := newCrew(t, "linux/amd64", "linux/arm64")
	registry := fixture.StartRegistry(t)
	s := sites[0]
	s.write(releasedByNodes)
	s.env = append(append(s.env, c.settings()...), "BUILDX_NO_DEFAULT_ATTESTATIONS=1", "SOURCE_DATE_EPOCH=1600000000")
	names := []string{"both:t-1", "both:t-2", "copy:t-1", "both:t-arm"}
	digests := func(t *testing.T, place string) (out []string) {
		t.Helper()
		for _, name := range names {
			out = append(out, registry.Digest(t, place+"/"+name))
		}
		return out
	}
	s.run(0, "--var=PLACE="+registry.Ref("plain"))
	want := digests(t, "plain")
	// at is the site with a place of its own to release to, behind a proxy that
	// fails some PUTs of a kind: only those of bake itself if it is to be the index.
	at := func(t *testing.T, path string, after, times int, do fixture.Failure) (own *site, p *fixture.Proxy, broken *atomic.Int32) {
		t.Parallel()
		place := strings.ToLower(filepath.Base(t.Name()))
		seen, broken := &atomic.Int32{}, &atomic.Int32{}
		p = fixture.StartProxy(t, registry, fixture.Fault{Method: http.MethodPut, Path: path, Do: func(p *fixture.Proxy, w http.ResponseWriter, r *http.Request) {
			counts := !strings.HasSuffix(place, "index") || !strings.Contains(r.UserAgent(), "buildkit")
			if n := 0; counts {
				if n = int(seen.Add(1)); n > after && n <= after+times {
					broken.Add(1)
					do(p, w, r)
					return
				}
			}
			fixture.Delay(0)(p, w, r)
		}})
		own = &site{}
		*own = *s
		own.t, own.env = t, append(slices.Clip(s.env), "PLACE="+p.Ref(place), "XDG_STATE_HOME="+t.TempDir())
		return own, p, broken
	}
	released := func(t *testing.T, place string) {
		t.Helper()
		if got := digests(t, place); !slices.Equal(got, want) {
			t.Errorf("the tags are %v, want %v", got, want)
		}
	}

	for _, tc := range []struct {
		name, path string
		after      int
		do         fixture.Failure
		tells      string
	}{
		{"retried-digest", "/blobs/uploads/", 1, badDigest, "push failed"},
		{"retried-blob", "/manifests/sha256:", 0, blobUnknown, "push failed"},
		{"retried-index", "/manifests/sha256:", 0, blobUnknown, "retried-index/both failed ("},
		{"retried-tag", "/manifests/t-", 1, blobUnknown, "retried-tag/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			own, _, broken := at(t, tc.path, tc.after, 2, tc.do)
			tells(t, own.run(0, "--atomic", "--progress=plain"), "retrying in", tc.tells)
			if broken.Load() != 2 {
				t.Errorf("there were %d faults", broken.Load())
			}
			released(t, tc.name)
		})
	}

	for _, tc := range []struct {
		name, path string
		after      int
	}{
		{"killed-part", "/manifests/sha256:", 1},
		{"killed-index", "/manifests/sha256:", 0},
		{"killed-second-index", "/manifests/sha256:", 1},
		{"killed-tag", "/manifests/t-", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pid := make(chan int, 1)
			own, p, _ := at(t, tc.path, tc.after, 1, func(p *fixture.Proxy, w http.ResponseWriter, r *http.Request) {
				_ = syscall.Kill(<-pid, syscall.SIGKILL)
				fixture.Hang(p, w, r)
			})
			b := own.start("--atomic", "--progress=none")
			pid <- b.cmd.Process.Pid
			b.wait(patience, -1)
			state, _ := strings.CutPrefix(own.env[len(own.env)-1], "XDG_STATE_HOME=")
			onlyJournal(t, state)
			if slices.Equal(digests(t, tc.name), want) {
				t.Error("the release is complete")
			}
			p.Heal()
			own.run(0, "--resume", "--progress=none")
			released(t, tc.name)
		})
	}
}
