package submit

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"bake/bake"
	"bake/bake/submit/credential"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"
	"bake/bake/submit/grant"
	"bake/bake/submit/input"
	"bake/bake/submit/node"
	"bake/bake/submit/output"
	"bake/bake/submit/policy"
	"bake/bake/submit/progress"
	"bake/bake/submit/vertex"

	"github.com/docker/buildx/driver"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// request is one target made ready for one node: all that is known before
// anything is sent. The fields of the second group are set while it runs.
type request struct {
	target       *bake.Target
	of           *assembly
	node         *node.Node
	inner        bool   // only for targets that link to it: it has no outputs
	ref          string // id of the build on the engine
	inputs       *input.Inputs
	definition   *pb.Definition // the Dockerfile, nil if it is a source
	frontend     string
	attrs        map[string]string
	platforms    []ocispecs.Platform
	exports      []*output.Export
	several      bool // the images that it pushes may differ, and tags are moved by the client
	cacheFrom    []client.CacheOptionsEntry
	cacheTo      []client.CacheOptionsEntry
	credentials  *credential.Credentials
	entitlements []string
	recorded     bool        // a record of the build is kept for the caller
	call         string      // what the frontend is asked, empty if q is built
	linked       bool        // others use its result
	depth        int         // the longest chain of links that leads from it
	renewed      atomic.Bool // its result is made of what is built without the cache
	policies     *policy.Policies
	links        []link

	turn      chan struct{} // closed when it may be evaluated
	loaded    chan struct{} // closed when result is there
	result    *gateway.Result
	answer    map[string]string // to the call
	settled   chan struct{}     // closed when it is evaluated, or will not be
	evaluated bool              // settled is closed; this and the next two are guarded by the gate
	placeless bool              // it takes no place among those that are built
	passed    bool              // loaded is closed
	arrived   sync.Once
	outcome   outcome
	images    map[int64]ocispecs.Descriptor // that were pushed, by targetOutput, if they are several
	steps     []vertex.Step                 // the vertices of result
	reported  map[digest.Digest]bool        // the vertices of its job, if that is its alone; guarded by the progress
	writing   bool                          // its outputs are being written
	phase     atomic.Value                  // what its job does for it
	watch     stopwatch
	anew      bool            // submitted again, with a session of its own
	pooling   bool            // its caches are imported for others, too
	canonical []digest.Digest // its steps as others may have them, if pooling
	importer  *importer       // which does that, nil if there is nothing to import
}

// owner is how the progress knows q.
func (q *request) owner() progress.Owner {
	o := progress.Owner{Target: q.target.Name, Foreign: q.foreign()}
	if q.of != nil && len(q.of.parts) > 1 {
		o.Node = q.node.Name
	}
	return o
}

// link is a named context of a request that is the result of another.
type link struct {
	name     string
	producer *request
}

// prepare makes the request of a share of a target. Nothing is sent.
func (r *run) prepare(ctx context.Context, a *assembly, s node.Share) (*request, error) {
	t := a.target
	q := &request{
		target: t, of: a, node: s.Node, platforms: s.Platforms, inner: s.Inner,
		ref: identity.NewID(), frontend: "dockerfile.v0",
		turn: make(chan struct{}), loaded: make(chan struct{}), settled: make(chan struct{}),
		recorded: r.opt.Metadata,
	}
	var err error
	if q.call, err = t.Asks(); err != nil {
		return nil, failure.In("call", "", err)
	}
	if q.call == "" {
		q.entitlements = grant.Of(t)
	}
	if q.inputs, err = input.Prepare(t, r.plan.Remote, q.node.Supports(pb.CapSourceGitMTime), &r.opt.Caller, &r.sources); err != nil {
		return nil, err
	}
	for _, text := range q.inputs.Warnings {
		r.progress.Warn(text)
	}
	if q.credentials, err = credential.Prepare(t, r.plan.Remote, &r.opt.Caller); err != nil {
		if q.call == "" {
			return nil, err
		}
		q.credentials = &credential.Credentials{} // an answer can do without
	}
	q.policies = &policy.Policies{Target: t, Node: q.node, Inputs: q.inputs}
	if err := q.policies.Find(&r.opt.Caller); err != nil {
		return nil, failure.In("policy", "", err)
	}
	if err := q.prepareOutputs(&r.opt); err != nil {
		return nil, err
	}
	if err := q.prepareAttrs(ctx, r); err != nil {
		return nil, err
	}
	if err := q.placeDockerfile(ctx, r, q.inputs.Dockerfile); err != nil {
		return nil, failure.In("dockerfile", "", err)
	}
	q.addVCS(ctx, r.repositories)
	if err := q.prepareCaches(ctx, &r.opt); err != nil {
		return nil, err
	}
	if err := q.checkDemands(r); err != nil {
		return nil, err
	}
	return q, q.checkNode()
}

// prepareOutputs finds where the result of q goes: nowhere if the frontend is
// only asked, or q only serves other targets.
func (q *request) prepareOutputs(opt *Options) error {
	if q.call != "" || q.inner {
		return nil
	}
	outputs := append(output.Default(q.target, q.node, &opt.Caller), q.target.Outputs...)
	var err error
	if q.exports, err = output.Prepare(q.target, outputs, &opt.Caller, opt.Stdout); err != nil {
		return err
	}
	if err := q.settleAnnotations(); err != nil {
		return err
	}
	if q.node.Embedded {
		if err := output.CheckEmbedded(q.exports); err != nil {
			return err
		}
	}
	if err := output.ForMoby(q.exports, q.node); err != nil {
		return err
	}
	if q.of.split {
		return q.perNode()
	}
	return nil
}

func (q *request) prepareAttrs(ctx context.Context, r *run) error {
	attrs, err := frontend.Attrs(q.target, q.node.ProxyConfig, r.opt.Env, q.platforms)
	if err != nil {
		return err
	}
	if len(q.target.Contexts) > 0 && !q.node.Embedded {
		q.inputs.Need(input.ContextsCap + "+forward")
	}
	if q.of.split {
		attrs["multi-platform"] = "true" // parts are told apart by platform, even if there is one
	}
	maps.Copy(attrs, q.inputs.Attrs)
	if err := frontend.HostAttrs(q.target, q.node.GatewayIP(ctx), attrs); err != nil {
		return err
	}
	if q.node.Attests() && q.call == "" && !q.inner {
		if err := frontend.AttestAttrs(q.target, r.opt.Env, attrs); err != nil {
			return err
		}
	}
	if q.node.Driver.IsMobyDriver() && attrs["image-resolve-mode"] == "" {
		attrs["image-resolve-mode"] = "local"
	}
	if v, ok := q.target.Args["BUILDKIT_SYNTAX"]; ok {
		cmdline := strings.TrimSpace(v)
		if cmdline == "" {
			return failure.In("args", "BUILDKIT_SYNTAX", errors.New("the build argument BUILDKIT_SYNTAX is empty: leave it out, or name a frontend image"))
		}
		q.frontend = "gateway.v0"
		attrs["source"], _, _ = strings.Cut(cmdline, " ")
		attrs["cmdline"] = v
	}
	q.attrs = attrs
	return nil
}

// placeDockerfile makes the Dockerfile available to the frontend: inside the
// definition where the frontend reads it there, which it does only for local
// contexts, else as a source, which a policy gets to see. A Dockerfile in a
// remote context needs neither.
func (q *request) placeDockerfile(ctx context.Context, r *run, d *dockerfile.File) error {
	if d.Data != nil && q.inputs.ContextDir != "" && !q.foreign() && !q.policies.Any() {
		var err error
		if q.definition, err = d.Embed(ctx, q.inputs.Ignore); err != nil || q.definition != nil {
			return err
		}
	}
	if err := q.inputs.AddDockerfile(d, &r.sources); err != nil {
		return err
	}
	maps.Copy(q.attrs, q.inputs.Attrs)
	return nil
}

func (q *request) prepareCaches(ctx context.Context, opt *Options) error {
	if q.call != "" {
		return nil
	}
	from, to := q.target.CacheFrom, q.target.CacheTo
	if q.inner {
		to = nil
	}
	q.cacheFrom = q.supported(frontend.CacheEntries(ctx, from, &opt.Caller))
	q.cacheTo = q.supported(append(frontend.CacheEntries(ctx, to, &opt.Caller), frontend.InlineCache(q.target)...))
	if err := q.checkCaches(opt); err != nil {
		return err
	}
	for _, c := range q.cacheTo {
		if c.Type == "inline" {
			continue
		}
		if err := q.node.Needs(driver.CacheExport); err != nil {
			return failure.In("cache-to", "", err)
		}
	}
	return nil
}

// checkCaches is an error if a local cache leads to where was not granted.
func (q *request) checkCaches(opt *Options) error {
	if err := frontend.CheckLocal(q.cacheFrom, false, &opt.Caller); err != nil {
		return failure.In("cache-from", "", err)
	}
	return failure.In("cache-to", "", frontend.CheckLocal(q.cacheTo, true, &opt.Caller))
}

// supported leaves out the cache backends that an engine may lack, so that a
// definition for CI also builds elsewhere.
func (q *request) supported(entries []client.CacheOptionsEntry) []client.CacheOptionsEntry {
	var out []client.CacheOptionsEntry
	for _, c := range entries {
		switch c.Type {
		case "gha":
			if !q.node.Supports("cache.gha") {
				continue
			}
		case "s3":
			if !q.node.Supports("cache.s3") {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// checkNode rejects what the driver of the node cannot do.
func (q *request) checkNode() error {
	if q.call != "" {
		return nil
	}
	if len(q.platforms) > 1 {
		if err := q.node.Needs(driver.MultiPlatform); err != nil {
			return failure.In("platforms", "", err)
		}
	}
	for _, a := range q.target.Attest {
		if !a.Disabled() && !q.node.Attests() {
			return failure.In("attest", "", errors.New("attestations are not supported by this builder"))
		}
	}
	if err := output.CheckDocker(q.target, q.exports, len(q.platforms)); err != nil {
		return err
	}
	for _, e := range q.exports {
		var err error
		switch {
		case e.Type == client.ExporterOCI:
			err = q.node.Needs(driver.OCIExporter)
		case e.Type == client.ExporterDocker && !e.Load:
			err = q.node.Needs(driver.DockerExporter)
		}
		if err != nil {
			return failure.In("output", "", err)
		}
	}
	return nil
}

// exporting reports whether the request has anything to do after it was
// evaluated, which takes a job of its own.
func (q *request) exporting() bool { return len(q.exports) > 0 || len(q.cacheTo) > 0 }

// streams reports whether the engine sends outputs back to the client.
func (q *request) streams() bool {
	for _, e := range q.exports {
		if e.Streams() {
			return true
		}
	}
	return false
}

// fingerprint is equal for requests that make the engine do the same.
func (q *request) fingerprint() string {
	type exported struct {
		Type  string
		Attrs map[string]string
	}
	var exports []exported
	for _, e := range q.exports {
		exports = append(exports, exported{e.Type, e.Attrs})
	}
	links := map[string]int{}
	for _, l := range q.links {
		links[l.name] = l.producer.of.index
	}
	alone := -1
	if q.policies.Any() {
		alone = q.of.index // a policy sees more of a target than what is built
	}
	var locals []string
	for _, l := range q.inputs.Locals {
		locals = append(locals, l.Name())
	}
	text, err := json.Marshal([]any{
		q.call, q.node.Name, q.frontend, q.attrs, locals, q.definition.GetDef(), q.inputs.Definitions, q.inputs.Dockerfile.Url, exports,
		q.cacheFrom, q.cacheTo, q.credentials.Key(), q.entitlements, links, alone,
	})
	if err != nil {
		panic(err) // strings, numbers and maps of them always marshal
	}
	return string(text)
}

// outputs are the exports of q, as the outputs of its target.
func (q *request) outputs() []output.OfTarget {
	var out []output.OfTarget
	for _, e := range q.exports {
		out = append(out, output.OfTarget{Export: e, Index: q.of.index, Target: q.target.Name})
	}
	return out
}

// outputs are those of all requests.
func (r *run) outputs() []output.OfTarget {
	var out []output.OfTarget
	for _, q := range r.requests {
		out = append(out, q.outputs()...)
	}
	return out
}
