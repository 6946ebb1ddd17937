package submit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/registry"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// play is a random run of targets on engines that only pretend: it decides what
// happens, and watches that all happens in order.
type play struct {
	*testing.T
	opt          Options
	nodes        int
	acts         []*act // in the order of the plan
	byName       map[string]*act
	cancelAfter  time.Duration // 0 is never
	wasCancelled bool

	mu       sync.Mutex
	rnd      *rand.Rand
	building map[string]int    // results that are being built, by target
	busiest  int               // how many targets were at once
	again    int               // failures that passed
	early    int               // outputs that were written before all was built
	failed   time.Time         // when something failed for good for the first time
	tags     map[string]string // that exist
	store    http.Handler
}

func (p *play) chance(percent int) bool { return p.rnd.IntN(100) < percent }

func (p *play) delay() time.Duration { return time.Duration(p.rnd.IntN(100)) * time.Millisecond }

// spend lets some time pass.
func (p *play) spend(ctx context.Context) {
	p.mu.Lock()
	d := p.delay()
	p.mu.Unlock()
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

var (
	errPlayed   = fmt.Errorf("this target is to fail")
	errToPass   = fmt.Errorf("failed to push: connection reset by peer")
	errDisorder = fmt.Errorf("out of order")
)

// trouble is what comes of a phase of a that was not cut short: nothing, or a
// failure.
func (p *play) trouble(ctx context.Context, a *act, phase string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if phase == p.lasting(a) && p.failed.IsZero() {
		p.failed = time.Now()
	}
	switch phase {
	case a.fails:
		return errPlayed
	case a.hiccup:
		if p.opt.Retries > 0 {
			a.hiccup = ""
			p.again++
		}
		return errToPass
	}
	return nil
}

// disorder fails the test: bake did what it must not.
func (p *play) disorder(format string, args ...any) error {
	p.Errorf(format, args...)
	return errDisorder
}

// load implements theater: there is a result for each platform.
func (p *play) load(ctx context.Context, node string, attrs map[string]string) (*gatewayapi.Result, error) {
	a := p.byName[attrs["build-arg:ID"]]
	p.spend(ctx)
	if err := p.trouble(ctx, a, "load"); err != nil {
		return nil, err
	}
	wanted, err := platforms.ParseAll(strings.FieldsFunc(attrs["platform"], func(r rune) bool { return r == ',' }))
	if err != nil {
		return nil, err
	}
	refs := map[string]*gatewayapi.Ref{}
	for _, platform := range append(wanted, ocispecs.Platform{})[:max(1, len(wanted))] {
		key := ""
		if len(wanted) > 0 {
			key = platforms.FormatAll(platform)
		}
		def, err := llb.Scratch().File(llb.Mkdir("/"+a.name+"-"+strings.ReplaceAll(key, "/", "-"), 0o755)).Marshal(ctx)
		if err != nil {
			return nil, err
		}
		refs[key] = &gatewayapi.Ref{Id: a.name + "|" + key, Def: def.ToPB()}
	}
	p.mu.Lock()
	a.shares[node] = len(refs)
	p.mu.Unlock()
	out := &gatewayapi.Result{Metadata: map[string][]byte{exptypes.ExporterImageConfigKey: []byte("{}")}}
	if len(wanted) < 2 && attrs["multi-platform"] == "" {
		for _, ref := range refs {
			out.Result = &gatewayapi.Result_Ref{Ref: ref}
		}
		return out, nil
	}
	out.Result = &gatewayapi.Result_Refs{Refs: &gatewayapi.RefMap{Refs: refs}}
	return out, nil
}

// evaluate implements theater.
func (p *play) evaluate(ctx context.Context, node, ref string) error {
	name, _, _ := strings.Cut(ref, "|")
	a := p.byName[name]
	cached, err := p.beginBuild(a, node)
	if err != nil || cached {
		return err
	}
	p.spend(ctx)
	err = p.trouble(ctx, a, "build")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(a)
	if err == nil {
		a.built[node]++
	}
	return err
}

// beginBuild checks that it is the turn of a. What is built already is cached.
func (p *play) beginBuild(a *act, node string) (cached bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.builtOn(node) {
		return true, nil
	}
	for _, l := range a.links {
		if !l.builtOn(node) {
			return false, p.disorder("%s is built before %s, which it links to", a.name, l.name)
		}
	}
	return false, p.begin(a)
}

// begin notes that a is worked on.
func (p *play) begin(a *act) error {
	p.building[a.name]++
	p.busiest = max(p.busiest, len(p.building))
	if p.opt.Jobs > 0 && len(p.building) > p.opt.Jobs {
		return p.disorder("%d targets are worked on at once", len(p.building))
	}
	return nil
}

// end notes that a part of a is done.
func (p *play) end(a *act) {
	if p.building[a.name]--; p.building[a.name] == 0 {
		delete(p.building, a.name)
	}
}

// keep implements theater: a definition has the one step that load made.
func (p *play) keep(_ context.Context, node string, def *pb.Definition) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, data := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(data); err != nil {
			return err
		}
		for _, action := range op.GetFile().GetActions() {
			name, _, _ := strings.Cut(strings.TrimPrefix(action.GetMkdir().GetPath(), "/"), "-")
			a := p.byName[name]
			if !a.builtOn(node) {
				return p.disorder("%s is kept before it is built", name)
			}
			a.kept[node]++
		}
	}
	return nil
}

// builtOn reports whether all results that a has on a node are built.
func (a *act) builtOn(node string) bool { return a.shares[node] > 0 && a.built[node] >= a.shares[node] }

// made reports whether all of a was built.
func (a *act) made(p *play) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for node := range a.shares {
		if !a.builtOn(node) {
			return false
		}
	}
	return len(a.shares) > 0
}

// whole reports whether all of a was built and all outputs were written.
func (a *act) whole(p *play) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	outer := 0
	for node := range a.shares {
		if !a.builtOn(node) {
			return false
		}
		outer += a.exports[node]
	}
	return len(a.shares) > 0 && (outer >= max(1, len(a.target.Platforms)) || !a.leaves())
}

// leaves reports whether a has outputs.
func (a *act) leaves() bool {
	o := a.target.Outputs
	return len(o) > 0 && o[0].Type != "cacheonly"
}

// export implements theater.
func (p *play) export(ctx context.Context, node string, result *gatewayapi.Result, exports []*controlapi.Exporter) (map[string]string, error) {
	if len(exports) == 0 {
		return nil, nil
	}
	var refs []*gatewayapi.Ref
	if ref := result.GetRef(); ref != nil {
		refs = append(refs, ref)
	}
	for _, ref := range result.GetRefs().GetRefs() {
		refs = append(refs, ref)
	}
	name, _, _ := strings.Cut(refs[0].Id, "|")
	a := p.byName[name]
	if err := p.beginExport(a, node); err != nil {
		return nil, err
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.end(a)
	}()
	p.spend(ctx)
	if err := p.trouble(ctx, a, "export"); err != nil {
		return nil, err
	}
	response := map[string]string{}
	for _, e := range exports {
		if e.Attrs["push"] != "true" {
			continue
		}
		if err := p.push(a, node, refs, e.Attrs, response); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a.exports[node] += len(refs)
	return response, nil
}

// beginExport checks that outputs come after all parts of a are built, and that
// what others need of a is kept until then. Outputs that are held back come after
// all is built, and files after all images.
func (p *play) beginExport(a *act, node string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin(a); err != nil {
		return err
	}
	if below := a.unbuiltBelow(); below != nil {
		return p.disorder("%s is exported before all of %s is built, which it links to", a.name, below.name)
	}
	for _, other := range p.acts {
		waits := other.links != nil && !other.builtOn(node) && p.lasting(other) == "" && len(p.brokenBelow(other)) == 0
		if waits = waits && other.shares[node] > 0; waits && !p.opt.HoldOutput {
			p.early++
			if slices.Contains(other.links, a) && a.kept[node] < a.shares[node] {
				return p.disorder("%s is exported and not kept for %s", a.name, other.name)
			}
		}
		if other != a && !p.opt.HoldOutput {
			continue
		}
		for node := range other.shares {
			if !other.builtOn(node) {
				return p.disorder("%s is exported before %s is built", a.name, other.name)
			}
		}
		if other.pushed && !a.pushed && !other.exported() {
			return p.disorder("%s is written before %s is pushed", a.name, other.name)
		}
	}
	return nil
}

// unbuiltBelow is a target that a links to, however far, and that some node has
// not built.
func (a *act) unbuiltBelow() *act {
	for _, l := range a.links {
		for node := range l.shares {
			if !l.builtOn(node) {
				return l
			}
		}
		if below := l.unbuiltBelow(); below != nil {
			return below
		}
	}
	return nil
}

func (a *act) exported() bool {
	n := 0
	for _, results := range a.exports {
		n += results
	}
	return n >= max(1, len(a.target.Platforms))
}

// push puts the results of a on one node into the registry: a manifest for each,
// and an index of them.
func (p *play) push(a *act, node string, refs []*gatewayapi.Ref, attrs, response map[string]string) error {
	repository, tag, _ := strings.Cut(strings.TrimPrefix(attrs["name"], "registry.test/"), ":")
	index := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex}
	index.SchemaVersion = 2
	for _, ref := range refs {
		manifest := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest, Annotations: map[string]string{"ref": ref.Id, "node": node}}
		manifest.SchemaVersion = 2
		desc, err := p.put(repository, "", manifest.MediaType, manifest)
		if err != nil {
			return err
		}
		platform := platforms.DefaultSpec()
		if _, text, _ := strings.Cut(ref.Id, "|"); text != "" {
			platform = platforms.MustParse(text)
		}
		desc.Platform = &platform
		index.Manifests = append(index.Manifests, desc)
	}
	if attrs["push-by-digest"] == "true" {
		tag = ""
	}
	desc, err := p.put(repository, tag, index.MediaType, index)
	if err != nil {
		return err
	}
	text, err := json.Marshal(desc)
	response[exptypes.ExporterImageDescriptorKey] = base64.StdEncoding.EncodeToString(text)
	response[exptypes.ExporterImageDigestKey] = desc.Digest.String()
	response[exptypes.ExporterImageNameKey] = attrs["name"]
	return err
}

// put puts a manifest into the registry, under its digest if there is no tag.
func (p *play) put(repository, tag, mediaType string, manifest any) (ocispecs.Descriptor, error) {
	data, err := json.Marshal(manifest)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	desc := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	if tag == "" {
		tag = desc.Digest.String()
	}
	req := httptest.NewRequest(http.MethodPut, "/v2/"+repository+"/manifests/"+tag, bytes.NewReader(data))
	req.Header.Set("Content-Type", mediaType)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, req)
	if w.Code != http.StatusCreated {
		err = fmt.Errorf("the registry answers %d: %s", w.Code, w.Body)
	}
	return desc, err
}

// hosts makes the client reach the registry of the play without a network.
func (p *play) hosts(host string) ([]docker.RegistryHost, error) {
	const all = docker.HostCapabilityPull | docker.HostCapabilityResolve | docker.HostCapabilityPush
	return []docker.RegistryHost{{Client: &http.Client{Transport: p}, Host: host, Scheme: "http", Path: "/v2", Capabilities: all}}, nil
}

// RoundTrip implements http.RoundTripper: it takes a moment.
func (p *play) RoundTrip(r *http.Request) (*http.Response, error) {
	p.spend(r.Context())
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// ServeHTTP is the registry.
func (p *play) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.store == nil {
		p.store = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	}
	_, tag, ok := strings.Cut(r.URL.Path, "/manifests/")
	if ok = ok && !strings.HasPrefix(tag, "sha256:"); ok && p.opt.HoldOutput && r.Method == http.MethodPut {
		for _, a := range p.acts {
			if a.leaves() && !a.exported() {
				_ = p.disorder("a tag is moved before %s is exported", a.name)
			}
		}
	}
	p.store.ServeHTTP(w, r)
	switch {
	case ok && r.Method == http.MethodPut:
		p.tags[tag] = "there"
	case ok && r.Method == http.MethodDelete:
		delete(p.tags, tag)
	}
}
