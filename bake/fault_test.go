package bake

import (
	"strings"
	"testing"
)

// TestNoFaults finds nothing wrong with what some builder builds.
func TestNoFaults(t *testing.T) {
	for _, body := range []string{
		`tags = ["app:1@sha256:` + strings.Repeat("0", 64) + `"]
		output = ["type=registry"]`, // is pushed as app:1
		`tags = ["` + strings.Repeat("a", 64) + `"]
		output = ["type=image", "type=cacheonly"]`, // is only stored
		`platforms = ["linux/amd64", "linux/arm64"]
		output = ["type=docker", "type=oci,dest=a.tar"]`, // a current Docker loads both
		`platforms = ["linux/arm64", "linux/arm64/v8"]
		output = ["type=docker,dest=a.tar"]`,
		`attest = ["type=provenance,disabled=true"]
		output = ["type=docker,dest=a.tar"]`,
		`attest = ["type=sbom"]
		output = ["type=docker", "type=oci,dest=a.tar"]`,
		`annotations = ["index:a=b"]
		output = ["type=registry", "type=local,dest=a", "type=docker"]`, // has provenance
		`annotations = ["index:a=b"]
		attest = ["type=sbom"]
		output = ["type=oci,dest=a.tar"]`,
		`annotations = ["index:a=b"]
		args = { BUILDKIT_MULTI_PLATFORM = "1" }
		output = ["type=oci,dest=a.tar"]`,
		`annotations = ["manifest:index=b", "index=b"]
		output = ["type=oci,dest=a.tar", "type=docker,dest=b.tar"]`,
		`tags = ["App", "app:"]
		call = "check"
		output = ["type=none"]`, // nothing is built
	} {
		if got := faults(t, body, nil); len(got) > 0 {
			t.Errorf("%s: %v", body, got)
		}
	}
}

func TestFaultOfEnvironment(t *testing.T) {
	body := `annotations = ["index:a=b"]
	output = ["type=registry"]`
	if got := faults(t, body, Env{"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}); len(got) != 1 || !strings.Contains(got[0], "makes no index") {
		t.Errorf("got %q", got)
	}
	body = `args = { BUILDKIT_MULTI_PLATFORM = "true" }
	output = ["type=docker,dest=a.tar"]`
	if got := faults(t, body, nil); len(got) != 1 || !strings.Contains(got[0], "BUILDKIT_MULTI_PLATFORM makes an index") {
		t.Errorf("got %q", got)
	}
}

func faults(t *testing.T, body string, env Env) []string {
	t.Helper()
	d, diags := Parse([]File{{Name: "a.hcl", Data: []byte("target \"default\" {\n" + body + "\n}\n")}}, nil)
	c, more := d.Evaluate(Scope{})
	plan, last := c.Plan(Request{})
	if all := append(append(diags, more...), last...); all.HasErrors() {
		t.Fatal(all)
	}
	var out []string
	for _, f := range plan.Faults(env) {
		out = append(out, f.Detail)
	}
	return out
}
