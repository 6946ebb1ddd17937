package submit

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/report"
	"bake/bake/submit/vcs"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/proxy"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// readManifests lists the images of an index. The engine keeps an index for as
// long as it keeps the record of the build; without it nothing is listed. An
// error is that of an engine that went away.
func (r *run) readManifests(ctx context.Context, q *request, image *ocispecs.Descriptor) ([]report.Manifest, error) {
	if image == nil || !images.IsIndexType(image.MediaType) || !r.opt.Metadata {
		return nil, nil
	}
	if known, err := q.node.KeepsRecords(ctx); err != nil || !known {
		return nil, err
	}
	data, err := content.ReadBlob(ctx, proxy.NewContentStore(q.node.Client.ContentClient()), *image)
	if err = q.node.Recognise(err); failure.Lost(err) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	return report.IndexManifests(data), nil
}

// builtPlatforms are those of the result: those that were asked for, else what
// the image says.
func builtPlatforms(q *request, image *ocispecs.Descriptor) []string {
	var out []string
	for _, p := range q.platforms {
		out = appendNew(out, platforms.FormatAll(p))
	}
	for _, m := range q.of.manifests {
		out = appendNew(out, m.Platform)
	}
	if len(out) == 0 && image != nil && image.Platform != nil {
		out = append(out, platforms.FormatAll(*image.Platform))
	}
	return out
}

// addRecord adds the reference of the build record of q to response and, if
// the caller wants metadata, the provenance in that record.
func (r *run) addRecord(ctx context.Context, q *request, response map[string]string) error {
	response[report.MetadataRef] = strings.Join([]string{q.node.Builder, q.node.Name, q.ref}, "/")
	mode := report.ProvenanceMode(r.opt.Env)
	if !r.opt.Metadata || mode == "" {
		return nil
	}
	if known, err := q.node.KeepsRecords(ctx); err != nil || !known {
		return err
	}
	if err := report.FetchProvenance(ctx, q.node.Client, q.ref, mode, response); err != nil {
		return fmt.Errorf("cannot read the provenance of the build: %w", err)
	}
	return nil
}

// addVCS adds what the image, its provenance or the record of its build says
// about the repository of the context of q. Who has an engine of his own to
// himself needs no record to look up.
func (q *request) addVCS(ctx context.Context, repos *vcs.Repositories) {
	info := repos.Info && (q.wantsProvenance() || q.call == "" && !q.node.Embedded)
	if q.inputs.ContextDir == "" || !info && !repos.Labels {
		return
	}
	repo := repos.Find(ctx, q.inputs.ContextDir)
	if repo == nil {
		return
	}
	if repos.Labels {
		maps.Copy(q.attrs, repo.LabelAttrs(q.dockerfilePath()))
	}
	if info {
		maps.Copy(q.attrs, repo.InfoAttrs(q.localDirs()))
	}
}

// wantsProvenance reports whether anything will hold provenance of q. The
// default one is not written beside files.
func (q *request) wantsProvenance() bool {
	attest, ok := q.attrs["attest:provenance"]
	if !ok {
		return false
	}
	if !strings.Contains(attest, "inline-only=true") || q.recorded {
		return true
	}
	for _, e := range q.exports {
		if !e.Files() {
			return true
		}
	}
	return false
}

// dockerfilePath is where the Dockerfile of q would be, even if its text is
// written in the definition.
func (q *request) dockerfilePath() string {
	if p := q.inputs.Dockerfile.Path; p != "" {
		return p
	}
	return filepath.Join(q.inputs.ContextDir, q.target.Dockerfile)
}

// localDirs are the directories that q reads, by the names that Dockerfiles
// know them under.
func (q *request) localDirs() map[string]string {
	dirs := maps.Clone(q.inputs.Named)
	dirs["context"] = q.inputs.ContextDir
	if p := q.inputs.Dockerfile.Path; p != "" {
		dirs["dockerfile"] = filepath.Dir(p)
	}
	return dirs
}
