package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"bake/tests/fixture"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// passing are the keys of provenance that are new with each build.
var passing = map[string]bool{
	"buildInvocationID": true, "buildStartedOn": true, "buildFinishedOn": true,
	"layers":       true, // those that happen to be known by then
	"invocationId": true, "invocationID": true, "startedOn": true, "finishedOn": true,
}

// wayIn are the keys of how directories and Dockerfiles reach the engine, where
// bake goes its own way: see provenance-inputs in tests/parity/differences.md.
var wayIn = regexp.MustCompile(`^(local-sessionid:.*|dockerfilekey|frontend\.caps|locals|oci\.session|oci\.store|digestMapping)$`)

// layoutID is the name under which a session offers an OCI layout.
var layoutID = regexp.MustCompile(`oci-layout://[a-z0-9]+`)

// settled is JSON without what is new with each build, and with the names of
// both sides made equal.
func settled(text []byte) (string, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return "", err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(settle(value))
	text = layoutID.ReplaceAll(b.Bytes(), []byte("oci-layout://layout"))
	return strings.NewReplacer("/peer", "/ours", "-peer", "-ours", "%2Fpeer", "%2Fours").Replace(string(text)), err
}

func settle(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			switch {
			case wayIn.MatchString(key):
				delete(v, key)
			case passing[key]:
				delete(v, key)
			case key == "infos":
				v[key] = withoutSteps(inner)
			case key == "inputs" && isDockerfile(inner):
				delete(v, key)
			default:
				v[key] = settle(inner)
			}
		}
	case []any:
		for i, inner := range v {
			v[i] = settle(inner)
		}
	}
	return value
}

// withoutSteps leaves out how the engine got the Dockerfiles.
func withoutSteps(infos any) any {
	list, _ := infos.([]any)
	for _, info := range list {
		if source, ok := info.(map[string]any); ok {
			delete(source, "llbDefinition")
		}
	}
	return settle(infos)
}

// isDockerfile reports whether the inputs of a frontend are a Dockerfile only.
func isDockerfile(inputs any) bool {
	m, _ := inputs.(map[string]any)
	return len(m) == 1 && m["dockerfile"] != nil
}

// attested is what two images with attestations are compared by: the images'
// own digests and what is attested of them.
func attested(b fixture.Built) (string, error) {
	text := ""
	for _, img := range b.Images {
		text += fmt.Sprintf("%s %s\n", img.Platform, img.Digest)
	}
	for _, s := range b.Statements {
		statement, err := settled(s.Text)
		if err != nil {
			return "", err
		}
		text += fmt.Sprintf("%s of %s: %s\n", s.Predicate, s.Subject, statement)
	}
	return text, nil
}

// compareAttested fails the script unless both have made the same.
func compareAttested(ts *testscript.TestScript, name string, our, peer output) {
	a, err := attested(*our.Built)
	ts.Check(err)
	b, err := attested(*peer.Built)
	ts.Check(err)
	if a != b {
		ts.Fatalf("%s differs (bake -, docker buildx bake +):\n%s", name, cmp.Diff(a, b))
	}
	ts.Logf("%s: the same images and %d statements", name, len(our.Statements))
}

// settleFiles does the same to the files of provenance below a directory.
func settleFiles(ts *testscript.TestScript, dir string) {
	ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(d.Name(), "provenance") || filepath.Ext(path) != ".json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text, err := settled(data)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(text), 0o600)
	}))
}
