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
	for _, f := range plan.Faults(env, true) {
		out = append(out, f.Detail)
	}
	return out
}

// TestFaultyValues finds values that no builder takes, at their places.
func TestFaultyValues(t *testing.T) {
	for body, want := range map[string]string{
		`output = ["type=registry,push=maybe"]`:                                         "push=maybe: the option of an output has to be true or false",
		`output = ["type=local,dest=a,platform-split=perhaps"]`:                         "platform-split=perhaps",
		`output = ["type=oci,dest=a,oci-mediatypes=x"]`:                                 "oci-mediatypes=x",
		`output = ["type=image,compression-level=high"]`:                                "has to be a whole number",
		`output = ["type=image,compression=zsdt"]`:                                      `no compression "zsdt"; known are estargz, gzip, uncompressed, zstd. Did you mean "zstd"?`,
		`output = ["type=image,compression=estargz,oci-mediatypes=false"]`:              "needs the media types of OCI",
		`output = ["type=image,oci-artifact=true,oci-mediatypes=false"]`:                "needs the media types of OCI",
		`output = ["type=local,dest=a,src="]`:                                           "src has no value; leave it out",
		`network = "hots"`:                                                              `no network mode "hots" in a build; known are default, host, none. Did you mean "host"?`,
		`network = "bridge"`:                                                            `no network mode "bridge"`,
		`extra-hosts = { a = "b c" }`:                                                   `the address of host a, "b c", is not an IP address`,
		`extra-hosts = { a = "10.0.0.1,fe80::1%eth0" }`:                                 `"fe80::1%eth0", is not an IP address`,
		`attest = ["type=sbm"]`:                                                         `no attestation of type "sbm"; known are provenance, sbom. Did you mean "sbom"?`,
		`output = ["type=local,dest=a,push=maybe", "type=image,push=true,unpack=,a=b"]`: "",
		`network = "none"
		extra-hosts = { a = "host-gateway", b = "10.0.0.1", c = "[::1],10.0.0.2" }`: "",
	} {
		got := faults(t, body, nil)
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
			t.Errorf("%s: got %q, want %s", body, got, want)
		}
	}
}

// TestFaultsOfAPrintedPlan are errors where nothing outside the definition could
// mend them.
func TestFaultsOfAPrintedPlan(t *testing.T) {
	for body, settled := range map[string]bool{
		`target "default" { tags = ["App"] }`: true,
		`target "default" { tags = ["app:${v}"] }
		variable "v" { default = "" }`: false,
		`v = ""
		target "default" { tags = ["app:${v}"] }`: false, // a variable may take its place
		`target "default" {
			name = "t-${v}"
			matrix = { v = ["a"] }
			tags = ["App:${v}"]
		}`: true,
		`target "default" {
			name = "t-${v}"
			matrix = { v = [w] }
			tags = ["App:${v}"]
		}
		variable "w" { default = "a" }`: false,
		`function "f" {
			params = [a]
			result = "${a}:"
		}
		target "default" { tags = [f("app")] }`: true,
		`function "f" {
			params = [a]
			result = "${a}:${w}"
		}
		variable "w" {}
		target "default" { tags = [f("app")] }`: false,
		`target "base" { tags = ["App"] }
		target "default" { inherits = ["base"] }`: true,
		`target "default" {
			output = ["type=docker,dest=a.tar"]
			platforms = ["linux/amd64", "linux/arm64"]
		}`: true,
		`target "default" {
			output = ["type=docker,dest=a.tar"]
			platforms = all ? ["linux/amd64", "linux/arm64"] : []
		}
		variable "all" { default = true }`: false,
	} {
		checkSettled(t, File{Name: "a.hcl", Data: []byte(body)}, settled)
	}
	checkSettled(t, File{Name: "compose.yaml", Data: []byte("services:\n  default:\n    build: .\n    image: App\n")}, true)
	checkSettled(t, File{Name: "compose.yaml", Data: []byte("services:\n  default:\n    build: .\n    image: app:${TAG-}\n")}, false)
}

func checkSettled(t *testing.T, file File, settled bool) {
	t.Helper()
	d, diags := Parse([]File{file}, nil)
	c, more := d.Evaluate(Scope{})
	plan, last := c.Plan(Request{})
	if all := append(append(diags, more...), last...); all.HasErrors() {
		t.Fatal(all)
	}
	if got := plan.Faults(nil, false); len(got) != 1 || got.HasErrors() != settled {
		t.Errorf("%s: got %v, an error: %t", file.Data, got, settled)
	}
	if got := plan.Faults(nil, true); len(got) != 1 || !got.HasErrors() {
		t.Errorf("%s: built it is no error: %v", file.Data, got)
	}
}

// TestUnknownPlatform asks whether a near miss of a platform was meant.
func TestUnknownPlatform(t *testing.T) {
	for platform, want := range map[string]string{
		"linux/amd46": "linux/amd64", "linx/amd64": "linux/amd64", "linux/arm46/v8": "linux/arm64/v8", "linuz/s309x": "linux/s390x",
		"linux/amd64": "", "linux/arm/v5": "", "wasip1/wasm": "", "local": "", "linux/quantum": "", "windows(10.0.17763)/amd64": "",
	} {
		if got := misspeltPlatform(NormalPlatform(platform)); got != want {
			t.Errorf("%s: got %q, want %q", platform, got, want)
		}
	}
}
