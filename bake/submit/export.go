package submit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"bake/bake/submit/failure"
	"bake/bake/submit/output"

	"github.com/docker/buildx/util/dockerutil"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
)

// dropConfigDigest removes from a response the digest of a configuration where
// that names no image, so that nobody looks for one by it.
func (q *request) dropConfigDigest(response map[string]string) {
	for _, e := range q.exports {
		if e.Attrs[output.PreferImageDigest] == "true" {
			delete(response, exptypes.ExporterImageConfigDigestKey)
		}
	}
}

// loadExport is the output that streams an image into Docker. The returned
// function releases what it holds.
func (r *run) loadExport(ctx context.Context, q *request, e *output.Export) (client.ExportEntry, func(), error) {
	entry := e.ExportEntry
	if r.opt.Docker == nil {
		return entry, nil, failure.In("output", e.Key, errors.New("there is no Docker to load the image into: write a file with type=docker,dest=FILE, or push it"))
	}
	name := entry.Attrs["context"]
	features, err := r.opt.Docker.Features(ctx, name)
	if err != nil {
		return entry, nil, failure.In("output", e.Key, fmt.Errorf("cannot ask Docker what it can load: %w", err))
	}
	if features[dockerutil.OCIImporter] {
		entry.Type = client.ExporterOCI
		entry.Attrs[output.PreferImageDigest] = "true"
	} else if len(q.platforms) > 1 || q.target.Attested() != "" {
		return entry, nil, failure.In("output", e.Key, errors.New("docker exporter does not currently support exporting manifest lists"))
	}
	w, cancel, err := r.opt.Docker.LoadImage(ctx, name, r.writer(q))
	if err != nil {
		return entry, nil, failure.In("output", e.Key, err)
	}
	entry.Output = func(map[string]string) (io.WriteCloser, error) { return &output.LoadWriter{WriteCloser: w}, nil }
	return entry, cancel, nil
}

// openExport makes an output ready to be written to. The returned function
// releases what it holds.
func (r *run) openExport(ctx context.Context, q *request, e *output.Export) (client.ExportEntry, func(), error) {
	nothing := func() {}
	entry := e.ExportEntry
	switch {
	case e.Load:
		return r.loadExport(ctx, q, e)
	case e.Layout != nil:
		if err := e.Layout.Open(); err != nil {
			return entry, nothing, failure.In("output", e.Key, err)
		}
		entry.OutputStore = e.Layout
	}
	return entry, nothing, nil
}

// commit puts the output files of q in their places.
func (q *request) commit(response map[string]string) error {
	var errs []error
	for _, e := range q.exports {
		if e.File != nil {
			errs = append(errs, e.File.Commit())
		}
		if e.Layout != nil {
			errs = append(errs, e.Layout.Commit(e.Attrs["name"], response))
		}
	}
	return failure.In("output", "", errors.Join(errs...))
}

// discard removes output files that were not committed.
func (q *request) discard() {
	for _, e := range q.exports {
		if e.File != nil {
			e.File.Discard()
		}
		if e.Layout != nil {
			e.Layout.Discard()
		}
	}
}
