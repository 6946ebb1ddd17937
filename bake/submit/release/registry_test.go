package release

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/buildx/util/imagetools"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
)

func TestMain(m *testing.M) {
	logrus.SetLevel(logrus.ErrorLevel) // as the program does
	os.Exit(m.Run())
}

// store is a registry in memory that answers one request after the other, and
// what may be done before it answers.
type store struct {
	*testing.T
	host   string // for the client under test
	behind string // the same registry without before
	client *Registries

	mu     sync.Mutex
	before func(w http.ResponseWriter, r *http.Request) (answered bool)
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{T: t}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.before == nil || !s.before(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	behind := httptest.NewServer(inner)
	t.Cleanup(server.Close)
	t.Cleanup(behind.Close)
	s.behind = strings.TrimPrefix(behind.URL, "http://")
	s.host = strings.TrimPrefix(server.URL, "http://")
	s.client = NewRegistries(docker.ConfigureDefaultRegistries(docker.WithPlainHTTP(docker.MatchLocalhost)), nobody)
	return s
}

// nobody has no credentials.
func nobody(context.Context, string, []string, authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
	return types.AuthConfig{}, nil
}

// hook sets what is done before each request.
func (s *store) hook(f func(w http.ResponseWriter, r *http.Request) (answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// reset ends the connection of a request without an answer.
func reset(w http.ResponseWriter) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	return true
}

func (s *store) place(name string) Place { return Place{Reference: s.host + "/" + name} }

// push pushes a new image under a tag and returns its descriptor.
func (s *store) push(name string, options ...func(v1.Image) v1.Image) ocispecs.Descriptor {
	s.Helper()
	img, err := random.Image(10, 1)
	if err != nil {
		s.Fatal(err)
	}
	for _, o := range options {
		img = o(img)
	}
	if err := remote.Write(s.ref(name), img); err != nil {
		s.Fatal(err)
	}
	return s.points(name)
}

func (s *store) ref(image string) name.Reference {
	s.Helper()
	ref, err := name.ParseReference(s.behind+"/"+image, name.Insecure)
	if err != nil {
		s.Fatal(err)
	}
	return ref
}

// points is what a tag points to; its digest is empty if there is none.
func (s *store) points(image string) ocispecs.Descriptor {
	s.Helper()
	d, err := remote.Get(s.ref(image))
	if err != nil {
		if strings.Contains(err.Error(), "404") || strings.Contains(err.Error(), "MANIFEST_UNKNOWN") {
			return ocispecs.Descriptor{}
		}
		s.Fatal(err)
	}
	return ocispecs.Descriptor{MediaType: string(d.MediaType), Digest: digest.Digest(d.Digest.String()), Size: d.Size}
}

func platform(os, arch string) func(v1.Image) v1.Image {
	return func(img v1.Image) v1.Image {
		cfg, _ := img.ConfigFile()
		cfg = cfg.DeepCopy()
		cfg.OS, cfg.Architecture = os, arch
		img, _ = mutate.ConfigFile(img, cfg)
		return img
	}
}

func TestTags(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	one, two := s.push("app:1"), s.push("app:2")
	if d, err := s.client.Resolve(ctx, s.place("app:1")); err != nil || d == nil || d.Digest != one.Digest {
		t.Errorf("app:1 is %v, %v, want %s", d, err, one.Digest)
	}
	for _, missing := range []string{"app:3", "other:1"} {
		if d, err := s.client.Resolve(ctx, s.place(missing)); err != nil || d != nil {
			t.Errorf("%s is %v, %v, want nothing", missing, d, err)
		}
	}
	data, err := s.client.Fetch(ctx, s.place("app:1"), two)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"app:1", "app:3"} {
		if err := s.client.Put(ctx, s.place(tag), two, data); err != nil {
			t.Fatal(err)
		}
		if got := s.points(tag); got.Digest != two.Digest {
			t.Errorf("%s is %s, want %s", tag, got.Digest, two.Digest)
		}
	}
	if err := s.client.Delete(ctx, s.place("app:3")); err != nil || s.points("app:3").Digest != "" || s.points("app:1").Digest == "" {
		t.Errorf("app:3 is not gone, or more than that: %v", err)
	}
}

func TestDeleteIsNotKnownToAll(t *testing.T) {
	s := newStore(t)
	s.push("app:1")
	s.hook(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
		return r.Method == http.MethodDelete
	})
	if err := s.client.Delete(t.Context(), s.place("app:1")); !errors.Is(err, errCannotDelete) {
		t.Errorf("got %v", err)
	}
}

func TestPasswords(t *testing.T) {
	s := newStore(t)
	one := s.push("app:1")
	data, err := s.client.Fetch(t.Context(), s.place("app:1"), one)
	if err != nil {
		t.Fatal(err)
	}
	s.hook(func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "me" && password == "secret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if err := s.client.Put(t.Context(), s.place("app:2"), one, data); err == nil {
		t.Error("pushed without a password")
	}
	signedIn := NewRegistries(s.client.hosts, func(context.Context, string, []string, authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
		return types.AuthConfig{Username: "me", Password: "secret"}, nil
	})
	for _, err := range []error{
		signedIn.Put(t.Context(), s.place("app:2"), one, data),
		signedIn.Delete(t.Context(), s.place("app:2")),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

// What Merge makes is what buildx makes of the same images.
func TestMergeAsBuildx(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	amd, arm := s.push("app:amd", platform("linux", "amd64")), s.push("app:arm", platform("linux", "arm64"))
	amd.Platform = &ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	annotations := map[exptypes.AnnotationKey]string{{Type: exptypes.AnnotationIndex, Key: "k"}: "v"}
	for name, tc := range map[string]struct {
		parts       []ocispecs.Descriptor
		annotations map[exptypes.AnnotationKey]string
	}{
		"two":       {parts: []ocispecs.Descriptor{amd, arm}},
		"annotated": {[]ocispecs.Descriptor{amd, arm}, annotations},
		"one":       {parts: []ocispecs.Descriptor{arm}},
	} {
		got, desc, err := s.client.Merge(ctx, s.place("app"), tc.parts, tc.annotations)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		from, err := imagetools.ParseLocation(s.host + "/app")
		if err != nil {
			t.Fatal(err)
		}
		var sources []*imagetools.Source
		for _, d := range tc.parts {
			sources = append(sources, &imagetools.Source{Desc: d, Ref: from})
		}
		want, wantDesc, _, err := imagetools.New(imagetools.Opt{Auth: nobody}).Combine(ctx, sources, tc.annotations, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) || desc.Digest != wantDesc.Digest || desc.MediaType != wantDesc.MediaType {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if err := s.client.Put(ctx, s.place("app"), desc, got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.points("app@"+desc.Digest.String()).Digest == "" {
			t.Errorf("%s: the registry does not have it", name)
		}
	}
}

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"app": "docker.io/library/app:latest", "ghcr.io/me/app:1": "ghcr.io/me/app:1", "localhost/app": "localhost/app:latest", "A": "",
	} {
		if got, err := Normalize(in); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
}
