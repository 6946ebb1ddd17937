package parity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// overrideKeys are the keys of --set, singular and plural, those of attributes
// that it cannot set and some that do not exist, each with a value.
var overrideKeys = map[string]string{
	"annotation": "k=w", "annotations": "k=w", "attest": "type=provenance,mode=max", "attests": "type=sbom",
	"arg": "x", "args": "x", "context": "dir", "contexts": "dir", "dockerfile": "D", "label": "x", "labels": "x",
	"tag": "t:2", "tags": "t:2", "cache-from": "type=local,src=c", "cache-to": "type=inline", "caches-to": "type=inline",
	"target": "stage", "targets": "stage", "secret": "id=s", "secrets": "id=s", "ssh": "key=k",
	"platform": "linux/386,linux/arm64", "platforms": "linux/386", "output": "type=tar,dest=o", "outputs": "type=tar,dest=o",
	"pull": "false", "no-cache": "false", "network": "none", "networks": "none", "no-cache-filter": "x", "no-cache-filters": "x",
	"shm-size": "9m", "ulimit": "core=1", "ulimits": "core=1", "resource": "9m", "resources": "9m", "call": "outline",
	"entitlement": "device", "entitlements": "device", "extra-host": "1.2.3.4", "extra-hosts": "1.2.3.4", "push": "true", "load": "true",
	"description": "d", "inherits": "base", "dockerfile-inline": "FROM x", "matrix": "m", "name": "n", "nosuch": "x", "": "x",
}

// overrideForms are ways to write an override of a key K with a value V.
var overrideForms = [][]string{
	{"K=V"}, {"K+=V"}, {"K="}, {"K+="}, {"K"}, {"K+"},
	{"K.memory=V"}, {"K.memory+=V"}, {"K.memory="}, {"K.memory"}, {"K.a.b=V"}, {"K.=V"}, {"K."}, {"K.a=env=E"}, {"K.a=src=f,id=b"},
	{"K=V", "K="}, {"K+=V", "K="}, {"K=", "K=V"}, {"K=", "K+=V"}, {"K=", "K="}, {"K=V", "K=V"}, {"K+=V", "K+=V"}, {"K=", "K+="},
	{"K=V", "K=", "K+=V"}, {"K=", "K.a=env=E"}, {"K=maybe", "K=V"}, {"K=V", "K=false"}, {"K=false", "K=V"},
	{"K.a=maybe", "K.a=env=E"}, {"K.cpu-shares=x", "K.cpu-shares=5"}, {"K.memory=V", "K.memory="}, {"K.memory=V", "K.memory"}, {"K.unset"},
}

const overriddenDefinition = `
target "base" {
  annotations = ["k=v"]
  tags = ["base:1"]
  secret = ["id=a,env=A"]
  ulimits = ["nofile=1"]
}
target "app" {
  inherits = ["base"]
  attest = ["type=provenance,mode=min"]
  args = { memory = "1" }
  contexts = { memory = "dir" }
  labels = { a = "1" }
  cache-from = ["x"]
  cache-to = ["y"]
  ssh = ["default"]
  platforms = ["linux/amd64"]
  output = ["type=image"]
  no-cache-filter = ["a"]
  resources = { memory = "1m" }
  entitlements = ["network.host"]
  extra-hosts = { a = "1.1.1.1" }
}
`

// TestOverrideForms compares all keys of --set in all forms, by name and by
// pattern, and the singular after the plural.
func TestOverrideForms(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker-bake.hcl"), []byte(overriddenDefinition), 0o644); err != nil {
		t.Fatal(err)
	}
	runs, equal := 0, 0
	for key, value := range overrideKeys {
		for _, form := range overrideForms {
			for _, target := range []string{"app.", "*.", "base."} {
				r := run{Dir: dir, Env: map[string]string{"memory": "from env"}}
				for i, text := range form {
					written := key
					if i > 0 {
						written = otherNumber(key)
					}
					text = strings.Replace(strings.Replace(text, "V", value, 1), "K", written, 1)
					r.Args = append(r.Args, "--set", target+text)
				}
				r.Args = append(r.Args, "app")
				theirs, mine := peer.ask(r), askOurs(r)
				runs++
				if !sameAnswer(theirs, mine) {
					t.Errorf("%s: - buildx, + bake\n%s", r, diff(theirs, mine))
				}
				if !theirs.failed() {
					equal++
				}
			}
		}
	}
	t.Logf("parity: %d overrides, %d of them valid", runs, equal)
}

// otherNumber is the plural or singular of a key where buildx knows both.
func otherNumber(key string) string {
	for _, k := range []string{key + "s", strings.TrimSuffix(key, "s")} {
		if _, ok := overrideKeys[k]; ok && k != "context" && k != "contexts" && !strings.HasPrefix(k, "target") {
			return k
		}
	}
	return key
}
