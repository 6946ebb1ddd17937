package dockerfile

import (
	"strconv"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// epochArg bounds the times of files, and may name something that has one.
const epochArg = "SOURCE_DATE_EPOCH"

// silent are arguments that are no variables of a stage.
var silent = map[string]bool{"BUILDKIT_SBOM_SCAN_CONTEXT": true, "BUILDKIT_SBOM_SCAN_STAGE": true}

// globals gives values to the variables of FROM instructions: what the frontend
// knows of the platform, and the ARG instructions before the first stage.
func (r *resolver) globals() error {
	r.global = newScope()
	set := func(name, value string) {
		if given, ok := r.req.Args[name]; ok {
			value = given
		}
		r.global.set(name, variable{value: value})
	}
	for prefix, p := range map[string]ocispecs.Platform{"BUILD": r.req.Native, "TARGET": r.req.Platform} {
		set(prefix+"OS", p.OS)
		set(prefix+"OSVERSION", p.OSVersion)
		set(prefix+"ARCH", p.Architecture)
		set(prefix+"VARIANT", p.Variant)
	}
	set("BUILDPLATFORM", platforms.Format(r.req.Native))
	set("TARGETPLATFORM", platforms.FormatAll(r.req.Platform))
	stage := r.req.Stage
	if stage == "" {
		stage = r.file.Stages[len(r.file.Stages)-1].Name
	}
	if stage == "" {
		stage = "default"
	}
	set("TARGETSTAGE", stage)
	for _, in := range r.file.Args {
		for _, arg := range in.command.(*instructions.ArgCommand).Args {
			if err := r.globalArg(in, arg); err != nil {
				return located(err, in.Lines.First)
			}
		}
	}
	r.epoch()
	return nil
}

func (r *resolver) globalArg(in *Instruction, arg instructions.KeyValuePairOptional) error {
	declared := Arg{Node: NoNode, Name: arg.Key, At: in}
	if given, ok := r.req.Args[arg.Key]; ok {
		declared.Value, declared.Source = given, ArgGiven
	} else if arg.Value != nil {
		v, err := r.global.expand(r.lex, *arg.Value)
		if err != nil {
			return err
		}
		declared.Value, declared.Source = v.value, ArgDefault
	} else if v, ok := r.global.vars[arg.Key]; ok {
		declared.Value, declared.Source = v.value, ArgBuiltin
	}
	if declared.Source == ArgGiven || declared.Source == ArgDefault {
		r.global.set(arg.Key, variable{value: declared.Value})
	}
	r.out.Args = append(r.out.Args, declared)
	return nil
}

// epoch notes a time that is taken from a context, a stage or an image: the
// frontend looks it up where it is no number.
func (r *resolver) epoch() {
	value, ok := r.req.Args[epochArg]
	if !ok {
		value = r.global.vars[epochArg].value
	}
	if value == "" {
		return
	}
	if _, err := strconv.ParseInt(value, 10, 64); err == nil {
		return
	}
	why := variable{unknown: epochArg + ", which is the time of " + value}
	r.global.set(epochArg, why)
	r.out.Unknown = append(r.out.Unknown, Unknown{Node: NoNode, Kind: UnknownTime, Why: why.unknown})
}

// arg declares the arguments of an instruction in a stage. What the stage has
// under their names is replaced where they have a value.
func (r *resolver) arg(s *state, in *Instruction, c *instructions.ArgCommand) error {
	for _, arg := range c.Args {
		declared := Arg{Node: s.node, Name: arg.Key, At: in}
		v, source, err := r.argValue(s, arg)
		if err != nil {
			return err
		}
		declared.Value, declared.Source, declared.Unknown = v.value, source, v.unknown
		if source != ArgUnset && !silent[arg.Key] {
			s.scope.set(arg.Key, v)
		}
		r.out.Args = append(r.out.Args, declared)
	}
	return nil
}

func (r *resolver) argValue(s *state, arg instructions.KeyValuePairOptional) (variable, ArgSource, error) {
	if given, ok := r.req.Args[arg.Key]; ok {
		if arg.Key == epochArg {
			if v, ok := r.global.vars[epochArg]; ok && v.unknown != "" {
				return v, ArgGiven, nil
			}
		}
		return variable{value: given}, ArgGiven, nil
	}
	if arg.Value != nil {
		v, err := s.scope.expand(r.lex, *arg.Value)
		return v, ArgDefault, err
	}
	if v, ok := r.global.vars[arg.Key]; ok {
		return v, r.globalSource(arg.Key), nil
	}
	return variable{}, ArgUnset, nil
}

// globalSource is where a global variable comes from.
func (r *resolver) globalSource(name string) ArgSource {
	for _, a := range r.out.Args {
		if a.Node != NoNode {
			break // those before the first stage come first
		}
		if a.Name == name {
			return ArgGlobal
		}
	}
	return ArgBuiltin
}

// env sets variables of a stage. All values are as before the instruction.
func (r *resolver) env(s *state, c *instructions.EnvCommand) error {
	type pair struct{ name, value variable }
	var pairs []pair
	for _, e := range c.Env {
		name, err := s.scope.expand(r.lex, e.Key)
		if err != nil {
			return err
		}
		value, err := s.scope.expand(r.lex, e.Value)
		if err != nil {
			return err
		}
		pairs = append(pairs, pair{name, value})
	}
	for _, p := range pairs {
		if p.name.unknown != "" {
			s.scope.open = p.name.unknown
			continue
		}
		s.setEnv(p.name.value, p.value)
	}
	return nil
}
