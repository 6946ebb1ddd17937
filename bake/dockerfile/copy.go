package dockerfile

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/util/system"
)

// copy notes what a COPY instruction reads: of the context, or of what it names.
func (r *resolver) copy(s *state, c command, in *instructions.CopyCommand) error {
	var from *state
	sent := r.sent
	if len(c.sources) > 0 {
		from = c.sources[0]
		if !from.done {
			return errors.New("cannot copy from stage " + in.From + ", it needs to be defined before current stage " + s.title())
		}
		sent = from.sent
		if len(in.SourcePaths) > 0 {
			s.made = append(s.made, from)
		}
	}
	for _, word := range in.SourcePaths {
		v, err := s.scope.expand(r.lex, word)
		if err != nil {
			return err
		}
		if err := checkCopied(v); err != nil {
			return err
		}
		read := Read{Node: s.node, Kind: Copied, Exclude: in.ExcludePatterns, At: c.Instruction, from: from}
		if err := r.read(s, read, v, in.Parents); err != nil {
			return err
		}
		sent.addValue(v)
	}
	return nil
}

// checkCopied refuses what only ADD may fetch.
func checkCopied(v variable) error {
	if v.unknown != "" {
		return nil
	}
	ref, isGit, err := dfgitutil.ParseGitRef(v.value)
	switch {
	case err != nil && isGit:
		return err
	case err == nil && !ref.IndistinguishableFromLocal:
		return errors.New("source can't be a git ref for COPY")
	case isURL(v.value):
		return errors.New("source can't be a URL for COPY")
	}
	return nil
}

func isURL(source string) bool {
	return strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://")
}

// addValue adds a path that may not be known.
func (s *sent) addValue(v variable) {
	if v.unknown != "" {
		v.value = "/"
	}
	s.add(v.value)
}

// read notes what a source of COPY or ADD means.
func (r *resolver) read(s *state, read Read, v variable, parents bool) error {
	if v.unknown != "" {
		read.Path, read.Unknown = "/", v.unknown
		r.out.Reads = append(r.out.Reads, read)
		r.unknown(s, UnknownValue, v.unknown, read.At)
		return nil
	}
	source := v.value
	os := r.platform(s).OS
	if parents {
		var pattern string
		var err error
		if source, pattern, err = pivot(source, os); err != nil {
			return err
		}
		read.Include = []string{strings.TrimPrefix(pattern, "/")}
		if !hasWildcards(source) && !hasWildcards(pattern) {
			required, err := system.NormalizePath("/", path.Join(source, pattern), os, false)
			if err != nil {
				return err
			}
			read.Required = []string{required}
		}
	}
	named, err := system.NormalizePath("/", source, os, false)
	read.Path = path.Join("/", named)
	r.out.Reads = append(r.out.Reads, read)
	return err
}

// pivot parts a source of --parents at /./: what is below it keeps its
// directories.
func pivot(source, os string) (above, below string, err error) {
	above, below, ok := strings.Cut(source, "/./")
	if !ok {
		above, below = "/", source
	}
	below, err = system.NormalizePath("/", below, os, false)
	return above, below, err
}

func hasWildcards(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '*', '?', '[':
			return true
		case '\\':
			i++
		}
	}
	return false
}

// addFiles notes what an ADD instruction reads of the context, and what it
// fetches.
func (r *resolver) addFiles(s *state, c command, in *instructions.AddCommand) error {
	checksum, err := s.scope.expand(r.lex, in.Checksum)
	if err != nil {
		return err
	}
	for _, word := range in.SourcePaths {
		v, err := s.scope.expand(r.lex, word)
		if err != nil {
			return err
		}
		fetch := Fetch{Node: s.node, URL: v.value, Checksum: checksum.value, At: c.Instruction}
		fetched := false
		if v.unknown == "" {
			if fetched, err = fetch.git(in); err != nil {
				return err
			}
		}
		switch {
		case fetched, v.unknown == "" && isURL(v.value):
			r.out.Fetches = append(r.out.Fetches, fetch)
		default:
			read := Read{Node: s.node, Kind: Copied, Exclude: in.ExcludePatterns, Unpack: in.Unpack == nil || *in.Unpack, At: c.Instruction}
			if err := r.read(s, read, v, false); err != nil {
				return err
			}
		}
		if v.unknown != "" || !isURL(v.value) {
			r.sent.addValue(v) // a repository that is named without https, too
		}
	}
	return nil
}

// git makes f what a git reference says, and reports whether it is one.
func (f *Fetch) git(in *instructions.AddCommand) (bool, error) {
	ref, isGit, err := dfgitutil.ParseGitRef(f.URL)
	if err != nil && isGit {
		return false, err
	}
	if err != nil || ref.IndistinguishableFromLocal {
		return false, nil
	}
	f.Git, f.URL, f.Ref, f.Subdir = true, ref.Remote, ref.Ref, ref.SubDir
	keep := slices.DeleteFunc([]*bool{in.KeepGitDir, ref.KeepGitDir}, func(b *bool) bool { return b == nil })
	if len(keep) == 2 && *keep[0] != *keep[1] {
		return false, errors.New("inconsistent keep-git-dir configuration")
	}
	f.GitDir = len(keep) > 0 && *keep[0]
	switch {
	case f.Checksum == "":
		f.Checksum = ref.Checksum
	case ref.Checksum != "" && ref.Checksum != f.Checksum:
		return false, errors.New("checksum mismatch " + f.Checksum + " != " + ref.Checksum)
	}
	return true, nil
}
