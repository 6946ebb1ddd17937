#!/bin/sh
# One index and one platform: containerd and go-containerregistry choose different images, in both directions.
#
# Versions: github.com/containerd/platforms v1.0.0-rc.5, github.com/google/go-containerregistry v0.21.7
#
# Behaviour: which image of an index serves a machine is decided by each library for itself. containerd reads
# linux/arm64/v8 and linux/arm64 as one platform, and takes a lower variant for a machine of a higher one, and 386
# for amd64 and arm for arm64; never a higher variant. go-containerregistry compares texts, but a part that is not
# asked for matches anything. So from an index that holds only amd64/v3, crane pulls for linux/amd64 an image that a
# plain amd64 machine cannot run and containerd refuses; and where the index says linux/arm64 and the user
# linux/arm64/v8, which are one, crane has nothing and containerd has the image.
#
# Seen:
#   index linux/amd64/v3, asked linux/amd64: containerd no, go-containerregistry yes
#   index linux/arm64/v9, asked linux/arm64: containerd no, go-containerregistry yes
#   index linux/arm64, asked linux/arm64/v8: containerd yes, go-containerregistry no
#   index linux/amd64, asked linux/amd64/v3: containerd yes, go-containerregistry no
#   index linux/arm/v6, asked linux/arm/v7: containerd yes, go-containerregistry no
#   index linux/386, asked linux/amd64: containerd yes, go-containerregistry no
#   index linux/arm/v7, asked linux/arm64: containerd yes, go-containerregistry no
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require (
	github.com/containerd/platforms v1.0.0-rc.5
	github.com/google/go-containerregistry v0.21.7
)
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func main() {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	for i, pair := range [][2]string{
		{"linux/amd64/v3", "linux/amd64"}, {"linux/arm64/v9", "linux/arm64"}, {"linux/arm64", "linux/arm64/v8"},
		{"linux/amd64", "linux/amd64/v3"}, {"linux/arm/v6", "linux/arm/v7"}, {"linux/386", "linux/amd64"}, {"linux/arm/v7", "linux/arm64"},
	} {
		has, asked := pair[0], pair[1]
		ref := must(name.ParseReference(fmt.Sprintf("%s/test:%d", strings.TrimPrefix(server.URL, "http://"), i)))
		index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: empty.Image, Descriptor: v1.Descriptor{Platform: must(v1.ParsePlatform(has))}})
		if err := remote.WriteIndex(ref, index); err != nil {
			panic(err)
		}
		_, err := remote.Image(ref, remote.WithPlatform(*must(v1.ParsePlatform(asked))))
		found := platforms.Only(must(platforms.Parse(asked))).Match(must(platforms.Parse(has)))
		fmt.Printf("index %s, asked %s: containerd %s, go-containerregistry %s\n", has, asked, yes(found), yes(err == nil))
	}
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
