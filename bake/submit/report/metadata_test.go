package report

import (
	"encoding/json"
	"fmt"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

func TestMetadataSwitches(t *testing.T) {
	for value, want := range map[string]string{"": "min", "min": "min", "max": "max", "disabled": "", "false": "", "0": "", "other": "min"} {
		if got := ProvenanceMode(bake.Env{"BUILDX_METADATA_PROVENANCE": value}); got != want {
			t.Errorf("BUILDX_METADATA_PROVENANCE=%s: got %q", value, got)
		}
	}
	for value, want := range map[string]bool{"": false, "0": false, "1": true, "true": true} {
		r := &Report{Env: bake.Env{"BUILDX_METADATA_WARNINGS": value}, Targets: []Target{{
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
	r := &Report{Env: bake.Env{"BUILDX_METADATA_WARNINGS": "1"}, Targets: []Target{
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
