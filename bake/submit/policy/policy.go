package policy

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/bake/submit/node"

	"github.com/docker/buildx/policy"
	"github.com/sirupsen/logrus"
)

// ruleSet is one policy that the sources of a target have to satisfy: files that
// are evaluated together. All policies of a target must allow a source.
type ruleSet struct {
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
func rulesOf(t *bake.Target, usual []ruleFile, at *host.Caller) ([]ruleSet, error) {
	off, err := policyDisabled(t.Policy)
	if off || err != nil {
		return nil, err
	}
	var out []ruleSet
	if len(usual) > 0 {
		out = append(out, ruleSet{files: usual})
	}
	var settings ruleSet // for the next policy, given when there was none to set
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
			settings = ruleSet{}
		}
		if err := change.set(p); err != nil {
			return nil, err
		}
	}
	if on, _ := at.Flag("BUILDX_DEFAULT_POLICY"); on {
		builtin := ruleFile{name: policy.DefaultPolicyFilename, data: policy.DefaultPolicyData()}
		out = slices.Insert(out, 0, ruleSet{files: []ruleFile{builtin}, inBake: true})
	}
	return out, nil
}

// set applies the settings of a policy entry.
func (r *ruleSet) set(p bake.Policy) error {
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

// Policies are those that the sources of a target have to satisfy, on the node
// that builds it.
type Policies struct {
	Target *bake.Target
	Node   *node.Node
	Inputs *input.Inputs
	rules  []ruleSet
	fs     *policyFS        // where these come from
	Err    error            // why these could not be read
	asked  []*policy.Policy // these, once the job was submitted
}

// Any reports whether there are any; nil has none.
func (q *Policies) Any() bool { return q != nil && len(q.rules) > 0 }

// Find finds the policies of q and reads those that are on this machine.
func (q *Policies) Find(at *host.Caller) error {
	usual, err := q.usual(at)
	if err == nil {
		q.rules, err = rulesOf(q.Target, usual, at)
	}
	if err != nil || len(q.rules) == 0 {
		return err
	}
	q.fs = &policyFS{dir: at.Dir, context: q.Inputs.ContextDir}
	if err := q.read(); err != nil {
		return err
	}
	if q.Node.Supports(policySessionCap) {
		return nil
	}
	if slices.ContainsFunc(q.rules, func(r ruleSet) bool { return r.strict }) {
		return errors.New("the policy is strict, and the builder is too old to enforce it: BuildKit 0.27 or later does")
	}
	return nil
}

// usual is the policy that applies without being named: the file beside
// the Dockerfile with ".rego" after its name.
func (q *Policies) usual(at *host.Caller) ([]ruleFile, error) {
	d := q.Inputs.Dockerfile
	switch {
	case d.Path != "":
		return beside(dockerfile.PolicyOf(d.Path), at)
	case d.Dir == nil && d.Url == "" && q.Inputs.ContextDir == "":
		return []ruleFile{{name: d.Name + ".rego", optional: true}}, nil
	}
	return nil, nil // a Dockerfile that is no file
}

// beside is the policy that lies beside a Dockerfile, if any. One that is a link
// is read where that leads, if it may be.
func beside(file string, at *host.Caller) ([]ruleFile, error) {
	place, name := at.Place(file), host.Shown(at.Dir, file)
	if place != file && !at.May(place, false) {
		return nil, fmt.Errorf("policy file %s: it leads to %s, which was not granted", name, host.Shown(at.Dir, place))
	}
	data, err := host.ReadRegular(place)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return []ruleFile{{name: name, data: data}}, err
}

// read reads what can be read without the engine.
func (q *Policies) read() error {
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

// names are the files of the policies of q, for people.
func (q *Policies) names() string {
	var names []string
	for _, r := range q.rules {
		for _, f := range r.files {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}
