package dockerfile

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// expanded are the mounts of a RUN instruction. Those that hold a variable of
// which the value is not known are said in unknown, by their index.
func (r *resolver) expanded(s *state, c command, in *instructions.RunCommand) (mounts []*instructions.Mount, unknown map[int]string, err error) {
	missed := ""
	r.file.mounts.Lock()
	defer r.file.mounts.Unlock()
	before := instructions.GetMounts(in)
	err = in.Expand(func(word string) (string, error) {
		v, err := s.scope.expand(r.lex, word)
		if v.unknown != "" {
			missed = v.unknown
			return "0", nil // is a path, an id and a number
		}
		return v.value, err
	})
	mounts = instructions.GetMounts(in)
	if missed == "" {
		return mounts, nil, err
	}
	if err != nil {
		mounts = before
	}
	unknown = map[int]string{}
	i := 0
	for _, flag := range c.flags {
		if !strings.HasPrefix(flag, "--mount") {
			continue
		}
		if strings.Contains(flag, "$") {
			unknown[i] = missed
		}
		i++
	}
	return mounts, unknown, nil
}

// mount notes what the mounts of a RUN instruction read.
func (r *resolver) mount(s *state, c command, in *instructions.RunCommand) error {
	mounts, unknown, err := r.expanded(s, c, in)
	if err != nil {
		return err
	}
	for i, m := range mounts {
		one := Mount{
			Node: s.node, Kind: MountKind(m.Type), From: NoNode, ID: m.CacheID, Target: m.Target, ReadOnly: m.ReadOnly, Required: m.Required,
			Owned: m.UID != nil || m.GID != nil || m.Mode != nil, Unknown: unknown[i], At: c.Instruction,
		}
		if m.Env != nil {
			one.Env = *m.Env
		}
		if one.Unknown != "" {
			r.unknown(s, UnknownValue, one.Unknown, c.Instruction)
		}
		if err := r.mountSource(s, m, c.sources[i], &one); err != nil {
			return err
		}
		r.out.Mounts = append(r.out.Mounts, one)
	}
	return nil
}

// mountSource tells what is mounted.
func (r *resolver) mountSource(s *state, m *instructions.Mount, from *state, one *Mount) error {
	switch one.Kind {
	case SecretMount:
		return one.secret(m)
	case SSHMount:
		if m.Source != "" {
			return errors.New("ssh does not support source")
		}
		one.ID = cmp.Or(one.ID, "default")
		return nil
	}
	named := m.From != "" || one.Kind == CacheMount // a cache is empty but for what it is taken from
	if named && !from.done {
		return fmt.Errorf("cannot mount from stage %q to %q, stage needs to be defined before current command", m.From, m.Target)
	}
	source := m.Source
	if one.Unknown != "" {
		source = "/"
	}
	if named {
		from.sent.add(source)
	} else {
		r.sent.add(source) // for tmpfs, too
	}
	if err := checkMounted(s, one); err != nil {
		return err
	}
	if one.Kind == TmpfsMount {
		return nil
	}
	switch {
	case m.From != "":
		one.from = from
		s.made = append(s.made, from)
	case !named:
		one.From = Context
	}
	one.Source = path.Join("/", source)
	if one.Kind == CacheMount {
		one.cache(m)
	}
	if one.Kind == BindMount || m.From != "" {
		r.out.Reads = append(r.out.Reads, Read{Node: s.node, From: Context, Kind: Bound, Path: one.Source, Unknown: one.Unknown, At: one.At, from: one.from})
	}
	return nil
}

// checkMounted refuses a mount in place of the whole file system.
func checkMounted(s *state, one *Mount) error {
	target := one.Target
	if !path.IsAbs(path.Clean(target)) {
		if s.dir.unknown != "" {
			return nil
		}
		target = path.Join("/", s.dir.value, target)
	}
	if target == "/" && one.Unknown == "" {
		return fmt.Errorf("invalid mount target %q", target)
	}
	return nil
}

// secret tells which one is mounted.
func (one *Mount) secret(m *instructions.Mount) error {
	switch {
	case m.Source != "":
		one.ID = m.Source
	case one.ID == "" && m.Target == "":
		return errors.New("one of source, target required")
	case one.ID == "":
		one.ID = path.Base(m.Target)
	}
	return nil
}

// cache tells which one is mounted: the place where it is mounted is its name, if
// it has none.
func (one *Mount) cache(m *instructions.Mount) {
	one.ID = cmp.Or(one.ID, path.Clean(m.Target))
	one.Sharing = string(cmp.Or(m.CacheSharing, instructions.MountSharingShared))
}
