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
func fileNeeds(t *bake.Target, at *host.Caller, led ledPlaces) map[string][]string {
	needs := map[string][]string{}
	place := func(kind, path string) {
		if !slices.Contains(needs[kind], path) {
			needs[kind] = append(needs[kind], path)
		}
	}
	add := func(kind, path string) { place(kind, at.Place(path)) }
	layout := func(kind, path string) {
		add(kind, path)
		for _, p := range led.of(at.Place(path)) {
			place(kind, p)
		}
	}
	for _, p := range dockerfile.Reads(t, at) {
		place(entitlementFSRead, p)
	}
	dirs, layouts := contextFiles(t)
	for _, p := range append(dirs, credentialFiles(t, at)...) {
		add(entitlementFSRead, p)
	}
	for _, p := range layouts {
		layout(entitlementFSRead, p)
	}
	if asks(t) {
		return needs
	}
	for _, c := range t.CacheFrom {
		if c.Type == "local" && c.Attrs["src"] != "" {
			layout(entitlementFSRead, c.Attrs["src"])
		}
	}
	for _, o := range t.Outputs {
		for _, p := range outputFiles([]bake.Entry{o}) {
			if o.Type == client.ExporterOCI || o.Type == client.ExporterDocker {
				layout(entitlementFSWrite, p)
			} else {
				add(entitlementFSWrite, p)
			}
		}
	}
	for _, p := range cacheFiles(t.CacheTo) {
		layout(entitlementFSWrite, p)
	}
	return needs
}

// ledPlaces are what the links of layouts and caches lead to, by directory: many
// targets may share one, which may hold thousands of blobs.
type ledPlaces map[string][]string

func (l ledPlaces) of(dir string) []string {
	places, known := l[dir]
	if !known {
		places = host.Led(dir)
		l[dir] = places
	}
	return places
}

// contextFiles are the local contexts of t: directories, and OCI layouts.
func contextFiles(t *bake.Target) (dirs, layouts []string) {
	if t.Context != "-" && !source.IsRemote(t.Context) {
		dirs = append(dirs, t.Context)
	}
	for _, value := range t.Contexts {
		switch {
		case strings.HasPrefix(value, "target:"), strings.HasPrefix(value, "docker-image://"), source.IsRemote(value):
		case strings.HasPrefix(value, "oci-layout://"):
			if ref, _, err := ocilayout.Parse(value); err == nil {
				layouts = append(layouts, ref.Path)
			}
		default:
			dirs = append(dirs, value)
		}
	}
	return dirs, layouts
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
	root := at.Place(".")
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
		resolved := at.Place(path)
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

// grantsOf are the files that a plan may use, nil where files need no grant.
func grantsOf(p *bake.Plan, at *host.Caller, allow []string) (*fileGrants, error) {
	if on, err := guardsFiles(p, at); err != nil || !on {
		return nil, err
	}
	return newFileGrants(at, allow)
}

// Guard returns what decides, while the plan is built, whether a place may be read
// or written: nil where files need no grant.
func Guard(p *bake.Plan, at *host.Caller, allow []string) (func(place string, write bool) bool, error) {
	grants, err := grantsOf(p, at, allow)
	if err != nil || grants == nil {
		return nil, err
	}
	return func(place string, write bool) bool {
		if write {
			return grants.cover(entitlementFSWrite, place)
		}
		return grants.cover(entitlementFSRead, place)
	}, nil
}

// addFileNeeds adds to needs, entitlement by entitlement, what the targets of
// the plan use that allow does not grant.
func addFileNeeds(p *bake.Plan, at *host.Caller, allow []string, needs map[string][]string) error {
	grants, err := grantsOf(p, at, allow)
	if err != nil || grants == nil {
		return err
	}
	users := map[string]map[string][]string{entitlementFSRead: {}, entitlementFSWrite: {}}
	led := ledPlaces{}
	for _, t := range p.Targets {
		for kind, paths := range fileNeeds(t, at, led) {
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
