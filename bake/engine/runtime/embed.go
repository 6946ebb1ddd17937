//go:build embed_runtime && linux

package runtime

import _ "embed"

// The static program, which the build before this one made:
//
//go:generate sh -c "go build -trimpath -tags 'seccomp netgo osusergo' -ldflags '-s -w -linkmode external -extldflags -static' -o bake-runc.tmp ./bake-runc && gzip -9 -n -c bake-runc.tmp >bake-runc.gz && rm bake-runc.tmp"
//go:embed bake-runc.gz
var embedded []byte
