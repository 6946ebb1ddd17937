package dockerfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// scratch is the name of the empty image.
const scratch = "scratch"

// state is a stage while a file is resolved, or what FROM or --from name from
// elsewhere. It follows what the frontend does with one, step by step, as what a
// name means depends on the order of its steps.
type state struct {
	node     int    // NoNode until it has one
	stage    *Stage // nil for what is no stage
	listed   bool   // it is among the states
	wanted   bool   // an instruction names it
	name     string // after FROM or --from, with its variables replaced
	at       *Instruction
	base     *state
	context  *NamedContext // takes its place
	platform *ocispecs.Platform
	source   source
	deps     []*state // that have to be resolved before it
	commands []command

	triggered bool // the ONBUILD instructions of its base are among its commands
	resolved  bool
	done      bool // its files are there for others
	scope     *scope
	env       map[string]variable // those of the scope that the image has, too
	dir       variable            // the working directory
	triggers  []string            // of the image that it is, to be run by what stands on it
	empty     bool                // the image has no layers
	sent      *sent               // of the files of the named context at its bottom
	made      []*state            // what its files are made of
}

// command is an instruction of a stage. sources are what COPY --from or the mounts
// of RUN name.
type command struct {
	*Instruction
	sources []*state
	trigger bool
}

// resolver resolves a file for a request.
type resolver struct {
	file   *File
	req    Request
	lex    *shell.Lex
	global *scope
	states []*state // stages, then what they name from elsewhere, in the order in which it is met
	named  map[string]*state
	out    *Build
	sent   *sent // of the context of the target
}

// Resolve tells what the file makes of a target. An error is an *Error, for which
// the frontend reports one, too.
func (f *File) Resolve(req Request) (*Build, error) {
	req.Platform, req.Native = platforms.Normalize(req.Platform), platforms.Normalize(req.Native)
	b := &Build{File: f, Platform: req.Platform, Foreign: f.Foreign(req.Args), Result: &Config{}}
	if b.Foreign != "" {
		return b, nil
	}
	r := &resolver{file: f, req: req, lex: shell.NewLex(f.escape), named: map[string]*state{}, out: b, sent: &sent{}}
	for _, step := range []func() error{r.globals, r.stages, r.links, r.circles} {
		if err := step(); err != nil {
			return nil, located(err, 0)
		}
	}
	target, err := r.target()
	if err != nil {
		return nil, located(err, 0)
	}
	reached, err := r.reach(target)
	if err != nil {
		return nil, located(err, 0)
	}
	for _, s := range r.states {
		if reached[s] && !s.done {
			if err := r.run(s); err != nil {
				return nil, err
			}
		}
	}
	r.finish(target, reached)
	return b, nil
}

// stages makes a state of each stage. A name after FROM is the last stage above
// that has it.
func (r *resolver) stages() error {
	for _, stage := range r.file.Stages {
		base, err := r.global.expand(r.lex, stage.Base)
		if err != nil {
			return located(err, stage.From.Lines.First)
		}
		if base.value == "" {
			return located(fmt.Errorf("base name (%s) should not be blank", stage.Base), stage.From.Lines.First)
		}
		s := &state{node: stage.Index, stage: stage, name: base.value, at: stage.From, sent: &sent{}}
		if s.platform, err = r.platformOf(stage); err != nil {
			return located(err, stage.From.Lines.First)
		}
		if stage.Name != "" {
			if s.context, err = r.req.Contexts.find(stage.Name, r.platform(s)); err != nil {
				return located(fmt.Errorf("invalid context name %s: %w", stage.Name, err), stage.From.Lines.First)
			}
		}
		r.add(s)
		for _, in := range stage.Instructions {
			s.commands = append(s.commands, command{Instruction: in})
		}
	}
	return nil
}

// platformOf is the platform that FROM asks for, nil if it asks for none.
func (r *resolver) platformOf(stage *Stage) (*ocispecs.Platform, error) {
	if stage.Platform == "" {
		return nil, nil
	}
	text, err := r.global.expand(r.lex, stage.Platform)
	if err != nil {
		return nil, err
	}
	if text.value == "" {
		return nil, fmt.Errorf("empty platform value from expression %s", stage.Platform)
	}
	p, err := platforms.Parse(text.value)
	if err != nil {
		return nil, fmt.Errorf("failed to parse platform %s: %w", stage.Platform, err)
	}
	return &p, nil
}

// platform is that which the files of a state are for.
func (r *resolver) platform(s *state) ocispecs.Platform {
	if s.platform != nil {
		return *s.platform
	}
	return r.req.Platform
}

// add takes a state. It stands on the last stage with the name of its base, written
// as the name is stored: in lower case.
func (r *resolver) add(s *state) {
	r.states = append(r.states, s)
	s.listed = true
	if s.context == nil {
		s.base = r.named[s.name]
	}
	if s.stage != nil && s.stage.Name != "" {
		r.named[s.stage.Name] = s
	}
}

// links finds what COPY --from and RUN --mount name: the last stage of the whole
// file with the name, in any case, or something from elsewhere.
func (r *resolver) links() error {
	for _, s := range slices.Clone(r.states) {
		for i := range s.commands {
			if err := r.link(s, &s.commands[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *resolver) link(s *state, c *command) error {
	switch in := c.command.(type) {
	case *instructions.CopyCommand:
		if in.From == "" {
			return nil
		}
		from, err := r.copySource(in.From, c.Instruction)
		if err != nil {
			return located(err, c.Lines.First)
		}
		from.wanted = true
		c.sources = []*state{from}
	case *instructions.RunCommand:
		for _, name := range c.mounted {
			from := r.byName(cmp.Or(name, scratch), c.Instruction) // as the frontend has it, whatever the type
			from.wanted = from.wanted || name != ""
			c.sources = append(c.sources, from)
		}
	}
	s.deps = append(s.deps, c.sources...)
	for _, from := range c.sources {
		if !from.listed {
			r.add(from)
		}
	}
	return nil
}

// copySource is what COPY --from names. A number is the place of a stage, or of
// what was met before.
func (r *resolver) copySource(name string, at *Instruction) (*state, error) {
	if word, err := newScope().expand(r.lex, name); err != nil || word.value != name {
		if err == nil {
			err = errors.New("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround")
		}
		return nil, err
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		return r.byName(name, at), nil
	}
	if n < 0 || n >= len(r.states) {
		return nil, fmt.Errorf("invalid stage index %d", n)
	}
	return r.states[n], nil
}

func (r *resolver) byName(name string, at *Instruction) *state {
	if s, ok := r.named[strings.ToLower(name)]; ok {
		return s
	}
	return &state{node: NoNode, name: name, at: at, sent: &sent{}}
}

// circles reports a stage that copies from itself, however far round.
func (r *resolver) circles() error {
	const entered, left = 1, 2
	seen := map[*state]int{}
	var visit func(*state) *state
	visit = func(s *state) *state {
		seen[s] = entered
		for _, d := range s.deps {
			if seen[d] == entered {
				return s
			}
			if seen[d] == 0 {
				if found := visit(d); found != nil {
					return found
				}
			}
		}
		seen[s] = left
		return nil
	}
	for _, s := range r.states {
		if seen[s] == 0 {
			if found := visit(s); found != nil {
				return located(fmt.Errorf("circular dependency detected on stage: %s", found.title()), found.at.Lines.First)
			}
		}
	}
	return nil
}

// title is what a stage is called.
func (s *state) title() string {
	switch {
	case s.stage == nil:
		return s.name
	case s.stage.Name == "":
		return fmt.Sprintf("stage-%d", s.stage.Index)
	}
	return s.stage.Name
}

// target is the stage that is built: the last of the name, in any case, or of all.
func (r *resolver) target() (*state, error) {
	if r.req.Stage == "" {
		return r.states[len(r.file.Stages)-1], nil
	}
	s, ok := r.named[strings.ToLower(r.req.Stage)]
	if !ok {
		return nil, &Error{Err: fmt.Errorf("target stage %q could not be found", r.req.Stage)}
	}
	return s, nil
}

// reach finds what the target needs. ONBUILD instructions of what a stage stands
// on join its own, and may need more.
func (r *resolver) reach(target *state) (map[*state]bool, error) {
	for {
		reached := map[*state]bool{}
		reach(target, reached)
		if err := r.resolveSources(reached); err != nil {
			return nil, err
		}
		more := false
		for _, s := range slices.Clone(r.states) {
			if !reached[s] {
				continue
			}
			found, err := r.addTriggers(s)
			if err != nil {
				return nil, err
			}
			more = more || found
		}
		if !more {
			return reached, nil
		}
	}
}

func reach(s *state, reached map[*state]bool) {
	if reached[s] {
		return
	}
	reached[s] = true
	if s.base != nil {
		reach(s.base, reached)
	}
	for _, d := range s.deps {
		reach(d, reached)
	}
}

// addTriggers puts the ONBUILD instructions of what s stands on before its own. It
// reports whether one of them needs something.
func (r *resolver) addTriggers(s *state) (bool, error) {
	texts := s.triggers
	s.triggers = nil
	if s.base != nil && !s.triggered {
		for _, c := range s.base.commands {
			if on, ok := c.command.(*instructions.OnbuildCommand); ok {
				texts = append(texts, on.Expression)
			}
		}
		s.triggered = true
	}
	var added []command
	more := false
	for _, text := range texts {
		in, err := trigger(text, s.at)
		if err != nil {
			return false, located(err, s.at.Lines.First)
		}
		c := command{Instruction: in, trigger: true}
		if err := r.link(s, &c); err != nil {
			return false, err
		}
		more = more || len(c.sources) > 0
		added = append(added, c)
	}
	s.commands = append(added, s.commands...)
	return more, nil
}

func (r *resolver) unknown(s *state, kind UnknownKind, why string, at *Instruction) {
	r.out.Unknown = append(r.out.Unknown, Unknown{Node: s.node, Kind: kind, Why: why, At: at})
}
