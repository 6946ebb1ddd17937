package dockerfile

import (
	"fmt"
	"slices"

	"github.com/distribution/reference"
)

// source is what stands at the bottom of a state that has no base.
type source struct {
	kind    NodeKind
	name    string // of an image, as a person writes it
	image   string // the whole of it
	context *NamedContext
	known   *Config
}

// resolveSources tells what the states are that stand on no other.
func (r *resolver) resolveSources(reached map[*state]bool) error {
	for _, s := range r.states {
		if s.base != nil || s.done || s.resolved {
			continue
		}
		s.resolved = reached[s]
		if err := r.resolveSource(s, reached[s]); err != nil {
			return located(err, s.at.Lines.First)
		}
	}
	return nil
}

func (r *resolver) resolveSource(s *state, reached bool) error {
	if s.name == scratch && s.context == nil {
		s.source = source{kind: ScratchNode, known: &Config{Empty: true}}
		s.platform = &r.req.Platform
		s.done = s.done || s.stage == nil
		return nil
	}
	named, err := reference.ParseNormalizedNamed(s.name)
	if err != nil {
		return fmt.Errorf("failed to parse stage name %q: %w", s.name, err)
	}
	whole := reference.TagNameOnly(named).String()
	found := s.context
	if found == nil {
		if found, err = r.req.Contexts.find(whole, r.platform(s)); err != nil {
			return err
		}
	}
	s.source = source{kind: ImageNode, name: reference.FamiliarString(named), image: whole}
	if found != nil {
		s.source = source{kind: NamedNode, context: found}
	}
	s.done = s.done || s.stage == nil || s.context != nil
	if !reached {
		return nil
	}
	if s.source.known = r.configOf(s); s.source.known != nil {
		s.triggers = slices.Clone(s.source.known.OnBuild)
		s.empty = s.source.known.Empty
	} else {
		r.unknown(s, UnknownTriggers, fmt.Sprintf("the configuration of %s, which may have ONBUILD instructions", s.source.title()), s.at)
	}
	return nil
}

// title is what a source is called.
func (s source) title() string {
	switch {
	case s.context != nil:
		return s.context.Key
	case s.kind == ScratchNode:
		return scratch
	}
	return s.name
}

// configOf is the configuration of what s stands on, nil if it is not known.
func (r *resolver) configOf(s *state) *Config {
	asked := Image{Reference: s.source.image, Platform: r.platform(s)}
	if c := s.source.context; c != nil {
		asked.Context = c.Key
		if c.Value == "docker-image://"+scratch || c.IsFiles() {
			return &Config{}
		}
		asked.Reference = c.image()
	}
	if r.req.Config == nil {
		return nil
	}
	return r.req.Config(asked)
}
