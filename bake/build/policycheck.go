package build

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

// enforcement is what enforcing policies takes besides them.
type enforcement struct {
	show     *progress
	home     string                               // of the user: keys to verify signatures with are kept below it
	resolver func() (*sourcemeta.Resolver, error) // asks the engine about sources
}

// enforce makes the engine ask the policies of q about every source. The
// function that it returns is to be called with the error that the job ends with.
func (q *policies) enforce(ctx context.Context, so *client.SolveOpt, with enforcement) (func(error), error) {
	if len(q.rules) == 0 || q.err != nil {
		return func(error) {}, q.err
	}
	if !q.node.supports(policySessionCap) {
		with.show.warn(fmt.Sprintf("the builder is too old to enforce policies: %s had no effect on %s", q.names(), q.target.Name))
		return func(error) {}, nil
	}
	resolver, err := with.resolver()
	if err != nil {
		return nil, err
	}
	log := &policyLog{p: with.show, target: q.target.Name, text: "loading policies " + q.names()}
	q.asked = nil
	var callbacks []policysession.PolicyCallback
	for _, p := range q.rules {
		one := policy.NewPolicy(q.options(p, log, resolver, with.home))
		q.asked = append(q.asked, one)
		callbacks = append(callbacks, one.CheckPolicy)
		if p.inBake {
			continue
		}
		if err := q.allowCaps(ctx, one, so); err != nil {
			log.close(err)
			return nil, in("policy", "", err)
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
func (q *policies) denied(err error) bool {
	return err != nil && (len(policysession.DenyMessages(err)) > 0 ||
		slices.ContainsFunc(q.asked, func(p *policy.Policy) bool { return p.IsPolicyError(q.withPlainNames(err)) }))
}

// blamePolicy blames the policies of q for a source that they refused.
func (q *policies) blame(err error) error {
	if !q.any() || !q.denied(err) {
		return err
	}
	return in("policy", "", q.withPlainNames(err))
}

// deniedError names local sources as the definition does.
type deniedError struct {
	err  error
	text string
}

func (e *deniedError) Error() string { return e.text }
func (e *deniedError) Unwrap() error { return e.err }

// localSource is how an error names a local source.
var localSource = pattern(localScheme + `[^"\s]+`)

func (q *policies) withPlainNames(err error) error {
	return &deniedError{err, localSource().ReplaceAllStringFunc(err.Error(), func(id string) string {
		if plain := q.plainName(strings.TrimPrefix(id, localScheme)); plain != "" {
			return localScheme + plain
		}
		return id
	})}
}

// policyOptions is what a policy knows about the build.
func (q *policies) options(p rules, log *policyLog, resolver *sourcemeta.Resolver, home string) policy.Opt {
	level := max(logrus.InfoLevel, logrus.GetLevel())
	if p.level != nil {
		level = *p.level
	}
	o := policy.Opt{
		Env: policy.Env{Labels: q.target.Labels, Filename: "Dockerfile"},
		FS:  func() (fs.StatFS, func() error, error) { return q.fs, nil, nil },
		Log: func(at logrus.Level, text string) {
			if at <= level {
				log.write(text)
			}
		},
		VerifierProvider: policy.SignatureVerifier(confutil.NewConfig(nil, confutil.WithDir(filepath.Join(home, ".cache", "bake")))),
		DefaultPlatform:  q.node.platform(),
		SourceResolver:   resolver,
	}
	for _, f := range p.files {
		o.Files = append(o.Files, policy.File{Filename: f.name, Data: f.data})
	}
	for k, v := range q.target.Args {
		if o.Env.Args == nil {
			o.Env.Args = map[string]*string{}
		}
		o.Env.Args[k] = &v
	}
	if q.target.Stage != nil {
		o.Env.Target = *q.target.Stage
	}
	if q.target.Dockerfile != "" {
		o.Env.Filename = path.Base(path.Clean(q.target.Dockerfile))
	}
	return o
}

// allowCaps lets a policy have the abilities of the engine that it asks for.
func (q *policies) allowCaps(ctx context.Context, p *policy.Policy, so *client.SolveOpt) error {
	caps, err := p.CheckCaps(ctx)
	if err != nil {
		return fmt.Errorf("the policy cannot be evaluated: %w", err)
	}
	if !caps[policy.CapExecProxy] {
		return nil
	}
	if !q.node.supports(pb.CapExecMetaNetworkProxy) {
		return errors.New("the policy asks for a network proxy, and the builder is too old for one: BuildKit 0.31 or later has it")
	}
	so.ProxyNetwork = true
	return nil
}

// underPlainNames asks a policy about local sources under the names that a
// definition knows: "context", "dockerfile", or that of a named context.
func (q *policies) underPlainNames(ask policysession.PolicyCallback) policysession.PolicyCallback {
	return func(ctx context.Context, req *policysession.CheckPolicyRequest) (*policysession.DecisionResponse, *gatewaypb.ResolveSourceMetaRequest, error) {
		source := req.GetSource().GetSource()
		name, local := strings.CutPrefix(source.GetIdentifier(), localScheme)
		plain := q.plainName(name)
		if !local || plain == "" {
			return ask(ctx, req)
		}
		own := source.Identifier
		req = proto.Clone(req).(*policysession.CheckPolicyRequest)
		req.Source.Source.Identifier = localScheme + plain
		decision, more, err := ask(ctx, req)
		if more != nil {
			more.Source.Identifier = own
		}
		return decision, more, err
	}
}

// plainName is what a source of q is called in its definition, or "".
func (q *policies) plainName(source string) string {
	for _, l := range q.inputs.locals {
		if source != l.name() && (l.prefix == "" || strings.ReplaceAll(source, l.prefix+"-", "") != l.key) {
			continue
		}
		if l.plain != "" {
			return l.plain
		}
		for attr, value := range maps.All(q.inputs.attrs) {
			if name, ok := strings.CutPrefix(attr, "context:"); ok && value == "local:"+l.key {
				return name
			}
		}
	}
	return ""
}
