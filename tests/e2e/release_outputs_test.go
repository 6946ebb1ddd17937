package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// kinds are outputs of all kinds.
const kinds = `
-- docker-bake.hcl --
variable "PLACE" {}
variable "OUT" { default = "out" }
variable "FILE" { default = "docker-bake.hcl" }
target "_image" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
}
group "default" { targets = ["tags", "twin", "two", "differing", "named", "digest", "files"] }
target "tags" {
  inherits = ["_image"]
  tags     = ["${PLACE}/tags:1", "${PLACE}/tags:2", "${PLACE}/other"]
  output   = ["type=registry"]
}
target "twin" { inherits = ["tags"] }
target "two" {
  inherits = ["_image"]
  tags     = ["${PLACE}/two:1"]
  labels   = { two = "yes" }
  output   = ["type=registry", "type=image,push=true,unpack=false"]
}
target "differing" {
  inherits = ["_image"]
  labels   = { differing = "yes" }
  output   = ["type=registry,name=${PLACE}/plain:1", "type=oci,dest=${OUT}/both.tar", "type=registry,name=${PLACE}/zstd:1,compression=zstd,force-compression=true"]
}
target "named" {
  inherits = ["_image"]
  labels   = { named = "yes" }
  output   = ["type=image,\"name=${PLACE}/named:1,${PLACE}/named:2\",push=true", "type=local,dest=${OUT}/dir"]
}
target "digest" {
  inherits = ["_image"]
  labels   = { digest = "yes" }
  output   = ["type=image,name=${PLACE}/digest,push=true,push-by-digest=true"]
}
target "files" {
  dockerfile-inline = "FROM scratch\nCOPY ${FILE} /"
  output   = ["type=tar,dest=${OUT}/files.tar"]
}
`

var kindTags = []string{"tags:1", "tags:2", "other:latest", "two:1", "plain:1", "zstd:1", "named:1", "named:2", "digest:latest"}

// built is what a metadata file says of a target.
type built struct {
	Name   string `json:"image.name"`
	Digest string `json:"containerimage.digest"`
}

func metadataOf(t *testing.T, file string) map[string]built {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]built{}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	delete(out, "bake.report")
	return out
}

// A release makes what a build makes that moves tags as it goes: in the
// registry, on the disk, and in the metadata.
func TestReleaseOfAllKindsOfOutput(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newSite(t, kinds)
	s.share()
	s.env = append(s.env, "BUILDX_NO_DEFAULT_ATTESTATIONS=1", "XDG_STATE_HOME="+s.path("state"))
	s.run(0, "--var", "PLACE="+registry.Ref("plain"), "--var", "OUT=plain", "--metadata-file=plain.json")
	want := metadataOf(t, s.path("plain.json"))
	for _, how := range []string{"--atomic", "--jobs=defer-output"} {
		place := strings.Trim(strings.ReplaceAll(how, "=", "-"), "-")
		o := s.run(0, "--var", "PLACE="+registry.Ref(place), "--var", "OUT="+place, "--metadata-file="+place+".json", how)
		tells(t, o, "moving 8 tags", "pushed "+registry.Ref(place+"/tags:1"))
		for _, tag := range kindTags {
			if got, want := registry.Digest(t, place+"/"+tag), registry.Digest(t, "plain/"+tag); got != want {
				t.Errorf("%s: %s is %q, want %q", how, tag, got, want)
			}
		}
		for name, b := range metadataOf(t, s.path(place+".json")) {
			b.Name = strings.ReplaceAll(b.Name, registry.Ref(place), registry.Ref("plain"))
			if b != want[name] {
				t.Errorf("%s: metadata of %s: %+v, want %+v", how, name, b, want[name])
			}
		}
		if digest := want["digest"].Digest; !registry.Has(t, place+"/digest@"+digest) {
			t.Errorf("%s: %s was not pushed", how, digest)
		}
		for _, file := range []string{"both.tar", "dir/docker-bake.hcl", "files.tar"} {
			if !s.exists(place + "/" + file) {
				t.Errorf("%s: there is no %s", how, file)
			}
		}
	}
	if left, _ := filepath.Glob(s.path("state/bake/releases/*.json")); len(left) > 0 {
		t.Errorf("journals are left: %v", left)
	}
}

// What a release does not push it does not say it pushed, and what is to come
// after the pushes does not come.
func TestReleaseThatFails(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	for i, tc := range []struct {
		name  string
		fault fixture.Fault
		args  []string
		code  int
		tells []string
		files bool // are written
	}{
		{"a push is refused", fixture.Fault{Method: http.MethodPost, Path: "/two/blobs/uploads/", Do: fixture.Status(403)}, nil, 1,
			[]string{"target two: ", "injected fault", "no tag has moved", "--resume="}, false},
		{"a push is refused, and all else goes on", fixture.Fault{Method: http.MethodPost, Path: "/two/blobs/uploads/", Do: fixture.Status(403)}, []string{"-k"}, 1,
			[]string{"target two: ", "skipped because two failed"}, false},
		{"a tag is refused", fixture.Fault{Method: http.MethodPut, Path: "/named/manifests/2", Do: fixture.Status(403)}, nil, 1,
			[]string{"target named: ", "named:2: ", "403", "skipped because named failed", "the tags that existed are as they were", "--resume="}, true},
		{"a tag cannot be read", fixture.Fault{Method: http.MethodHead, Path: "/tags/manifests/1", Do: fixture.Reset(0)}, nil, 5,
			[]string{"target tags: ", "no tag has moved"}, true},
		{"a target fails", fixture.Fault{Path: "nowhere"}, []string{"-k", "--var", "FILE=nothing"}, 1,
			[]string{"skipped because files failed"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t, kinds)
			s.share()
			s.env = append(s.env, "XDG_STATE_HOME="+s.path("state"))
			p := fixture.StartProxy(t, registry, tc.fault)
			place := fmt.Sprintf("f%d", i)
			o := s.run(tc.code, append([]string{"--var", "PLACE=" + p.Ref(place), "--atomic", "--retries=0", "--metadata-file=m.json"}, tc.args...)...)
			tells(t, o, tc.tells...)
			if strings.Contains(o.Stderr, "pushed ") {
				t.Error("it says that something was pushed")
			}
			for _, tag := range kindTags {
				if digest := registry.Digest(t, place+"/"+tag); digest != "" && !(tc.name == "a tag is refused" && strings.Contains(o.Stderr, p.Ref(place+"/"+tag))) {
					t.Errorf("%s is %s", tag, digest)
				}
			}
			for _, file := range []string{"both.tar", "files.tar"} {
				if s.exists("out/"+file) != tc.files {
					t.Errorf("there is %s: %v", file, !tc.files)
				}
			}
			if tc.name == "a target fails" && len(p.Requests()) > 0 {
				t.Errorf("something was pushed: %v", p.Requests())
			}
		})
	}
}

// The client moves tags as the engine pushes images: with its certificates and
// with the user's password.
func TestReleaseToARegistryWithTLS(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t, fixture.WithTLS(), fixture.WithAuth("me", "very-secret"))
	s := newSite(t, kinds)
	s.env = append(s.env, "DOCKER_CONFIG="+registry.DockerConfig(t), "BAKE_ENGINE_CONFIG="+s.path("engine.toml"), "XDG_STATE_HOME="+s.path("state"))
	s.write("-- engine.toml --\n[registry.\"" + registry.Host + "\"]\nca = [\"" + registry.CA + "\"]\nhttp = false\n")
	s.run(0, "--var", "PLACE="+registry.Ref("tls"), "--atomic")
	for _, tag := range kindTags[:8] {
		if !registry.Has(t, "tls/"+tag) {
			t.Errorf("there is no %s", tag)
		}
	}
	s.env = append(s.env, "DOCKER_CONFIG="+t.TempDir())
	tells(t, s.run(1, "--var", "PLACE="+registry.Ref("tls"), "--atomic", "tags"), "target tags", "--resume=")
	journals, _ := filepath.Glob(s.path("state/bake/releases/*.json"))
	if len(journals) != 1 {
		t.Fatalf("journals: %v", journals)
	}
	data, err := os.ReadFile(journals[0])
	if err != nil || strings.Contains(string(data), "very-secret") {
		t.Errorf("%v: %s", err, data)
	}
	if st, err := os.Stat(journals[0]); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}
