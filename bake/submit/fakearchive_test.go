package submit

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/services/content/contentserver"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
)

// archive is what a fake engine keeps of its builds: each made the same image,
// an index, and has the same provenance.
type archive struct {
	store             content.Store
	image, provenance ocispecs.Descriptor
}

func newArchive(t testing.TB) *archive {
	t.Helper()
	store, err := contentlocal.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{store: store}
	// More than an engine sends at once: when it has said the first thing, the
	// reader still misses the rest.
	long := strings.Repeat("x", 3<<19)
	a.image = a.put(t, ocispecs.MediaTypeImageIndex, ocispecs.Index{
		Versioned:   specs.Versioned{SchemaVersion: 2},
		Manifests:   []ocispecs.Descriptor{{Digest: digest.FromString("m"), Platform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"}}},
		Annotations: map[string]string{"long": long},
	})
	a.provenance = a.put(t, "application/vnd.in-toto+json", map[string]any{"long": long})
	a.provenance.Annotations = map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}
	return a
}

func (a *archive) put(t testing.TB, mediaType string, value any) ocispecs.Descriptor {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	d := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	w, err := a.store.Writer(t.Context(), content.WithRef(d.Digest.String()))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), d.Size, d.Digest); err != nil {
		t.Fatal(err)
	}
	return d
}

// response is that of an exporter which made the image.
func (a *archive) response() map[string]string {
	if a == nil {
		return nil
	}
	text, _ := json.Marshal(a.image)
	return map[string]string{
		exptypes.ExporterImageDescriptorKey: base64.StdEncoding.EncodeToString(text), exptypes.ExporterImageDigestKey: a.image.Digest.String(),
	}
}

func (a *archive) serve(server *grpc.Server) {
	if a != nil {
		contentapi.RegisterContentServer(server, contentserver.New(a.store))
	}
}

// ListenBuildHistory tells of one build.
func (e fakeControl) ListenBuildHistory(req *controlapi.BuildHistoryRequest, stream controlapi.Control_ListenBuildHistoryServer) error {
	if e.archive == nil {
		return e.UnimplementedControlServer.ListenBuildHistory(req, stream)
	}
	if req.ActiveOnly {
		return nil
	}
	of := func(d ocispecs.Descriptor) *controlapi.Descriptor {
		return &controlapi.Descriptor{MediaType: d.MediaType, Digest: d.Digest.String(), Size: d.Size, Annotations: d.Annotations}
	}
	image := of(e.archive.image)
	return stream.Send(&controlapi.BuildHistoryEvent{Record: &controlapi.BuildHistoryRecord{Ref: req.Ref, Result: &controlapi.BuildResultInfo{
		Results: map[int64]*controlapi.Descriptor{0: image, 1: image}, Attestations: []*controlapi.Descriptor{of(e.archive.provenance)},
	}}})
}
