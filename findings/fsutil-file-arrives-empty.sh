#!/bin/sh
# A file that an ignore file lets in again above an excluded directory is sent, but without its bytes.
#
# Versions: github.com/tonistiigi/fsutil v0.0.0-20261103091533-a72de9dcf763, github.com/moby/patternmatcher v0.6.1
#
# Behaviour: three patterns, "*", "!**/*.go" and one for the directory vendor, mean by the rules of ignore
# files that the last that matches decides. Written as "vendor" or "vendor/*", the walk of the filter takes
# vendor/x/x.go for wanted, as the re-included pattern matches the file itself, while the opening of the
# same file by the same filter takes it for excluded, as the pattern matches a parent. fsutil.Send tells
# of the file with its size, finds nothing to open, sends no bytes and no error, and fsutil.Receive writes
# an empty file and is content, too. So a build gets an empty source file. Written as "vendor/**" the file
# is left out by both.
#
# Seen:
#   vendor: error <nil>
#     main.go: 13 of 13 bytes
#     vendor/x/x.go: 0 of 10 bytes
#   vendor/*: error <nil>
#     main.go: 13 of 13 bytes
#     vendor/x/x.go: 0 of 10 bytes
#   vendor/**: error <nil>
#     main.go: 13 of 13 bytes
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

mkdir -p src/vendor/x dst
echo 'package main' >src/main.go
echo 'package x' >src/vendor/x/x.go
echo 'no source' >src/notes.txt

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require (
	github.com/moby/patternmatcher v0.6.1
	github.com/tonistiigi/fsutil v0.0.0-20261103091533-a72de9dcf763
	golang.org/x/sync v0.23.0
)
EOF
cat >main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"
)

// end is one end of a connection in memory.
type end struct {
	ctx context.Context
	in  <-chan []byte
	out chan<- []byte
}

func (e end) Context() context.Context { return e.ctx }

func (e end) SendMsg(m any) error {
	data, err := m.(*types.Packet).MarshalVT()
	if err != nil {
		return err
	}
	select {
	case e.out <- data:
		return nil
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
}

func (e end) RecvMsg(m any) error {
	select {
	case data, ok := <-e.in:
		if !ok {
			return io.EOF
		}
		return m.(*types.Packet).UnmarshalVT(data)
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
}

func transfer(src, dst, last string) error {
	whole, err := fsutil.NewFS(src)
	if err != nil {
		return err
	}
	part, err := fsutil.NewFilterFS(whole, &fsutil.FilterOpt{ExcludePatterns: []string{"*", "!**/*.go", last}})
	if err != nil {
		return err
	}
	there, back := make(chan []byte, 100), make(chan []byte, 100)
	group, ctx := errgroup.WithContext(context.Background())
	group.Go(func() error {
		defer close(there)
		return fsutil.Send(ctx, end{ctx, back, there}, part, nil)
	})
	group.Go(func() error { return fsutil.Receive(ctx, end{ctx, there, back}, dst, fsutil.ReceiveOpt{}) })
	return group.Wait()
}

func main() {
	src := os.Args[1]
	for i, last := range []string{"vendor", "vendor/*", "vendor/**"} {
		dst := filepath.Join(os.Args[2], fmt.Sprint(i))
		if err := os.Mkdir(dst, 0o755); err != nil {
			panic(err)
		}
		fmt.Printf("%s: error %v\n", last, transfer(src, dst, last))
		var lines []string
		err := filepath.WalkDir(dst, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, _ := filepath.Rel(dst, path)
			got, _ := os.ReadFile(path)
			want, _ := os.ReadFile(filepath.Join(src, name))
			lines = append(lines, fmt.Sprintf("  %s: %d of %d bytes", name, len(got), len(want)))
			return nil
		})
		if err != nil {
			panic(err)
		}
		slices.Sort(lines)
		for _, line := range lines {
			fmt.Println(line)
		}
	}
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . src dst >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
