#!/bin/sh
# A size in Compose that is written with an exponent or a point is accepted and is no size: the limit is gone.
#
# Versions: github.com/compose-spec/compose-go/v2 v2.16.2
#
# Behaviour: the schema takes a number or a text for mem_limit, memswap_limit, mem_reservation, shm_size and the size of
# a tmpfs. A whole number and a text are read, a text with an exponent, too. But a YAML number with an exponent or a
# point passes the schema as a number, is a float in Go, and is turned into the size 0, which stands for "not set":
# without an error or a warning the service has no limit, and the written-out project has no such key. Quotes around
# the same characters make it a limit. For deploy.resources.limits.memory the same number is refused.
#
# Seen:
#   1000000000: mem_limit 1000000000, shm_size 1000000000, tmpfs 1000000000
#   1e9: mem_limit 0, shm_size 0, tmpfs 0
#   1000000000.0: mem_limit 0, shm_size 0, tmpfs 0
#   "1e9": mem_limit 1000000000, shm_size 1000000000, tmpfs 1000000000
#   1.5g: mem_limit 1610612736, shm_size 1610612736, tmpfs 1610612736
#   limits.memory 1e9: services.app.deploy.resources.limits.memory must be a string
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require github.com/compose-spec/compose-go/v2 v2.16.2
EOF
cat >main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

func load(text string) (*types.Project, error) {
	return loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir: ".", ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: []byte(text)}},
	}, func(o *loader.Options) { o.SetProjectName("test", true) })
}

func main() {
	for _, size := range []string{"1000000000", "1e9", "1000000000.0", `"1e9"`, "1.5g"} {
		p, err := load(strings.ReplaceAll(`
services:
  app:
    image: app
    mem_limit: SIZE
    shm_size: SIZE
    volumes:
      - type: tmpfs
        target: /tmp
        tmpfs: {size: SIZE}
`, "SIZE", size))
		if err != nil {
			fmt.Printf("%s: %v\n", size, err)
			continue
		}
		app := p.Services["app"]
		fmt.Printf("%s: mem_limit %d, shm_size %d, tmpfs %d\n", size, app.MemLimit, app.ShmSize, app.Volumes[0].Tmpfs.Size)
	}
	_, err := load("services: {app: {image: app, deploy: {resources: {limits: {memory: 1e9}}}}}\n")
	text := fmt.Sprint(err)
	fmt.Printf("limits.memory 1e9: %s\n", text[max(0, strings.Index(text, "services.")):])
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
