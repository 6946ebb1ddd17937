package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bake/bake"

	"github.com/docker/buildx/policy"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/sirupsen/logrus"
	"google.golang.org/protobuf/proto"
)

// rules is one policy that the sources of a target have to satisfy: files that
// are evaluated together. All policies of a target must allow a source.
type rules struct {
	files  []ruleFile
	strict bool          // the builder must be able to enforce it
	level  *logrus.Level // of what is told about decisions, nil is the usual
	inBake bool          // comes with bake and asks for no abilities of the builder
}

// ruleFile is a file of a policy. Its text is read when the target is prepared
// or, from a context that the engine fetches, before it is submitted.
type ruleFile struct {
	name     string
	data     []byte
	optional bool
}

// errPolicyDisabled says that "disabled" does not go with anything else.
var errPolicyDisabled = errors.New("a disabled policy cannot be combined with other policy flags or policies")

// rulesOf lists the policies of t in the order in which they are asked. usual is
// the one that lies beside the Dockerfile, if any.
func rulesOf(t *bake.Target, usual []ruleFile, at *Caller) ([]rules, error) {
	off, err := policyDisabled(t.Policy)
	if off || err != nil {
		return nil, err
	}
	var out []rules
	if len(usual) > 0 {
		out = append(out, rules{files: usual})
	}
	var settings rules // for the next policy, given when there was none to set
	for _, p := range t.Policy {
		if p.Reset {
			out = nil
		}
		change := &settings
		switch {
		case p.Filename != "":
			next := settings
			for _, name := range append([]string{p.Filename}, p.More...) {
				next.files = append(next.files, ruleFile{name: name})
			}
			out = append(out, next)
			change = &out[len(out)-1]
		case len(out) > 0:
			change = &out[len(out)-1]
		default:
			settings = rules{}
		}
		if err := change.set(p); err != nil {
			return nil, err
		}
	}
	if on, _ := at.flag("BUILDX_DEFAULT_POLICY"); on {
		builtin := ruleFile{name: policy.DefaultPolicyFilename, data: policy.DefaultPolicyData()}
		out = slices.Insert(out, 0, rules{files: []ruleFile{builtin}, inBake: true})
	}
	return out, nil
}

// set applies the settings of a policy entry.
func (r *rules) set(p bake.Policy) error {
	if p.Strict != nil {
		r.strict = *p.Strict
	}
	if p.LogLevel == "" {
		return nil
	}
	level, err := logrus.ParseLevel(p.LogLevel)
	r.level = &level
	return err
}

func policyDisabled(list []bake.Policy) (bool, error) {
	for _, p := range list {
		if !p.Disabled {
			continue
		}
		if len(list) > 1 || p.Filename != "" || p.Reset || p.Strict != nil || p.LogLevel != "" {
			return false, errPolicyDisabled
		}
		return true, nil
	}
	return false, nil
}

// policies are those that the sources of a target have to satisfy, on the node
// that builds it.
type policies struct {
	target *bake.Target
	node   *node
	inputs *inputs
	rules  []rules
	fs     *policyFS        // where these come from
	err    error            // why these could not be read
	asked  []*policy.Policy // these, once the job was submitted
}

// any reports whether there are any; nil has none.
func (q *policies) any() bool { return q != nil && len(q.rules) > 0 }

// find finds the policies of q and reads those that are on this machine.
func (q *policies) find(at *Caller) error {
	usual, err := q.usual(at)
	if err == nil {
		q.rules, err = rulesOf(q.target, usual, at)
	}
	if err != nil || len(q.rules) == 0 {
		return err
	}
	q.fs = &policyFS{dir: at.Dir, context: q.inputs.contextDir}
	if err := q.read(); err != nil {
		return err
	}
	if q.node.supports(policySessionCap) {
		return nil
	}
	if slices.ContainsFunc(q.rules, func(r rules) bool { return r.strict }) {
		return errors.New("the policy is strict, and the builder is too old to enforce it: BuildKit 0.27 or later does")
	}
	return nil
}

// usualPolicy is the policy that applies without being named: the file beside
// the Dockerfile with ".rego" after its name.
func (q *policies) usual(at *Caller) ([]ruleFile, error) {
	d := q.inputs.dockerfile
	switch {
	case d.path != "":
		data, err := readRegular(d.path + ".rego")
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return []ruleFile{{name: shown(at.Dir, d.path) + ".rego", data: data}}, err
	case d.dir == nil && d.url == "" && q.inputs.contextDir == "":
		return []ruleFile{{name: d.name + ".rego", optional: true}}, nil
	}
	return nil, nil // a Dockerfile that is no file
}

// readPolicies reads what can be read without the engine.
func (q *policies) read() error {
	for i := range q.rules {
		for j := range q.rules[i].files {
			f := &q.rules[i].files[j]
			if f.data != nil || q.fs.fetched(f.name) {
				continue
			}
			var err error
			if f.data, err = q.fs.read(f.name); err != nil {
				return fmt.Errorf("policy file %s: %w", f.name, err)
			}
		}
	}
	return nil
}

// policyNames are the files of the policies of q, for people.
func (q *policies) names() string {
	var names []string
	for _, r := range q.rules {
		for _, f := range r.files {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

// staticPolicyVar names the file of a source policy for all targets.
const staticPolicyVar = "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"

// staticPolicy reads the source policy that the environment names, as JSON or as
// a protocol buffer. It is nil if there is none.
func staticPolicy(at *Caller) (*spb.Policy, error) {
	name := at.Env[staticPolicyVar]
	if name == "" {
		return nil, nil
	}
	data, err := readBounded(abs(at.Dir, name), maxText)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", staticPolicyVar, err)
	}
	out := &spb.Policy{}
	if err := json.Unmarshal(data, out); err != nil {
		out = &spb.Policy{}
		if proto.Unmarshal(data, out) != nil {
			return nil, fmt.Errorf("%s: %s is no source policy: %w", staticPolicyVar, name, err)
		}
	}
	return out, nil
}
