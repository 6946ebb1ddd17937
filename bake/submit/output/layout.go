package output

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"bake/bake/submit/host"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/ociindex"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Layout is an OCI layout directory that an output writes. The client library
// would list in it whatever image the last of all outputs has made, which the
// directory need not hold: that of a push has attestations, this one may not.
type Layout struct {
	*layoutDir // nil unless it is open
	dir        string
	at         *host.Caller

	mu   sync.Mutex
	root digest.Digest // what was written last: the image or the index
}

// Open makes the directory ready to be written.
func (l *Layout) Open() (err error) {
	if err := l.check(); err != nil {
		return err
	}
	l.layoutDir, err = openLayoutDir(l.dir)
	return err
}

// check is an error if what is written to the directory would go elsewhere.
func (l *Layout) check() error {
	if err := host.Still(l.dir); err != nil {
		return err
	}
	return l.at.CheckLed(l.dir, true)
}

// Writer implements content.Ingester. An image is written after what it is
// made of, and asked for even if it is there.
func (l *Layout) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var wanted content.WriterOpts
	for _, opt := range opts {
		if err := opt(&wanted); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	l.root = wanted.Desc.Digest
	l.mu.Unlock()
	return l.Store.Writer(ctx, opts...)
}

// Commit lists the image in the index of the layout, under its names or else
// as latest.
func (l *Layout) Commit(names string, response map[string]string) error {
	desc, err := l.describe(response)
	if err != nil {
		return fmt.Errorf("cannot list the image in %s: %w", l.dir, err)
	}
	if names == "*" {
		names = response[exptypes.ExporterImageNameKey]
	}
	entries := []ociindex.NameOrTag{ociindex.Tag("latest")}
	if names != "" {
		entries = nil
		for name := range strings.SplitSeq(names, ",") {
			ref, err := reference.ParseNormalizedNamed(name)
			if err != nil {
				return fmt.Errorf("cannot list the image in %s: invalid name %q: %w", l.dir, name, err)
			}
			entries = append(entries, ociindex.Name(reference.TagNameOnly(ref).String()))
		}
	}
	err = l.check()
	if err == nil {
		err = l.list(desc, entries)
	}
	if err != nil {
		return fmt.Errorf("cannot list the image in %s: %w", l.dir, err)
	}
	return nil
}

// describe is the descriptor of the image: that of the response, if it is about
// this image, as only it has annotations.
func (l *Layout) describe(response map[string]string) (ocispecs.Descriptor, error) {
	var desc ocispecs.Descriptor
	text, err := base64.StdEncoding.DecodeString(response[exptypes.ExporterImageDescriptorKey])
	if err == nil && json.Unmarshal(text, &desc) == nil && desc.Digest == l.root {
		return desc, nil
	}
	desc = ocispecs.Descriptor{Digest: l.root}
	info, err := l.Info(context.Background(), l.root)
	if err != nil {
		return desc, err
	}
	desc.Size = info.Size
	data, err := content.ReadBlob(context.Background(), l.Store, desc)
	if err != nil {
		return desc, err
	}
	return desc, json.Unmarshal(data, &struct {
		MediaType *string `json:"mediaType"`
	}{&desc.MediaType})
}

// Discard leaves the directory, which is removed if it was made in vain.
func (l *Layout) Discard() {
	if l.layoutDir != nil {
		l.leave()
		l.layoutDir = nil
	}
}
