#!/bin/sh
# An exception that names a directory lets in nothing of it that a pattern for files has left out.
#
# Versions: github.com/moby/patternmatcher v0.6.1
#
# Behaviour: the patterns "**/*.md" and "!docs" mean by the rules of ignore files that the last that matches a file
# or a directory above it decides, so docs/b.md is wanted; asked by itself, the file is. A walk hands the results
# of each directory on to what is in it (MatchesUsingParentResults), which is said to give the same answers. But a
# pattern is only tried where it could change the result so far: docs is not left out when the walk comes to it,
# so that docs matches the exception is not noted, and the exception does not match the file itself. The files are
# left out. Every build context is walked in this way. With "!docs/**" both ways agree.
#
# Seen:
#   **/*.md !docs
#     docs/b.md: wanted by itself true, in a walk false
#     docs/x/c.md: wanted by itself true, in a walk false
#     web/d.md: wanted by itself false, in a walk false
#   **/*.md !docs/**
#     docs/b.md: wanted by itself true, in a walk true
#     docs/x/c.md: wanted by itself true, in a walk true
#     web/d.md: wanted by itself false, in a walk false
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require github.com/moby/patternmatcher v0.6.1
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	for _, rules := range []string{"**/*.md !docs", "**/*.md !docs/**"} {
		fmt.Println(rules)
		patterns := must(patternmatcher.New(strings.Fields(rules)))
		var walk func(name string) (bool, patternmatcher.MatchInfo)
		walk = func(name string) (bool, patternmatcher.MatchInfo) {
			var above patternmatcher.MatchInfo
			if dir := path.Dir(name); dir != "." {
				_, above = walk(dir)
			}
			out, info, err := patterns.MatchesUsingParentResults(name, above)
			return must(out, err), info
		}
		for _, name := range []string{"docs/b.md", "docs/x/c.md", "web/d.md"} {
			out, _ := walk(name)
			alone := must(patterns.MatchesOrParentMatches(name))
			fmt.Printf("  %s: wanted by itself %v, in a walk %v\n", name, !alone, !out)
		}
	}
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
