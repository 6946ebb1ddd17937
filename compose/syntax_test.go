package compose_test

import (
	"testing"
	"testing/fstest"

	"bake/bake"
)

// The same application in the three syntaxes.
var application = map[string]string{
	"docker-bake.hcl": `
group "default" {
  targets = ["base", "web"]
}
target "base" {
  context    = "base"
  dockerfile = "Dockerfile.base"
  args       = { VERSION = "1.0" }
}
target "web" {
  context           = "web"
  contexts          = { base = "target:base" }
  dockerfile-inline = "FROM base\nRUN echo $${HOME}\n"
  args              = { A = "1", B = "x=y" }
  labels            = { "org.example" = "web" }
  tags              = ["acme/web:1", "acme/web:latest"]
  target            = "prod"
  platforms         = ["linux/amd64", "linux/arm64"]
  network           = "none"
  no-cache          = true
  no-cache-filter   = ["fetch"]
  pull              = true
  shm-size          = "128MiB"
  ulimits           = ["nofile=1024:2048"]
  extra-hosts       = { db = "10.0.0.1" }
  entitlements      = ["security.insecure"]
  attest            = ["type=sbom,disabled=false", "type=provenance,mode=max"]
  cache-from        = ["type=registry,ref=acme/cache"]
  cache-to          = ["type=inline"]
  secret            = [{ id = "token", env = "TOKEN" }, { id = "netrc", src = "netrc" }]
  ssh               = ["default"]
  output            = ["type=registry"]
}
`,
	"docker-bake.json": `{
  "group": {"default": {"targets": ["base", "web"]}},
  "target": {
    "base": {"context": "base", "dockerfile": "Dockerfile.base", "args": {"VERSION": "1.0"}},
    "web": {
      "context": "web", "contexts": {"base": "target:base"}, "dockerfile-inline": "FROM base\nRUN echo $${HOME}\n",
      "args": {"A": 1, "B": "x=y"}, "labels": {"org.example": "web"}, "tags": ["acme/web:1", "acme/web:latest"], "target": "prod",
      "platforms": ["linux/amd64", "linux/arm64"], "network": "none", "no-cache": true, "no-cache-filter": ["fetch"], "pull": true,
      "shm-size": "128MiB", "ulimits": ["nofile=1024:2048"], "extra-hosts": {"db": "10.0.0.1"}, "entitlements": ["security.insecure"],
      "attest": ["type=sbom", "type=provenance,mode=max"], "cache-from": ["acme/cache"], "cache-to": ["type=inline"],
      "secret": [{"id": "token", "env": "TOKEN"}, "id=netrc,src=netrc"], "ssh": ["default"], "output": ["type=registry"]
    }
  }
}`,
	"compose.yaml": `
services:
  base:
    build: {context: base, dockerfile: Dockerfile.base, args: {VERSION: "1.0"}}
  web:
    build:
      context: ./web
      additional_contexts: ["base=service:base"]
      dockerfile_inline: |
        FROM base
        RUN echo $${HOME}
      args: {A: 1, B: x=y}
      labels: [org.example=web]
      tags: ["acme/web:1", "acme/web:latest"]
      target: prod
      platforms: [linux/amd64, linux/arm64]
      network: none
      no_cache: true
      no_cache_filter: fetch
      pull: true
      shm_size: 128m
      ulimits: {nofile: {soft: 1024, hard: 2048}}
      extra_hosts: ["db:10.0.0.1"]
      privileged: true
      sbom: true
      provenance: mode=max
      cache_from: [acme/cache]
      cache_to: ["type=inline"]
      secrets: [token, netrc]
      ssh: [default]
      x-bake: {output: type=registry}
secrets:
  token: {environment: TOKEN}
  netrc: {file: ./netrc}
`,
}

// TestOnePlan resolves the same application in HCL, JSON and Compose.
func TestOnePlan(t *testing.T) {
	plans := map[string]string{}
	for name, text := range application {
		files := []bake.File{{Name: name, Data: []byte(text)}}
		def, diags := bake.ParseWith(files, bake.ParseOptions{FS: fstest.MapFS{}})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		config, diags := def.Evaluate(bake.Scope{})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		plan, diags := config.Plan(bake.Request{})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		data, err := plan.JSON()
		if err != nil {
			t.Fatal(err)
		}
		plans[name] = string(data)
	}
	want := plans["docker-bake.hcl"]
	for name, got := range plans {
		if got != want {
			t.Errorf("%s:\n%s\nHCL:\n%s", name, got, want)
		}
	}
}
