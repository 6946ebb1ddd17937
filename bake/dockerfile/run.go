package dockerfile

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/util/system"
)

// sent is what of a directory goes to the builder: the paths that instructions
// name. "/" is all.
type sent struct{ paths []string }

func (s *sent) add(name string) { s.paths = append(s.paths, path.Join("/", name)) }

// transfer is what was added up.
func (s *sent) transfer() Transfer {
	if slices.Contains(s.paths, "/") {
		return Transfer{All: true}
	}
	var out []string
	for _, p := range s.paths {
		out = append(out, path.Join(".", p))
	}
	slices.Sort(out)
	return Transfer{Paths: slices.Compact(out)}
}

// run follows the instructions of a stage whose base is there.
func (r *resolver) run(s *state) error {
	s.done = true
	if s.base != nil {
		if s.base.scope == nil { // a named context takes its place
			r.begin(s.base)
		}
		s.inherit()
	} else {
		r.begin(s)
	}
	for _, c := range s.commands {
		if err := r.execute(s, c); err != nil {
			return located(err, c.Lines.First)
		}
	}
	return nil
}

// begin gives a stage what its image has.
func (r *resolver) begin(s *state) {
	s.scope = newScope()
	p := r.platform(s)
	s.platform = &p
	if s.source.known == nil {
		s.scope.open = s.source.title()
		s.dir.unknown = "the working directory of " + s.scope.open
		return
	}
	if s.scope.open = s.source.known.Open; s.scope.open != "" {
		s.dir.unknown = "the working directory of " + s.scope.open
	}
	s.dir.value = s.source.known.Dir
	for _, e := range s.source.known.Env {
		name, value, _ := strings.Cut(e, "=")
		s.setEnv(name, variable{value: value})
	}
	if _, ok := s.env["PATH"]; !ok && s.scope.open == "" && p.OS != "windows" {
		s.setEnv("PATH", variable{value: defaultPath})
	}
}

// inherit gives a stage what its base has. The environment of the image counts
// before arguments that the base declared below it.
func (s *state) inherit() {
	s.scope, s.platform, s.sent = s.base.scope.clone(), s.base.platform, s.base.sent
	s.made, s.dir = append(s.made, s.base), s.base.dir
	for name, v := range s.base.env {
		s.setEnv(name, v)
	}
}

// setEnv sets a variable that the image has, too.
func (s *state) setEnv(name string, v variable) {
	if s.env == nil {
		s.env = map[string]variable{}
	}
	s.env[name] = v
	s.scope.set(name, v)
}

// defaultPath is the variable PATH of an image that sets none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// workdir changes the working directory, to one below it if the path is relative.
func (r *resolver) workdir(s *state, in *instructions.WorkdirCommand) error {
	to, err := s.scope.expand(r.lex, in.Path)
	os := r.platform(s).OS
	switch {
	case err != nil:
		return err
	case to.unknown != "":
		s.dir = to
		return nil
	case s.dir.unknown != "" && !system.IsAbs(to.value, os):
		return nil
	}
	dir, err := system.NormalizeWorkdir(s.dir.value, to.value, os)
	s.dir = variable{value: system.ToSlash(dir, os)}
	return err
}

// execute notes what an instruction needs.
func (r *resolver) execute(s *state, c command) error {
	switch in := c.command.(type) {
	case *instructions.ArgCommand:
		return r.arg(s, c.Instruction, in)
	case *instructions.EnvCommand:
		return r.env(s, in)
	case *instructions.WorkdirCommand:
		return r.workdir(s, in)
	case *instructions.CopyCommand:
		return r.copy(s, c, in)
	case *instructions.AddCommand:
		return r.addFiles(s, c, in)
	case *instructions.RunCommand:
		s.sent.add("/") // a command may look anywhere
		return r.mount(s, c, in)
	}
	return nil
}
