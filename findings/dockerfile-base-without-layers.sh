#!/bin/sh
# FROM an image whose configuration lists no layers is FROM scratch with its settings: the image is not in the build.
#
# Versions: github.com/moby/buildkit v0.34.2 (frontend/dockerfile/dockerfile2llb)
#
# Behaviour: the frontend asks for the configuration of a base image before it makes the definition of the build.
# If rootfs.diff_ids is empty there (an image that only carries settings, or a configuration that something else
# than a build has written), the source of the image is left out of the definition that is built,
# although its user, its environment and the steps that ONBUILD adds are taken over. So the sources of a definition are
# not the images it was made from, and whoever reads bases, digests or pins out of it misses one.
#
# Seen:
#   1 layer: sources [docker-image://example.com/base:1 local://context], user of the base: me, steps of ONBUILD: 1
#   0 layers: sources [local://context], user of the base: me, steps of ONBUILD: 1
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require github.com/moby/buildkit v0.34.2
EOF
cat >main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// registry has one image, of so many layers.
type registry int

func (layers registry) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	diffs := []digest.Digest{}
	for i := range int(layers) {
		diffs = append(diffs, digest.FromString(fmt.Sprint(i)))
	}
	data, err := json.Marshal(map[string]any{
		"os": "linux", "architecture": "amd64",
		"config": map[string]any{"User": "me", "OnBuild": []string{"COPY b /from-onbuild"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs},
	})
	return ref, digest.FromBytes(data), data, err
}

func main() {
	ctx := context.Background()
	for _, layers := range []int{1, 0} {
		result, err := dockerfile2llb.Dockerfile2LLB(ctx, []byte("FROM example.com/base:1\nCOPY a /a\n"), dockerfile2llb.ConvertOpt{
			MetaResolver: registry(layers), TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
		})
		if err != nil {
			panic(err)
		}
		def, err := result.State.Marshal(ctx, llb.LinuxAmd64)
		if err != nil {
			panic(err)
		}
		var sources []string
		onbuild := 0
		for _, data := range def.Def {
			var op pb.Op
			if err := op.UnmarshalVT(data); err != nil {
				panic(err)
			}
			if s := op.GetSource(); s != nil {
				name, _, _ := strings.Cut(s.Identifier, "@")
				sources = append(sources, name)
			}
			for _, action := range op.GetFile().GetActions() {
				if action.GetCopy().GetDest() == "/from-onbuild" {
					onbuild++
				}
			}
		}
		slices.Sort(sources)
		noun := "layers"
		if layers == 1 {
			noun = "layer"
		}
		fmt.Printf("%d %s: sources %v, user of the base: %s, steps of ONBUILD: %d\n", layers, noun, sources, result.Image.Config.User, onbuild)
	}
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
