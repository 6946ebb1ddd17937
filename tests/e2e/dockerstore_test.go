package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"bake/tests/fixture"

	"github.com/google/go-cmp/cmp"
)

const storedImages = `
-- docker-bake.hcl --
target "default" {
  network           = "none"
  dockerfile-inline = "FROM scratch\nCOPY root /\nRUN echo built > /app"
  tags              = ["example.com/stored:1"]
}
target "pair" {
  platforms         = ["linux/amd64", "linux/arm64"]
  dockerfile-inline = "FROM scratch\nARG TARGETARCH\nCOPY docker-bake.hcl /$TARGETARCH"
  tags              = ["example.com/pair:1"]
}
target "linked" {
  contexts          = { pair = "target:pair" }
  platforms         = ["linux/amd64", "linux/arm64"]
  dockerfile-inline = "FROM pair\nCOPY docker-bake.hcl /linked"
  tags              = ["example.com/linked-pair:1"]
}
`

// toldOf is what a metadata file says about a target.
func toldOf(t *testing.T, s *site, name, target string) map[string]any {
	t.Helper()
	var all map[string]map[string]any
	if err := json.Unmarshal([]byte(s.read(name)), &all); err != nil {
		t.Fatal(err)
	}
	return all[target]
}

// Docker with containerd's image store keeps indexes: images of two platforms
// and attestations come into it from its own builder and from others. What the
// metadata says of them names them there, and nothing else: the digest of a
// configuration names no image.
func TestDockerStore(t *testing.T) {
	d := currentDocker(t)
	if !d.Store(t) {
		t.Fatal("this Docker does not keep images in containerd's store")
	}
	s := dockerSite(t, d, storedImages)
	withSystem(t, s)
	peer := peerAt(t, s).With("DOCKER_HOST=" + d.Host())
	for _, tc := range []struct {
		name   string
		args   []string
		target string
		images []string
		attest int
	}{
		{"one", []string{"default"}, "default", []string{"linux/amd64"}, 1},
		{"plain", []string{"default", "--provenance=false"}, "default", []string{"linux/amd64"}, 0},
		{"two", []string{"pair"}, "pair", []string{"linux/amd64", "linux/arm64"}, 2},
		{"linked", []string{"linked", "pair"}, "linked", []string{"linux/amd64", "linux/arm64"}, 2},
		{"loaded", []string{"default", "--load"}, "default", []string{"linux/amd64"}, 1},
		{"loaded-two", []string{"pair", "--builder=embedded", "--load"}, "pair", []string{"linux/amd64", "linux/arm64"}, 2},
		{"loaded-plain", []string{"default", "--builder=embedded", "--load", "--provenance=false"}, "default", []string{"linux/amd64"}, 0},
		{"loaded-one", []string{"default", "--builder=embedded", "--load", "--provenance=mode=max"}, "default", []string{"linux/amd64"}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := *s
			s.t = t
			s.run(0, append(tc.args, "--metadata-file=ours.json")...)
			name := map[string]string{"default": "example.com/stored:1", "pair": "example.com/pair:1", "linked": "example.com/linked-pair:1"}[tc.target]
			said := toldOf(t, &s, "ours.json", tc.target)
			if id := d.Image(t, name); id == "" || said["containerimage.digest"] != id {
				t.Errorf("Docker has %s as %q, the metadata say %v", name, id, said["containerimage.digest"])
			}
			built := d.Saved(t, name)
			var have []string
			for _, img := range built.Images {
				have = append(have, img.Platform)
			}
			if !slices.Equal(have, tc.images) || built.Attestations != tc.attest {
				t.Errorf("%s has images for %q and %d attestations, want %q and %d", name, have, built.Attestations, tc.images, tc.attest)
			}
			for _, s := range built.Statements {
				of := func(img fixture.BuiltImage) bool { return img.Digest == s.Subject }
				if !strings.HasPrefix(s.Predicate, "https://slsa.dev/provenance/") || !slices.ContainsFunc(built.Images, of) {
					t.Errorf("%s has a statement of type %s about %s", name, s.Predicate, s.Subject)
				}
			}
			if _, told := said["containerimage.config.digest"]; told {
				t.Errorf("the metadata tell a digest by which Docker has no image: %v", said["containerimage.config.digest"])
			}
			if slices.Contains(tc.args, "--builder=embedded") {
				return
			}
			if o := peer.Bake(t, s.dir, nil, append(tc.args, "--metadata-file=peer.json")...); o.Code != 0 {
				t.Fatalf("docker buildx bake: %s", o.Stderr)
			}
			ours, peers := slices.Sorted(maps.Keys(said)), slices.Sorted(maps.Keys(toldOf(t, &s, "peer.json", tc.target)))
			if !slices.Equal(ours, peers) {
				t.Errorf("the metadata of bake tell %q, those of docker buildx bake %q", ours, peers)
			}
		})
	}
	if got := d.Run(t, "run", "--rm", "--network=none", "example.com/stored:1", "sh", "-c", "read line < /app; echo $line"); got != "built" {
		t.Errorf("the image printed %q", got)
	}
}

// What Docker itself refuses, or would do in part, is refused before anything
// is built.
func TestDockerRefuses(t *testing.T) { onDockers(t, dockerRefuses) }

func dockerRefuses(t *testing.T, d *fixture.Docker) {
	s := dockerSite(t, d, `
-- docker-bake.hcl --
target "digest" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  tags              = ["example.com/refused:1"]
  output            = ["type=image,push=true,push-by-digest=true"]
}
target "other" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /other"
  tags              = ["example.com/refused:2"]
}
target "privileged" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /privileged"
  entitlements      = ["security.insecure"]
  tags              = ["example.com/refused:3"]
}
`)
	o := s.run(1, "digest", "other")
	tells(t, o, "push-by-digest is currently not implemented for docker driver", "docker-bake.hcl:4", "--builder embedded")
	if strings.Contains(o.Stderr, "load build definition") {
		t.Error("something was built")
	}
	tells(t, s.run(1, "privileged", "--allow=security.insecure"),
		"security.insecure is not allowed by build daemon configuration", "docker-bake.hcl:12", "daemon.json", `{"builder": {"entitlements": {"security-insecure": true}}}`)
	if left := d.Run(t, "images", "-q", "example.com/refused"); left != "" {
		t.Errorf("Docker has images: %s", left)
	}
}

// Two targets that give one tag to what goes into Docker are told of, whoever
// builds it, before anything is built.
func TestDockerSameTag(t *testing.T) {
	d := currentDocker(t)
	s := dockerSite(t, d, `
-- docker-bake.hcl --
group "default" { targets = ["a", "b"] }
target "a" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /a"
  tags              = ["example.com/same:1", "example.com/same:a"]
}
target "b" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /b"
  tags              = ["example.com/same:1"]
}
target "c" { inherits = ["b"] }
`)
	const says = `Target "b" loads example.com/same:1 into Docker, and so does target "a"`
	plain := func(o fixture.Outcome) string { return strings.Join(strings.Fields(o.Stderr), " ") }
	for _, tc := range []struct {
		code int
		args string
		warn bool
	}{
		{2, "--strict", true},
		{2, "--builder=embedded --load --strict", true},
		{0, "--builder=embedded", false},
		{0, "b c --strict", false},
		{0, "a b --set=b.tags=example.com/same:b --strict", false},
		{0, "", true},
	} {
		if o := s.run(tc.code, strings.Fields(tc.args)...); strings.Contains(plain(o), says) != tc.warn {
			t.Errorf("bake %s: a warning is %t wanted", tc.args, tc.warn)
		}
	}
}

// ofOneBuild are the fields of a record that are new with each build.
var ofOneBuild = map[string]bool{
	"Ref": true, "StartedAt": true, "CompletedAt": true, "Duration": true, "Attachments": true,
	"NumCachedSteps": true, "NumCompletedSteps": true, "NumTotalSteps": true, // a Dockerfile may come without a step of its own
}

// What docker buildx shows of builds of bake is what it shows of its own: their
// names, their contexts, their Dockerfiles and what they were made of.
func TestDockerHistory(t *testing.T) {
	d := currentDocker(t)
	s := dockerSite(t, d, `
-- docker-bake.hcl --
group "default" { targets = ["plain", "inner", "stage", "inline", "away"] }
target "_all" { output = ["type=cacheonly"] }
target "plain" {
  context  = "app"
  tags     = ["example.com/history:plain"]
}
target "inner" {
  inherits   = ["_all"]
  context    = "app"
  dockerfile = "sub/inner.Dockerfile"
}
target "stage" {
  context = "app"
  target  = "one"
  output  = ["type=local,dest=out"]
}
target "inline" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  tags              = ["example.com/history:inline"]
}
target "away" {
  context    = "app"
  dockerfile = "../away/Dockerfile"
  args       = { BUILDKIT_BUILD_NAME = "named" }
  tags       = ["example.com/history:away"]
}
-- app/Dockerfile --
FROM scratch AS one
COPY file /
FROM one
-- app/sub/inner.Dockerfile --
FROM scratch
COPY file /inner
-- away/Dockerfile --
FROM scratch
COPY file /away
-- app/file --
`)
	peer := peerAt(t, s).With("DOCKER_HOST=" + d.Host())
	s.run(0, "--metadata-file=ours.json")
	if o := peer.Bake(t, s.dir, nil, "--metadata-file=peer.json"); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	show := func(file, target string) (shown map[string]any) {
		t.Helper()
		ref := fmt.Sprint(toldOf(t, s, file, target)["buildx.build.ref"])
		o := fixture.MustRun(t, peer.Command(t.Context(), s.dir, "history", "inspect", "--format=json", ref[strings.LastIndex(ref, "/")+1:]))
		if err := json.Unmarshal([]byte(o.Stdout), &shown); err != nil {
			t.Fatal(err)
		}
		return shown
	}
	for _, target := range []string{"plain", "inner", "stage", "inline", "away"} {
		ours, peers := show("ours.json", target), show("peer.json", target)
		for _, record := range []map[string]any{ours, peers} {
			maps.DeleteFunc(record, func(key string, _ any) bool { return ofOneBuild[key] })
			if config, ok := record["Config"].(map[string]any); ok {
				delete(config, "RestRaw") // how directories reach the engine
			}
		}
		if diff := cmp.Diff(peers, ours); diff != "" || ours["Name"] == nil {
			t.Errorf("the record of %s differs from that of docker buildx bake (-):\n%s", target, diff)
		}
	}
	// Targets that leave nothing share a record, which is named after them.
	s.run(0, "plain", "inner", "stage", "inline", "--set=*.output=type=cacheonly")
	list := fixture.MustRun(t, peer.Command(t.Context(), s.dir, "history", "ls", "--format={{.Name}}")).Stdout
	if !slices.Contains(strings.Split(list, "\n"), "plain, inner, stage and 1 more") {
		t.Errorf("the history is\n%s", list)
	}
}
