package bake

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Remote is where a definition that is not of this machine was read from.
type Remote struct {
	// URL is what the user named.
	URL string
	// Tree is the URL of the directory that the paths of the definition start
	// in: part of a git repository or of an archive. It is empty for a
	// definition that is a single file: its paths are those of this machine.
	Tree string
}

// Path is the URL of a directory or file in the tree: of a git repository in
// the form that its own URL has, #REF:SUB or ?subdir=SUB, of an archive #:SUB.
// A leading slash is the start of the tree. ok is false for what lies outside
// of the repository or archive.
func (r *Remote) Path(name string) (joined string, ok bool) {
	base, fragment, _ := strings.Cut(r.Tree, "#")
	ref, start, _ := strings.Cut(fragment, ":")
	var query url.Values
	before, text, hasQuery := strings.Cut(base, "?")
	if hasQuery && isGit(r.Tree) {
		query, _ = url.ParseQuery(text)
	}
	if start == "" {
		start = query.Get("subdir")
	}
	name = path.Join(start, name)
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", false
	}
	if name == path.Clean(start) {
		return r.Tree, true
	}
	if !strings.Contains(r.Tree, "#") && query.Has("subdir") {
		query.Set("subdir", name)
		return before + "?" + query.Encode(), true
	}
	return base + "#" + ref + ":" + name, true
}

// unpacked makes sure that the URL of a part of the tree means a directory
// where the URL of an archive alone would mean that file.
func (r *Remote) unpacked(joined string) string {
	if isGit(joined) || strings.Contains(joined, "#") {
		return joined
	}
	return joined + "#:."
}

// File is the name of a file of the tree in diagnostics, which ends like the
// file's own: its end tells the syntax.
func (r *Remote) File(name string) string {
	base, fragment, _ := strings.Cut(r.Tree, "#")
	ref, start, _ := strings.Cut(fragment, ":")
	return Redact(base) + "#" + ref + ":" + path.Join(start, name)
}

// Redact hides the password in a URL, so that it can be shown.
func Redact(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	host, tail, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(host, "@")
	if !ok || at < 0 {
		return s
	}
	user, _, has := strings.Cut(host[:at], ":")
	if !has {
		return s
	}
	return scheme + "://" + user + ":xxxxx" + host[at:] + "/" + tail
}

// isGit tells whether a remote URL is that of a git repository.
func isGit(s string) bool {
	for _, scheme := range []string{"http://", "https://"} {
		if strings.HasPrefix(s, scheme) {
			where, _, _ := strings.Cut(s, "#")
			where, _, _ = strings.Cut(where, "?")
			return strings.HasSuffix(where, ".git")
		}
	}
	return IsRemote(s)
}

// finishPaths makes the paths of the target what the build shall use. Those of
// a definition from elsewhere are looked up where it comes from; cwd:// is how
// it names what is on this machine.
func (p *planner) finishPaths(t *Target) {
	remote := p.req.Remote
	if remote == nil || remote.Tree == "" {
		t.Context = cleanContext(t.Context)
		return
	}
	if strings.HasPrefix(t.Context, "cwd://") || IsRemote(t.Context) || t.Context == "-" {
		t.Context = cleanContext(t.Context)
	} else {
		t.Context = p.inTree(t, attrContext, nil, t.Context)
	}
	p.namedInTree(t)
	p.checkDockerfile(t)
}

// namedInTree makes the named contexts of t that are paths parts of the tree.
func (p *planner) namedInTree(t *Target) {
	a := t.attrs.attrs[attrContexts]
	if a == nil {
		return
	}
	for i := range a.cells {
		c := &a.cells[i]
		if value, ok := t.Contexts[c.key]; ok && !isSpecialContext(value) {
			t.Contexts[c.key] = p.req.Remote.unpacked(p.inTree(t, attrContexts, c, value))
		}
	}
}

// inTree is the URL of a path that target t names: in a cell of an attribute,
// unless that has no more than one.
func (p *planner) inTree(t *Target, row int, c *cell, name string) string {
	joined, ok := p.req.Remote.Path(filepath.ToSlash(name))
	if ok {
		return joined
	}
	what, rng := table[row].name, t.Range
	if c != nil {
		what, rng = "context \""+c.key+"\"", c.rng()
	} else if o := t.Origin(what, ""); o != nil {
		rng = o.Range
	}
	p.report(outsideTree(t, what, name, rng, p.req.Remote))
	return name
}

// checkDockerfile refuses an absolute path, which could only be one of this
// machine, unless somebody of this machine wrote it.
func (p *planner) checkDockerfile(t *Target) {
	if !filepath.IsAbs(t.Dockerfile) {
		return
	}
	if o := t.Origin("dockerfile", ""); o != nil && o.Kind != KindFlag && IsRemote(o.Range.Filename) {
		p.report(localDockerfile(t, o.Range, p.req.Remote))
	}
}

func outsideTree(t *Target, what, name string, rng hcl.Range, remote *Remote) *hcl.Diagnostic {
	return errorAt("outside-definition", rng, "Path outside of the definition's tree",
		"The %s of target %q is %q, which lies outside of %s, where the definition comes from. Name a path inside of it, a URL, or a directory of this machine as cwd://PATH.",
		what, t.Name, name, Redact(remote.Tree))
}

func localDockerfile(t *Target, rng hcl.Range, remote *Remote) *hcl.Diagnostic {
	return errorAt("outside-definition", rng, "Path outside of the definition's tree",
		"The dockerfile of target %q is %q, a file of this machine, but the definition comes from %s. Name it relative to the context, or as cwd://%s if a file of this machine is meant.",
		t.Name, t.Dockerfile, Redact(remote.URL), t.Dockerfile)
}
