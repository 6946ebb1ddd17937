package grant

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/docker/buildx/util/ocilayout"
	"github.com/moby/buildkit/client"
)

// Entitlements to what lies outside the working directory. Those of files have
// a path as their value; "fs" grants both reading and writing.
const (
	entitlementFS      = "fs"
	entitlementFSRead  = "fs.read"
	entitlementFSWrite = "fs.write"
	entitlementSSH     = "ssh"
)

// fileNeeds returns the paths that building t reads and writes, absolute and
// without symbolic links. What the engine fetches by itself is not among them.
func fileNeeds(t *bake.Target, at *host.Caller) map[string][]string {
	needs := map[string][]string{}
	place := func(kind, path string) {
		if !slices.Contains(needs[kind], path) {
			needs[kind] = append(needs[kind], path)
		}
	}
	full := func(path string) string { return host.Abs(at.Dir, strings.TrimPrefix(path, "cwd://")) }
	add := func(kind, path string) { place(kind, host.Resolve(full(path))) }
	if d := dockerfilePath(t, at.Dir); d != "" {
		place(entitlementFSRead, dockerfile.ReadPlace(full(d)))
	}
	for _, p := range append(contextFiles(t, at.Dir), credentialFiles(t, at)...) {
		add(entitlementFSRead, p)
	}
	if asks(t) {
		return needs
	}
	for _, c := range t.CacheFrom {
		if c.Type == "local" && c.Attrs["src"] != "" {
			add(entitlementFSRead, c.Attrs["src"])
		}
	}
	for _, p := range append(outputFiles(t.Outputs), cacheFiles(t.CacheTo)...) {
		add(entitlementFSWrite, p)
	}
	return needs
}

// contextFiles are the local contexts of t.
func contextFiles(t *bake.Target, dir string) []string {
	var out []string
	if d := localContext(t, dir); d != "" {
		out = append(out, d)
	}
	for _, value := range t.Contexts {
		switch {
		case strings.HasPrefix(value, "target:"), strings.HasPrefix(value, "docker-image://"), source.IsRemote(value):
		case strings.HasPrefix(value, "oci-layout://"):
			if ref, _, err := ocilayout.Parse(value); err == nil {
				out = append(out, ref.Path)
			}
		default:
			out = append(out, value)
		}
	}
	return out
}

// localContext is the directory that is the context of t, empty if there is none.
func localContext(t *bake.Target, dir string) string {
	if t.Context == "-" || source.IsRemote(t.Context) {
		return ""
	}
	return host.Abs(dir, strings.TrimPrefix(t.Context, "cwd://"))
}

// dockerfilePath is the file that findDockerfile will look for, empty if it is
// no local one.
func dockerfilePath(t *bake.Target, dir string) string {
	file, contextDir := t.Dockerfile, localContext(t, dir)
	switch {
	case t.DockerfileInline != nil && *t.DockerfileInline != "", file == "", file == "-", source.IsURL(file):
		return ""
	case strings.HasPrefix(file, "cwd://"), filepath.IsAbs(file):
		return file
	case contextDir == "":
		return "" // in a context that the engine fetches
	}
	return filepath.Join(contextDir, file)
}

// credentialFiles are the files of secrets and the keys of SSH.
func credentialFiles(t *bake.Target, at *host.Caller) []string {
	var out []string
	for _, s := range t.Secrets {
		src := s.Src
		if _, set := at.Env[s.ID]; src == "" && s.Env == "" && !set {
			src = s.ID // the default rule: see findSecret
		}
		if src != "" {
			out = append(out, src)
		}
	}
	for _, s := range t.SSH {
		for _, p := range s.Paths {
			if p != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// forwardsAgent reports whether t forwards the SSH agent of the user.
func forwardsAgent(t *bake.Target) bool {
	return slices.ContainsFunc(t.SSH, func(s bake.SSH) bool {
		return len(s.Paths) == 0 || len(s.Paths) == 1 && s.Paths[0] == ""
	})
}

func outputFiles(outputs []bake.Entry) []string {
	var out []string
	for _, o := range outputs {
		switch o.Type {
		case client.ExporterLocal, client.ExporterTar, client.ExporterOCI, client.ExporterDocker:
			if o.Dest != "" && o.Dest != "-" {
				out = append(out, o.Dest)
			}
		}
	}
	return out
}

func cacheFiles(entries []bake.Entry) []string {
	var out []string
	for _, c := range entries {
		if c.Type != "local" {
			continue
		}
		for _, dest := range []string{c.Attrs["dest"], c.Dest} {
			if dest != "" {
				out = append(out, dest)
			}
		}
	}
	return out
}

// fileGrants are the directories and files that may be read and written.
type fileGrants struct {
	read, write []string
	all         map[string]bool // kinds that are granted everywhere
}

// newFileGrants reads the granted entitlements. The working directory is always
// granted, and with BAKE_TRUST=repo the whole repository that it is part of.
func newFileGrants(at *host.Caller, allow []string) (*fileGrants, error) {
	root := host.Resolve(host.Abs(at.Dir, "."))
	switch trust := at.Env["BAKE_TRUST"]; trust {
	case "":
	case "repo":
		root = repositoryRoot(root)
	default:
		return nil, fmt.Errorf("invalid BAKE_TRUST %q, want repo or nothing", trust)
	}
	g := &fileGrants{read: []string{root}, write: []string{root}, all: map[string]bool{}}
	for _, a := range allow {
		kind, path, ok := strings.Cut(a, "=")
		if !ok {
			continue
		}
		resolved := host.Resolve(host.Abs(at.Dir, path))
		if kind == entitlementFS || kind == entitlementFSRead {
			g.read = append(g.read, resolved)
			g.all[entitlementFSRead] = g.all[entitlementFSRead] || path == "*"
		}
		if kind == entitlementFS || kind == entitlementFSWrite {
			g.write = append(g.write, resolved)
			g.all[entitlementFSWrite] = g.all[entitlementFSWrite] || path == "*"
		}
	}
	return g, nil
}

// repositoryRoot is the root of the git working tree around dir, or dir.
func repositoryRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// cover reports whether the path may be used for what kind says.
func (g *fileGrants) cover(kind, path string) bool {
	granted := g.read
	if kind == entitlementFSWrite {
		granted = g.write
	}
	return g.all[kind] || slices.ContainsFunc(granted, func(dir string) bool { return host.Contains(dir, path) })
}

// guardsFiles reports whether files and the SSH agent need a grant at all.
func guardsFiles(p *bake.Plan, at *host.Caller) (bool, error) {
	if on, ok := at.Flag("BUILDX_BAKE_ENTITLEMENTS_FS"); ok {
		return on, nil
	}
	text, set := at.Env["BAKE_ALLOW_REMOTE_FS_ACCESS"]
	if !set || p.Remote == nil {
		return true, nil
	}
	off, err := strconv.ParseBool(text)
	if err != nil {
		return true, fmt.Errorf("invalid BAKE_ALLOW_REMOTE_FS_ACCESS %q, want true or false", text)
	}
	return !off, nil
}

// addFileNeeds adds to needs, entitlement by entitlement, what the targets of
// the plan use that allow does not grant.
func addFileNeeds(p *bake.Plan, at *host.Caller, allow []string, needs map[string][]string) error {
	if on, err := guardsFiles(p, at); err != nil || !on {
		return err
	}
	grants, err := newFileGrants(at, allow)
	if err != nil {
		return err
	}
	users := map[string]map[string][]string{entitlementFSRead: {}, entitlementFSWrite: {}}
	for _, t := range p.Targets {
		for kind, paths := range fileNeeds(t, at) {
			for _, path := range paths {
				if !grants.cover(kind, path) {
					users[kind][path] = append(users[kind][path], t.Name)
				}
			}
		}
		if forwardsAgent(t) || source.ImpliesAgent(t, p.Remote) {
			needs[entitlementSSH] = append(needs[entitlementSSH], t.Name)
		}
	}
	for kind, byPath := range users {
		collapse(byPath)
		for path, names := range byPath {
			needs[kind+"="+host.Shown(at.Dir, path)] = names
		}
	}
	uniteKinds(needs)
	return nil
}

// collapse moves the users of paths below another path to that.
func collapse(byPath map[string][]string) {
	paths := slices.Sorted(maps.Keys(byPath)) // a directory stands before what is below it
	for i, path := range paths {
		for _, dir := range paths[:i] {
			if byPath[dir] == nil || !host.Contains(dir, path) {
				continue
			}
			byPath[dir] = merged(byPath[dir], byPath[path])
			delete(byPath, path)
			break
		}
	}
}

// uniteKinds makes one need out of reading and writing the same path.
func uniteKinds(needs map[string][]string) {
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		path, ok := strings.CutPrefix(name, entitlementFSRead+"=")
		write := entitlementFSWrite + "=" + path
		if !ok || needs[write] == nil {
			continue
		}
		needs[entitlementFS+"="+path] = merged(needs[name], needs[write])
		delete(needs, name)
		delete(needs, write)
	}
}

// merged is a and what b adds to it.
func merged(a, b []string) []string {
	out := slices.Clone(a)
	for _, name := range b {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
