package report

import (
	"encoding/base64"
	"encoding/json"

	"bake/bake/submit/host"
	"bake/bake/submit/progress"

	"github.com/moby/buildkit/client"
)

// Metadata returns what a metadata file holds: for each target that was built
// the response of its exporters, with a reference to the record of the build
// and, if the run was asked to collect it, the provenance; for others the answer
// of the frontend. That is what docker buildx bake writes; the key "bake.report"
// has a RunReport besides.
func (r *Report) Metadata() ([]byte, error) {
	out := map[string]any{Key: r.JSON()}
	var warnings []client.VertexWarning
	for i := range r.Targets {
		t := &r.Targets[i]
		warnings = append(warnings, t.Warnings...)
		if t.Complete() {
			out[t.Name] = decodeResponse(t.Exporter)
		}
	}
	if wanted, ok := (&host.Caller{Env: r.Env}).Flag("BUILDX_METADATA_WARNINGS"); ok && wanted && len(warnings) > 0 {
		out["buildx.build.warnings"] = progress.DistinctWarnings(warnings)
	}
	return json.MarshalIndent(out, "", "  ")
}

// decodeResponse shows the objects in a response, which are JSON in base64, as
// what they are.
func decodeResponse(response map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range response {
		out[k] = v
		data := []byte(v)
		if k != "result.json" { // the only one that is plain JSON
			var err error
			if data, err = base64.StdEncoding.DecodeString(v); err != nil {
				continue
			}
		}
		var object map[string]any
		var list []map[string]any
		if json.Unmarshal(data, &object) == nil && len(object) > 0 || json.Unmarshal(data, &list) == nil && len(list) > 0 {
			out[k] = json.RawMessage(data)
		}
	}
	return out
}
