#!/bin/sh
# Until a RUN is expanded, its secrets and caches read as binds of the whole context to no place.
#
# Versions: github.com/moby/buildkit v0.34.2 (frontend/dockerfile/instructions)
#
# Behaviour: instructions.Parse returns the mounts of a RUN, and GetMounts gives as many as are written. But of what
# is written in them only "from" is read, which may hold no variables; the rest is read by RunCommand.Expand. Before that
# each mount has the zero type, which is "bind", is read-only, and has neither a source nor a target, whatever it is: a
# secret, an agent, a cache. Nothing says that they are not read yet. A program that looks for the secrets or caches of
# a RUN, and does not expand first, finds none, and each of them looks like a bind of the whole main context.
#
# Seen:
#   parsed: bind from "" target "" read-only true, bind from "" target "" read-only true, bind from "other" target "" read-only true
#   expanded: secret from "" target "/key" read-only true, cache from "" target "/cache" read-only false, bind from "other" target "/other" read-only true
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
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

const text = `FROM scratch AS other
FROM scratch
RUN --mount=type=secret,id=key,target=/key --mount=type=cache,target=/cache --mount=from=other,target=/other ["/make"]
`

func show(when string, run *instructions.RunCommand) {
	var all []string
	for _, m := range instructions.GetMounts(run) {
		all = append(all, fmt.Sprintf("%s from %q target %q read-only %v", m.Type, m.From, m.Target, m.ReadOnly))
	}
	fmt.Printf("%s: %s\n", when, strings.Join(all, ", "))
}

func main() {
	file, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	stages, _, err := instructions.Parse(file.AST, nil)
	if err != nil {
		panic(err)
	}
	run := stages[1].Commands[0].(*instructions.RunCommand)
	show("parsed", run)
	if err := run.Expand(func(word string) (string, error) { return word, nil }); err != nil {
		panic(err)
	}
	show("expanded", run)
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
