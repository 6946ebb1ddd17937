package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bake/tests/fixture"

	"github.com/google/go-cmp/cmp"
)

// metadata has every kind of output.
const metadata = `
-- docker-bake.hcl --
variable "REGISTRY" {}
variable "SIDE" {}
group "default" {
  targets = ["app", "image", "pushed", "several", "files", "linked", "attested"]
}
target "app" {
  name              = "app-${n}"
  matrix            = { n = ["a", "b"] }
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /${n}"
  tags              = ["example.com/app:${n}"]
  output            = ["type=oci,dest=${SIDE}/${n}.tar"]
}
target "image" {
  inherits = ["app-a"]
  output   = ["type=image"]
}
target "pushed" {
  inherits = ["app-a"]
  tags     = ["${REGISTRY}/pushed:1", "${REGISTRY}/pushed:2"]
  output   = ["type=registry", "type=local,dest=${SIDE}/both"]
}
target "several" {
  inherits  = ["app-a"]
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${REGISTRY}/several"]
  output    = ["type=registry"]
}
target "files" {
  inherits = ["app-a"]
  output   = ["type=local,dest=${SIDE}/files"]
}
target "linked" {
  contexts          = { app = "target:app-b" }
  dockerfile-inline = "FROM app"
  output            = ["type=tar,dest=${SIDE}/linked.tar"]
}
target "attested" {
  inherits = ["app-b"]
  attest   = ["type=provenance,mode=max"]
  output   = ["type=oci,dest=${SIDE}/attested.tar"]
}
`

// The metadata file has the keys of docker buildx bake's and, where they cannot
// but be the same, its values. It differs in how the Dockerfile came to the
// frontend, see parameters, and has a report.
func TestMetadata(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, metadata)
	registry := fixture.StartRegistry(t)
	env := []string{"REGISTRY=" + registry.Host, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1"}
	s.env = append(s.env, append(env, "SIDE=ours")...)
	s.run(0, "--metadata-file=ours.json")
	peer := fixture.NewPeer(t, s.engineState().Socket)
	if err := os.Mkdir(s.path("peer"), 0o755); err != nil { // which the peer does not make for an archive
		t.Fatal(err)
	}
	if o := peer.Bake(t, s.dir, append(env, "SIDE=peer", "BUILDX_BAKE_ENTITLEMENTS_FS=0"), "--metadata-file=peer.json"); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	ours, peers := s.metadata("ours.json"), s.metadata("peer.json")
	report, _ := ours["bake.report"].(map[string]any)
	delete(ours, "bake.report")
	if diff := cmp.Diff(strings.Split(shape(peers), "\n"), strings.Split(shape(ours), "\n")); diff != "" {
		t.Errorf("docker buildx bake (-) and bake (+):\n%s", diff)
	}
	for name := range ours {
		if name == "attested" {
			continue // its provenance has the time
		}
		if a, b := fixedValues(ours[name]), fixedValues(peers[name]); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: bake %v, docker buildx bake %v", name, a, b)
		}
	}
	checkReport(t, report, ours, registry.Host)
}

// checkReport compares the report with the rest of the metadata.
func checkReport(t *testing.T, report, metadata map[string]any, host string) {
	t.Helper()
	targets, _ := report["targets"].(map[string]any)
	if len(targets) != len(metadata) || report["result"] != "built" {
		t.Errorf("the report has %d targets of %d, and says %v", len(targets), len(metadata), report["result"])
	}
	for name, about := range metadata {
		got, _ := targets[name].(map[string]any)
		if want := about.(map[string]any)["containerimage.digest"]; got["digest"] != want {
			t.Errorf("%s: the report says %v, the exporter %v", name, got["digest"], want)
		}
	}
	pushed, _ := targets["pushed"].(map[string]any)
	if want := []any{host + "/pushed:1", host + "/pushed:2"}; !reflect.DeepEqual(pushed["pushed"], want) {
		t.Errorf("pushed: %v, want %v", pushed["pushed"], want)
	}
	several, _ := targets["several"].(map[string]any)
	if manifests, _ := several["manifests"].([]any); len(manifests) != 2 {
		t.Errorf("several: %v", several)
	}
	if _, ok := targets["image"].(map[string]any)["pushed"]; ok {
		t.Error("image was pushed, says the report")
	}
}

// metadata reads a metadata file.
func (s *site) metadata(name string) map[string]any {
	s.t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(s.read(name)), &value); err != nil {
		s.t.Fatalf("%v: %s", err, s.read(name))
	}
	return value
}

// fixedValues are what the exporters said, which depends on nothing but the
// definition; the rest tells about the run.
func fixedValues(target any) map[string]any {
	out := map[string]any{}
	for key, value := range target.(map[string]any) {
		if !strings.HasPrefix(key, "buildx.") {
			out[key] = value
		}
	}
	return out
}

// After a failure there is a metadata file only if the run was to go on, with
// what was built and a report of the rest.
func TestMetadataOfFailure(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, `
-- docker-bake.hcl --
group "default" {
  targets = ["good", "bad", "after"]
}
target "good" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  output            = ["type=local,dest=good"]
}
target "bad" {
  dockerfile-inline = "FROM scratch\nCOPY missing /"
}
target "after" {
  contexts          = { bad = "target:bad" }
  dockerfile-inline = "FROM bad"
}
`)
	s.run(1, "--metadata-file=first.json")
	if s.exists("first.json") {
		t.Error("a run that stopped at a failure wrote metadata")
	}
	s.run(1, "--keep-going", "--metadata-file=second.json")
	got := s.metadata("second.json")
	report, _ := got["bake.report"].(map[string]any)
	targets, _ := report["targets"].(map[string]any)
	bad, _ := targets["bad"].(map[string]any)
	after, _ := targets["after"].(map[string]any)
	if len(got) != 2 || got["good"] == nil || report["result"] != "failed" {
		t.Errorf("have %v", got)
	}
	if bad["result"] != "failed" || bad["error"] != `"/missing": not found` {
		t.Errorf("bad: %v", bad)
	}
	if after["result"] != "skipped" || after["skippedBecause"] != "bad" {
		t.Errorf("after: %v", after)
	}
}

// shape is the keys of a JSON document, one path a line, and the types of the
// values.
func shape(value any) string {
	var b strings.Builder
	writeShape(&b, "", value)
	return b.String()
}

// parameters are what the provenance says of a request to the frontend. Here a
// Dockerfile is part of the request, there it is a directory of the client.
const parameters = "/invocation/parameters"

func writeShape(b *strings.Builder, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		if strings.HasSuffix(path, parameters) {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			writeShape(b, path+"/"+key, value[key])
		}
	case []any:
		for i, item := range value {
			writeShape(b, fmt.Sprintf("%s/%d", path, i), item)
		}
	default:
		fmt.Fprintf(b, "%s %T\n", path, value)
	}
}
