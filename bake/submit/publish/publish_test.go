package publish

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"bake/bake/submit/release"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// What is there already is not written again: neither the index of several
// images nor a tag that points to it.
func TestPublishedAgain(t *testing.T) {
	var mu sync.Mutex
	writes := 0
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			writes++
		}
		mu.Unlock()
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	p := &Publication{Target: "app", Names: []string{host + "/app:1", host + "/app:2", host + "/copy:1"}}
	for range 2 {
		img, err := random.Image(10, 1)
		if err != nil {
			t.Fatal(err)
		}
		var d *remote.Descriptor
		for _, repository := range []string{"app", "copy"} {
			ref, err := name.ParseReference(host+"/"+repository+":part", name.Insecure)
			if err == nil {
				err = remote.Write(ref, img)
			}
			if err == nil {
				d, err = remote.Get(ref)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		p.Parts = append(p.Parts, ocispecs.Descriptor{MediaType: string(d.MediaType), Digest: digest.Digest(d.Digest.String()), Size: d.Size})
	}
	to := release.NewRegistries(docker.ConfigureDefaultRegistries(docker.WithPlainHTTP(docker.MatchLocalhost)),
		func(context.Context, string, []string, authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
			return types.AuthConfig{}, nil
		})
	for _, want := range []int{5, 0} { // an index in two repositories, and three tags
		writes = 0
		desc, err := p.PushIndex(t.Context(), to)
		if err == nil {
			err = p.MoveTags(t.Context(), to, desc)
		}
		if err != nil || writes != want {
			t.Errorf("%d writes, want %d: %v", writes, want, err)
		}
	}
}
