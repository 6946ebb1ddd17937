package submit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/grant"
	"bake/bake/submit/input"
	"bake/bake/submit/node"
	"bake/bake/submit/output"
	"bake/bake/submit/source"
	"bake/bake/submit/vertex"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// inOutput finds the output or the cache export whose failure was that of
// a job. The engine says so only in the names of what it was doing.
func (r *run) inOutput(q *request, err error) error {
	if failure.Canceled(err) {
		return err
	}
	err = output.InFullDisk(q.exports, err)
	switch doing := r.progress.FailedExport(q.reported); {
	case strings.HasPrefix(doing, "exporting cache"):
		return failure.In("cache-to", "", err)
	case doing != "":
		return failure.In("output", q.exportKey(doing), err)
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
			key, n = e.Key, n+1
		}
	}
	if n > 1 {
		return ""
	}
	return key
}

// fetchTexts are in errors of fetching what is behind a URL.
var fetchTexts = []string{"failed to load cache key", "failed to fetch remote", "invalid subdir", "git stderr", "invalid response status"}

// inContext blames the context of q that an error of fetching is about. It
// blames all named contexts for a frontend that knows none.
func (r *run) inContext(q *request, err error) error {
	is := func(text string) bool { return strings.Contains(err.Error(), text) }
	if is("unsupported frontend capability " + input.ContextsCap) {
		return failure.In("contexts", "", fmt.Errorf("the Dockerfile frontend of the builder is too old for named contexts and links: %w", err))
	}
	step := ""
	if failed := (*errdefs.VertexError)(nil); errors.As(err, &failed) {
		v, _ := r.progress.State(digest.Digest(failed.Digest))
		step = v.Name
	}
	err = source.MissingDirectory(step, err)
	ofImage := is("/manifests/") // of a base image, as an old engine words it
	if ofImage || len(errdefs.Sources(err)) > 0 || !slices.ContainsFunc(fetchTexts, is) && !strings.HasPrefix(step, source.OpenStep) {
		return err
	}
	url := source.FetchedBy(q.target, step, is)
	if url != "" && url == q.target.Context {
		return failure.In("context", "", fmt.Errorf("context %s: %w", bake.Redact(url), err))
	}
	for _, name := range slices.Sorted(maps.Keys(q.target.Contexts)) {
		if url != "" && url == q.target.Contexts[name] {
			return failure.In("contexts", name, fmt.Errorf("context %s, %s: %w", name, bake.Redact(url), err))
		}
	}
	return err
}

// withPlatform adds to an error of a command of q which platform it ran on.
// Nothing is refused beforehand for its platform: a target that only copies
// builds anywhere, and what an emulator can do is not known.
func (q *request) withPlatform(err error) error {
	s := q.failedStep(err)
	if s == nil || s.Platform == nil || q.node == nil {
		return err
	}
	p := platforms.Normalize(ocispecs.Platform{OS: s.Platform.OS, Architecture: s.Platform.Architecture, Variant: s.Platform.Variant})
	e := &failure.PlatformError{Err: err, Wanted: platforms.Format(p), Native: platforms.Format(q.node.Native)}
	if platforms.Only(q.node.Native).Match(p) {
		e.Native = e.Wanted
	}
	return e
}

// withSource adds the lines of the Dockerfile to an error of a vertex of q, if
// the engine did not say them.
func (q *request) withSource(err error) error {
	s := q.failedStep(err)
	if s == nil || s.Source == nil || len(errdefs.Sources(err)) > 0 {
		return err
	}
	return errdefs.WithSource(err, s.Source)
}

// failedStep is the step that an error is about, nil if it is not known.
func (q *request) failedStep(err error) *vertex.Step {
	var failed *errdefs.VertexError
	if !errors.As(err, &failed) {
		return nil
	}
	for n := range q.steps {
		if s := &q.steps[n]; s.Shown == q.node.Vertex(digest.Digest(failed.Digest)) {
			return s
		}
	}
	return nil
}

// warnNoOutput tells which targets leave nothing but the build cache.
func (r *run) warnNoOutput() {
	if off, _ := r.opt.Flag("BUILDX_NO_DEFAULT_LOAD"); off {
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
		case a.parts[0].node.Embedded && output.Unheld(exports):
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
		r.progress.Warn(fmt.Sprintf("%s %s: its result stays in the cache %s", names[0], one, how))
	default:
		r.progress.Warn(fmt.Sprintf("%s %s: their results stay in the cache %s", strings.Join(names, ", "), several, how))
	}
}

// notGranted is how BuildKit says that it does not grant an entitlement which its
// client allows.
var notGranted = failure.Pattern(`granting entitlement (\S+) is not allowed by build daemon configuration`)

// refusedError says that the builder itself does not grant an entitlement.
type refusedError struct {
	node        *node.Node
	entitlement string // without a value
	err         error
}

func (e *refusedError) Error() string { return e.err.Error() }

func (e *refusedError) Unwrap() error { return e.err }

// refused recognises the refusal of an entitlement by the node of q, and finds
// what in the definition asks for it.
func (q *request) refused(err error) error {
	if known := (*refusedError)(nil); err == nil || errors.As(err, &known) {
		return err
	}
	found := notGranted().FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	name, _, _ := strings.Cut(found[1], "=")
	attribute := "entitlements"
	if name == grant.NetworkHost && !slices.Contains(q.target.Entitlements, name) {
		attribute = "network"
	}
	return failure.In(attribute, "", &refusedError{q.node, name, err})
}

// Hint is how the builder is made to grant it: every kind of builder has a
// place of its own where that is said.
func (e *refusedError) Hint() string {
	switch driver := e.node.Driver.Factory().Name(); {
	case e.node.Embedded:
		return "The engine grants what it was started with: after `bake engine stop`, a build with this --allow starts one that grants it."
	case e.node.Driver.IsMobyDriver():
		return fmt.Sprintf("Docker itself does not grant it. It does when its daemon.json (/etc/docker/daemon.json, for a rootless Docker ~/.config/docker/daemon.json) says so and it was started again:\n\n  {\"builder\": {\"entitlements\": {%q: true}}}", strings.ReplaceAll(e.entitlement, ".", "-"))
	case driver == node.RemoteDriver:
		return fmt.Sprintf("The builder itself does not grant it. Who runs it has to start buildkitd with --allow-insecure-entitlement %s, or with this in its buildkitd.toml:\n\n  insecure-entitlements = [%q]", e.entitlement, e.entitlement)
	default:
		return fmt.Sprintf("The builder itself does not grant it, as it was created. One that does:\n\n  bake builders create --driver %s --buildkitd-flags '--allow-insecure-entitlement %s'", driver, e.entitlement)
	}
}
