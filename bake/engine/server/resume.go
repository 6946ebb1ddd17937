//go:build linux

package server

import (
	"context"
	"regexp"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
)

// refDigest is how the ref of a download ends: in the digest of the blob.
var refDigest = regexp.MustCompile(`[-@](sha(?:256|384|512):[0-9a-f]+)$`)

// resume opens a writer of the wrapped store, with which a download that was begun
// goes on. One that has all of its bytes, which are not those of the blob, begins
// anew: it would be taken for complete each time, and the blob could not be had
// any more, wherever it is right.
func (s *smallBlobs) resume(ctx context.Context, wanted content.WriterOpts, opts []content.WriterOpt) (content.Writer, error) {
	w, err := s.Store.Writer(ctx, opts...)
	m := refDigest.FindStringSubmatch(wanted.Ref)
	if err != nil || m == nil || wanted.Desc.Size <= 0 {
		return w, err
	}
	status, err := w.Status()
	right := digest.Digest(m[1])
	if err == nil && status.Offset >= wanted.Desc.Size && right.Algorithm() == w.Digest().Algorithm() && right != w.Digest() {
		err = w.Truncate(0)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}
