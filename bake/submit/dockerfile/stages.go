package dockerfile

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"bake/bake"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Stages are those of a Dockerfile for one platform, in their order, and what
// their results are made of.
type Stages []*stage

type stage struct {
	Name    string    // in lower case, as the frontend has it; empty if it has none
	base    string    // that of FROM, with its variables replaced
	under   int       // the stage that it stands on, -1 for an image or a named context
	uses    []reading // in the order of its instructions
	onbuild []reading // of the stages that stand on it, for its ONBUILD instructions
}

// reading is the name of a stage, an image or a named context in an instruction.
type reading struct {
	name     string
	numbered bool // a number is the position of a stage: in COPY --from only
}

// Args are what the variables before the first stage may have from
// outside.
type Args struct {
	Args          map[string]string // build arguments
	Native        ocispecs.Platform // of the engine
	Platform      ocispecs.Platform // that is built for
	Stage         string            // that is built, empty for the last
	NamedContexts []string          // a stage of such a name is replaced by it
}

// ReadStages reads the stages of a Dockerfile as the frontend does. An error
// means that the frontend will report one, too.
func ReadStages(dockerfile []byte, from Args) (Stages, error) {
	ast, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil, err
	}
	parsed, global, err := instructions.Parse(ast.AST, nil)
	if err != nil {
		return nil, err
	}
	lex := shell.NewLex(ast.EscapeToken)
	if from.Stage == "" && len(parsed) > 0 {
		from.Stage = parsed[len(parsed)-1].Name
	}
	env, err := from.variables(global, lex)
	if err != nil {
		return nil, err
	}
	var out Stages
	for _, p := range parsed {
		s := &stage{Name: p.Name, under: -1}
		out = append(out, s)
		own, _, err := lex.ProcessWord(p.Platform, env)
		if err != nil {
			return nil, err
		}
		if from.replaced(p.Name, cmp.Or(own, platforms.FormatAll(from.Platform))) {
			continue
		}
		if s.base, _, err = lex.ProcessWord(p.BaseName, env); err != nil {
			return nil, err
		}
		if err := s.read(p.Commands); err != nil {
			return nil, err
		}
		s.under = out[:len(out)-1].named(s.base)
	}
	return out, nil
}

// variables are those of FROM instructions: what the frontend knows, and the ARG
// instructions before the first stage.
func (a Args) variables(global []instructions.ArgCommand, lex *shell.Lex) (*llb.EnvList, error) {
	env := &llb.EnvList{}
	set := func(name, value string) {
		if given, ok := a.Args[name]; ok {
			value = given
		}
		env = env.AddOrReplace(name, value)
	}
	for prefix, p := range map[string]ocispecs.Platform{"BUILD": a.Native, "TARGET": a.Platform} {
		set(prefix+"PLATFORM", platforms.FormatAll(p))
		set(prefix+"OS", p.OS)
		set(prefix+"OSVERSION", p.OSVersion)
		set(prefix+"ARCH", p.Architecture)
		set(prefix+"VARIANT", p.Variant)
	}
	if set("TARGETSTAGE", a.Stage); a.Stage == "" {
		set("TARGETSTAGE", "default")
	}
	for _, command := range global {
		for _, arg := range command.Args {
			if value, ok := a.Args[arg.Key]; ok {
				env = env.AddOrReplace(arg.Key, value)
				continue
			}
			if arg.Value == nil {
				continue
			}
			value, _, err := lex.ProcessWord(*arg.Value, env)
			if err != nil {
				return nil, err
			}
			env = env.AddOrReplace(arg.Key, value)
		}
	}
	return env, nil
}

// replaced reports whether a named context stands for the stage of a name, which
// is for a platform.
func (a Args) replaced(name, platform string) bool {
	return name != "" && name != "context" &&
		(slices.Contains(a.NamedContexts, name) || slices.Contains(a.NamedContexts, bake.ContextName(name+"::"+platform)))
}

// IsContext reports whether a named context, which may be for one platform only,
// is what a Dockerfile means by a name.
func IsContext(context, name string) bool {
	context, _, _ = strings.Cut(context, "::")
	return context == bake.ContextName(name)
}

// read notes what the instructions of a stage use.
func (s *stage) read(commands []instructions.Command) error {
	for _, command := range commands {
		trigger, ok := command.(*instructions.OnbuildCommand)
		if !ok {
			s.uses = append(s.uses, usesOf(command)...)
			continue
		}
		ast, err := parser.Parse(strings.NewReader(trigger.Expression))
		if err != nil {
			return err
		}
		for _, node := range ast.AST.Children {
			command, err := instructions.ParseCommand(node)
			if err != nil {
				return err
			}
			s.onbuild = append(s.onbuild, usesOf(command)...)
		}
	}
	return nil
}

func usesOf(command instructions.Command) []reading {
	switch c := command.(type) {
	case *instructions.CopyCommand:
		if c.From != "" {
			return []reading{{c.From, true}}
		}
	case *instructions.RunCommand:
		// Before they are expanded, mounts have no source.
		_ = c.Expand(func(word string) (string, error) { return word, nil })
		var out []reading
		for _, m := range instructions.GetMounts(c) {
			if m.From != "" {
				out = append(out, reading{m.From, false})
			}
		}
		return out
	}
	return nil
}

// named is the last of ss with a name that is written as it is stored, -1 if
// there is none.
func (ss Stages) named(name string) int {
	for i, s := range slices.Backward(ss) {
		if s.Name != "" && s.Name == name {
			return i
		}
	}
	return -1
}

// Needs are the stages that a stage is made of, and the names of images and
// named contexts that it uses.
func (ss Stages) Needs(i int) (needed []int, outside []string) {
	s := ss[i]
	uses := s.uses
	if s.under >= 0 {
		needed = append(needed, s.under)
		uses = slices.Concat(uses, ss[s.under].onbuild)
	} else {
		outside = append(outside, s.base)
	}
	for _, u := range uses {
		if n := ss.used(u); n >= 0 {
			needed = append(needed, n)
		} else {
			outside = append(outside, u.name)
		}
	}
	return needed, outside
}

// Target is the stage that is built: the last of that name, in any case, or the
// last of all. It is -1 if there is no such stage.
func (ss Stages) Target(name string) int {
	if name == "" {
		return len(ss) - 1
	}
	return ss.named(strings.ToLower(name))
}

// used is the stage that an instruction uses, -1 for an image or a named context.
func (ss Stages) used(u reading) int {
	if n, err := strconv.Atoi(u.name); err == nil && u.numbered {
		if n < 0 || n >= len(ss) {
			return -1
		}
		return n
	}
	return ss.named(strings.ToLower(u.name))
}
