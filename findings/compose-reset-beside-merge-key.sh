#!/bin/sh
# A !reset in Compose does not reset what a YAML merge key brings into the same mapping; it brings it back.
#
# Versions: github.com/compose-spec/compose-go/v2 v2.16.2
#
# Behaviour: a key that is written in a mapping wins over the same key of a merge key ("<<") beside it; that is YAML.
# A key with the tag !reset is taken out of the tree when the tag is read, which is before the merge key is carried
# out. Then there is no such key any more, and the value of the anchor takes its place. So "!reset" keeps exactly the
# value it was to remove, while !override and a plain value win. The same
# !reset removes the value where it comes by "extends" or from an earlier file.
#
# Seen:
#   merge key, plain value: image "mine", command [mine]
#   merge key, !override: image "base", command [mine]
#   merge key, !reset: image "base", command [base]
#   extends, !reset: image "base", command []
#   another file, !reset: image "base", command []
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

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const base = "x-base: &base\n  image: base\n  command: [base]\n"

func main() {
	for _, c := range []struct {
		name  string
		files []string
	}{
		{"merge key, plain value", []string{base + "services:\n  app:\n    <<: *base\n    image: mine\n    command: [mine]\n"}},
		{"merge key, !override", []string{base + "services:\n  app:\n    <<: *base\n    command: !override [mine]\n"}},
		{"merge key, !reset", []string{base + "services:\n  app:\n    <<: *base\n    command: !reset null\n"}},
		{"extends, !reset", []string{"services:\n  base: {image: base, command: [base]}\n  app:\n    extends: base\n    command: !reset null\n"}},
		{"another file, !reset", []string{"services:\n  app: {image: base, command: [base]}\n", "services:\n  app:\n    command: !reset null\n"}},
	} {
		details := types.ConfigDetails{WorkingDir: "."}
		for i, text := range c.files {
			details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: fmt.Sprintf("%d.yaml", i), Content: []byte(text)})
		}
		p, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) { o.SetProjectName("test", true) })
		if err != nil {
			panic(err)
		}
		app := p.Services["app"]
		fmt.Printf("%s: image %q, command %v\n", c.name, app.Image, []string(app.Command))
	}
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
