package build

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bake/bake"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// blameOutput finds the output or the cache export whose failure was that of
// a job. The engine says so only in the names of what it was doing.
func (r *run) blameOutput(q *request, err error) error {
	if canceled(err) {
		return err
	}
	err = blameDisk(q.exports, err)
	switch doing := r.progress.failedExport(q.reported); {
	case strings.HasPrefix(doing, "exporting cache"):
		return in("cache-to", "", err)
	case doing != "":
		return in("output", q.exportKey(doing), err)
	}
	return err
}

// exporting are the names of the engine's exporters as it shows them.
var exporting = map[string]string{
	"exporting to image":               client.ExporterImage,
	"exporting to oci image format":    client.ExporterOCI,
	"exporting to docker image format": client.ExporterDocker,
	"exporting to client directory":    client.ExporterLocal,
	"exporting to client tarball":      client.ExporterTar,
}

// exportKey is the key of the output behind an exporter, empty if several could
// be meant.
func (q *request) exportKey(doing string) string {
	key, n := "", 0
	for _, e := range q.exports {
		if e.Type == exporting[doing] {
			key, n = e.key, n+1
		}
	}
	if n > 1 {
		return ""
	}
	return key
}

// fetchTexts are in errors of fetching what is behind a URL.
var fetchTexts = []string{"failed to load cache key", "failed to fetch remote", "invalid subdir", "git stderr", "invalid response status"}

// blameContext blames the context of q that an error of fetching is about. It
// blames all named contexts for a frontend that knows none.
func (r *run) blameContext(q *request, err error) error {
	is := func(text string) bool { return strings.Contains(err.Error(), text) }
	if is("unsupported frontend capability " + contextsCap) {
		return in("contexts", "", fmt.Errorf("the Dockerfile frontend of the builder is too old for named contexts and links: %w", err))
	}
	step := ""
	if failed := (*errdefs.VertexError)(nil); errors.As(err, &failed) {
		v, _ := r.progress.state(digest.Digest(failed.Digest))
		step = v.Name
	}
	err = missingDirectory(step, err)
	ofImage := is("/manifests/") // of a base image, as an old engine words it
	if ofImage || len(errdefs.Sources(err)) > 0 || !slices.ContainsFunc(fetchTexts, is) && !strings.HasPrefix(step, openStep) {
		return err
	}
	url := fetchedBy(q.target, step, is)
	if url != "" && url == q.target.Context {
		return in("context", "", fmt.Errorf("context %s: %w", bake.Redact(url), err))
	}
	for _, name := range slices.Sorted(maps.Keys(q.target.Contexts)) {
		if url != "" && url == q.target.Contexts[name] {
			return in("contexts", name, fmt.Errorf("context %s, %s: %w", name, bake.Redact(url), err))
		}
	}
	return err
}

// withPlatform adds to an error of a command of q which platform it ran on.
// Nothing is refused beforehand for its platform: a target that only copies
// builds anywhere, and what an emulator can do is not known.
func (q *request) withPlatform(err error) error {
	s := q.failedStep(err)
	if s == nil || s.platform == nil || q.node == nil {
		return err
	}
	p := platforms.Normalize(ocispecs.Platform{OS: s.platform.OS, Architecture: s.platform.Architecture, Variant: s.platform.Variant})
	e := &platformError{err: err, wanted: platforms.Format(p), native: platforms.Format(q.node.native)}
	if platforms.Only(q.node.native).Match(p) {
		e.native = e.wanted
	}
	return e
}

// withSource adds the lines of the Dockerfile to an error of a vertex of q, if
// the engine did not say them.
func (q *request) withSource(err error) error {
	s := q.failedStep(err)
	if s == nil || s.source == nil || len(errdefs.Sources(err)) > 0 {
		return err
	}
	return errdefs.WithSource(err, s.source)
}

// failedStep is the step that an error is about, nil if it is not known.
func (q *request) failedStep(err error) *step {
	var failed *errdefs.VertexError
	if !errors.As(err, &failed) {
		return nil
	}
	for n := range q.steps {
		if s := &q.steps[n]; s.shown == q.node.vertex(digest.Digest(failed.Digest)) {
			return s
		}
	}
	return nil
}

// warnNoOutput tells which targets leave nothing but the build cache.
func (r *run) warnNoOutput() {
	if off, _ := r.opt.flag("BUILDX_NO_DEFAULT_LOAD"); off {
		return
	}
	var silent, unkept []string
	for _, a := range r.assemblies {
		if len(a.parts) > 0 && a.parts[0].call != "" {
			return // as if nothing was built at all
		}
		if len(a.parts) == 0 {
			continue
		}
		switch exports := a.parts[0].exports; {
		case !a.target.Linked && len(a.target.Outputs) == 0 && len(exports) == 0:
			silent = append(silent, a.target.Name)
		case a.parts[0].node.embedded && unheld(exports):
			unkept = append(unkept, a.target.Name)
		}
	}
	r.warnOf(silent, "has no output", "have no output", "(--push, --load or output = ...)")
	r.warnOf(unkept, "makes an image that is not pushed", "make images that are not pushed",
		"as the embedded engine has no image store (--push, --load or type=oci,dest=FILE)")
}

// warnOf warns that the results of targets stay in the cache.
func (r *run) warnOf(names []string, one, several, how string) {
	switch len(names) {
	case 0:
	case 1:
		r.progress.warn(fmt.Sprintf("%s %s: its result stays in the cache %s", names[0], one, how))
	default:
		r.progress.warn(fmt.Sprintf("%s %s: their results stay in the cache %s", strings.Join(names, ", "), several, how))
	}
}
