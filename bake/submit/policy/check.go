package policy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/progress"
	"bake/bake/submit/vertex"

	"github.com/docker/buildx/policy"
	"github.com/docker/buildx/util/confutil"
	"github.com/docker/buildx/util/sourcemeta"
	"github.com/moby/buildkit/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/sourcepolicy/policysession"
	"github.com/sirupsen/logrus"
	"google.golang.org/protobuf/proto"
)

// policySessionCap is the ability of an engine to ask the client about sources.
const policySessionCap = pb.CapSourcePolicySession

// Enforcement is what enforcing policies takes besides them.
type Enforcement struct {
	Show     *progress.Tracker
	Home     string                               // of the user: keys to verify signatures with are kept below it
	Resolver func() (*sourcemeta.Resolver, error) // asks the engine about sources
}

// Enforce makes the engine ask the policies of q about every source. The
// function that it returns is to be called with the error that the job ends with.
func (q *Policies) Enforce(ctx context.Context, so *client.SolveOpt, with Enforcement) (func(error), error) {
	if len(q.rules) == 0 || q.Err != nil {
		return func(error) {}, q.Err
	}
	if !q.Node.Supports(policySessionCap) {
		with.Show.Warn(fmt.Sprintf("the builder is too old to enforce policies: %s had no effect on %s", q.names(), q.Target.Name))
		return func(error) {}, nil
	}
	resolver, err := with.Resolver()
	if err != nil {
		return nil, err
	}
	log := &policyLog{p: with.Show, target: q.Target.Name, text: "loading policies " + q.names()}
	q.asked = nil
	var callbacks []policysession.PolicyCallback
	for _, p := range q.rules {
		one := policy.NewPolicy(q.options(p, log, resolver, with.Home))
		q.asked = append(q.asked, one)
		callbacks = append(callbacks, one.CheckPolicy)
		if p.inBake {
			continue
		}
		if err := q.allowCaps(ctx, one, so); err != nil {
			log.close(err)
			return nil, failure.In("policy", "", err)
		}
	}
	so.SourcePolicyProvider = policysession.NewPolicyProvider(q.underPlainNames(policy.MultiPolicyCallback(callbacks...)))
	return func(err error) {
		if !q.denied(err) {
			log.close(nil)
			return
		}
		log.close(q.withPlainNames(err))
	}, nil
}

// denied reports whether err says that a policy of q refused a source.
func (q *Policies) denied(err error) bool {
	return err != nil && (len(policysession.DenyMessages(err)) > 0 ||
		slices.ContainsFunc(q.asked, func(p *policy.Policy) bool { return p.IsPolicyError(q.withPlainNames(err)) }))
}

// Explain blames the policies of q for a source that they refused.
func (q *Policies) Explain(err error) error {
	if !q.Any() || !q.denied(err) {
		return err
	}
	return failure.In("policy", "", q.withPlainNames(err))
}

// deniedError names local sources as the definition does.
type deniedError struct {
	err  error
	text string
}

func (e *deniedError) Error() string { return e.text }
func (e *deniedError) Unwrap() error { return e.err }

// localSource is how an error names a local source.
var localSource = failure.Pattern(vertex.LocalScheme + `[^"\s]+`)

func (q *Policies) withPlainNames(err error) error {
	return &deniedError{err, localSource().ReplaceAllStringFunc(err.Error(), func(id string) string {
		if plain := q.plainName(strings.TrimPrefix(id, vertex.LocalScheme)); plain != "" {
			return vertex.LocalScheme + plain
		}
		return id
	})}
}

// options is what a policy knows about the build.
func (q *Policies) options(p ruleSet, log *policyLog, resolver *sourcemeta.Resolver, home string) policy.Opt {
	level := max(logrus.InfoLevel, logrus.GetLevel())
	if p.level != nil {
		level = *p.level
	}
	o := policy.Opt{
		Env: policy.Env{Labels: q.Target.Labels, Filename: "Dockerfile"},
		FS:  func() (fs.StatFS, func() error, error) { return q.fs, nil, nil },
		Log: func(at logrus.Level, text string) {
			if at <= level {
				log.write(text)
			}
		},
		VerifierProvider: policy.SignatureVerifier(confutil.NewConfig(nil, confutil.WithDir(filepath.Join(home, ".cache", "bake")))),
		DefaultPlatform:  q.Node.Platform(),
		SourceResolver:   resolver,
	}
	for _, f := range p.files {
		o.Files = append(o.Files, policy.File{Filename: f.name, Data: f.data})
	}
	for k, v := range q.Target.Args {
		if o.Env.Args == nil {
			o.Env.Args = map[string]*string{}
		}
		o.Env.Args[k] = &v
	}
	if q.Target.Stage != nil {
		o.Env.Target = *q.Target.Stage
	}
	if q.Target.Dockerfile != "" {
		o.Env.Filename = path.Base(path.Clean(q.Target.Dockerfile))
	}
	return o
}

// allowCaps lets a policy have the abilities of the engine that it asks for.
func (q *Policies) allowCaps(ctx context.Context, p *policy.Policy, so *client.SolveOpt) error {
	caps, err := p.CheckCaps(ctx)
	if err != nil {
		return fmt.Errorf("the policy cannot be evaluated: %w", err)
	}
	if !caps[policy.CapExecProxy] {
		return nil
	}
	if !q.Node.Supports(pb.CapExecMetaNetworkProxy) {
		return errors.New("the policy asks for a network proxy, and the builder is too old for one: BuildKit 0.31 or later has it")
	}
	so.ProxyNetwork = true
	return nil
}

// underPlainNames asks a policy about local sources under the names that a
// definition knows: "context", "dockerfile", or that of a named context.
func (q *Policies) underPlainNames(ask policysession.PolicyCallback) policysession.PolicyCallback {
	return func(ctx context.Context, req *policysession.CheckPolicyRequest) (*policysession.DecisionResponse, *gatewaypb.ResolveSourceMetaRequest, error) {
		source := req.GetSource().GetSource()
		name, local := strings.CutPrefix(source.GetIdentifier(), vertex.LocalScheme)
		plain := q.plainName(name)
		if !local || plain == "" {
			return ask(ctx, req)
		}
		own := source.Identifier
		req = proto.Clone(req).(*policysession.CheckPolicyRequest)
		req.Source.Source.Identifier = vertex.LocalScheme + plain
		decision, more, err := ask(ctx, req)
		if more != nil {
			more.Source.Identifier = own
		}
		return decision, more, err
	}
}

// plainName is what a source of q is called in its definition, or "".
func (q *Policies) plainName(source string) string {
	for _, l := range q.Inputs.Locals {
		if source != l.Name() && (l.Prefix == "" || strings.ReplaceAll(source, l.Prefix+"-", "") != l.Key) {
			continue
		}
		if l.Plain != "" {
			return l.Plain
		}
		for attr, value := range maps.All(q.Inputs.Attrs) {
			if name, ok := strings.CutPrefix(attr, "context:"); ok && value == "local:"+l.Key {
				return name
			}
		}
	}
	return ""
}
