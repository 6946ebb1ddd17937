package build

import (
	"encoding/json"
	"fmt"
	"testing"

	"bake/bake"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// container is a driver that was created to load images by default.
type container struct{ driver.Driver }

func (container) IsMobyDriver() bool { return false }

func TestNoDefaultLoad(t *testing.T) {
	n := &node{
		Node:     builder.Node{Driver: &driver.DriverHandle{Driver: container{}}},
		features: map[driver.Feature]bool{driver.DefaultLoad: true},
	}
	for value, want := range map[string]int{"": 1, "0": 1, "no boolean": 1, "1": 0, "true": 0} {
		opt := &Caller{Env: bake.Env{"BUILDX_NO_DEFAULT_LOAD": value}}
		if got := defaultExport(&bake.Target{}, n, opt); len(got) != want {
			t.Errorf("%q: got %v", value, got)
		}
	}
}

func TestNoDefaultOCIArtifact(t *testing.T) {
	for _, tt := range []struct{ value, given, want string }{
		{"", "", ""}, {"1", "", "false"}, {"1", "true", "true"}, {"0", "", ""},
	} {
		attrs := map[string]string{}
		if tt.given != "" {
			attrs["oci-artifact"] = tt.given
		}
		opt := &Caller{Env: bake.Env{"BUILDX_NO_DEFAULT_OCI_ARTIFACT": tt.value}, Dir: t.TempDir()}
		got, err := prepareExports(&bake.Target{}, []bake.Entry{{Type: "image", Attrs: attrs}}, opt, nil)
		if err != nil || got[0].Attrs["oci-artifact"] != tt.want {
			t.Errorf("%+v: got %v, %v", tt, got[0].Attrs, err)
		}
	}
}

func TestMetadataSwitches(t *testing.T) {
	for value, want := range map[string]string{"": "min", "min": "min", "max": "max", "disabled": "", "false": "", "0": "", "other": "min"} {
		if got := provenanceMode(bake.Env{"BUILDX_METADATA_PROVENANCE": value}); got != want {
			t.Errorf("BUILDX_METADATA_PROVENANCE=%s: got %q", value, got)
		}
	}
	for value, want := range map[string]bool{"": false, "0": false, "1": true, "true": true} {
		r := &Report{env: bake.Env{"BUILDX_METADATA_WARNINGS": value}, Targets: []TargetReport{{
			Name: "app", Result: Built, Warnings: []client.VertexWarning{{Short: []byte("a warning")}},
		}}}
		data, err := r.Metadata()
		var doc map[string]any
		if err == nil {
			err = json.Unmarshal(data, &doc)
		}
		if _, got := doc["buildx.build.warnings"]; err != nil || got != want {
			t.Errorf("BUILDX_METADATA_WARNINGS=%s: %v, %s", value, err, data)
		}
	}
}

// TestSharedWarnings: what targets with one Dockerfile are warned about stands
// once in the metadata, however the engine came to it.
func TestSharedWarnings(t *testing.T) {
	warning := func(step, line int32, built string) client.VertexWarning {
		return client.VertexWarning{
			Vertex: digest.FromString(fmt.Sprint("step", step)), Short: []byte("odd"), Detail: [][]byte{[]byte("very odd")}, URL: "https://example.com",
			SourceInfo: &pb.SourceInfo{Filename: "Dockerfile", Data: []byte("FROM x"), Definition: &pb.Definition{Def: [][]byte{[]byte(built)}}},
			Range:      []*pb.Range{{Start: &pb.Position{Line: line}, End: &pb.Position{Line: line}}},
		}
	}
	r := &Report{env: bake.Env{"BUILDX_METADATA_WARNINGS": "1"}, Targets: []TargetReport{
		{Name: "a", Warnings: []client.VertexWarning{warning(1, 1, "a"), warning(1, 2, "a")}},
		{Name: "b", Warnings: []client.VertexWarning{warning(2, 2, "b"), warning(2, 3, "b")}},
	}}
	data, err := r.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Warnings []client.VertexWarning `json:"buildx.build.warnings"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	var lines []int32
	for _, w := range got.Warnings {
		lines = append(lines, w.Range[0].Start.Line)
	}
	if diff := cmp.Diff([]int32{1, 2, 3}, lines); diff != "" {
		t.Error(diff)
	}
}
