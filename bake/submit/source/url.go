package source

import (
	"maps"
	"slices"
	"strings"

	"bake/bake"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/util/gitutil"
)

// IsURL reports whether s is read over HTTP.
func IsURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// IsRemote reports whether a context is fetched by the engine: a URL or git.
func IsRemote(s string) bool {
	if IsURL(s) {
		return true
	}
	return IsGit(s)
}

// IsGit reports whether s is the URL of a git repository, be it well-formed or
// not.
func IsGit(s string) bool {
	if !mayBeGit(s) {
		return false
	}
	_, git, _ := dfgitutil.ParseGitRef(s)
	return git
}

// mayBeGit is false for most contexts, which it finds without the regular
// expressions that reading a URL takes.
func mayBeGit(s string) bool {
	return strings.Contains(s, ":") || strings.HasPrefix(s, "github.com/")
}

// Fetched are the contexts of t that the engine fetches.
func Fetched(t *bake.Target) []string {
	all := []string{t.Context}
	for _, name := range slices.Sorted(maps.Keys(t.Contexts)) {
		all = append(all, t.Contexts[name])
	}
	return slices.DeleteFunc(all, func(c string) bool { return !IsRemote(c) })
}

// ImpliesAgent reports whether t needs the default SSH agent to be fetched, and
// does not list it.
func ImpliesAgent(t *bake.Target, from *bake.Remote) bool {
	if slices.ContainsFunc(t.SSH, func(s bake.SSH) bool { return s.ID == "default" || s.ID == "" }) {
		return false
	}
	return from != nil && IsGitSSH(from.Tree) || slices.ContainsFunc(Fetched(t), IsGitSSH)
}

// IsGitSSH reports whether a context is a repository that git fetches over SSH.
func IsGitSSH(context string) bool {
	if !mayBeGit(context) {
		return false
	}
	u, err := gitutil.ParseURL(context)
	return err == nil && u.Scheme == gitutil.SSHProtocol
}

// GitHost is the host of a git URL, empty if it is none.
func GitHost(s string) string {
	u, err := gitutil.ParseURL(s)
	if err != nil {
		return ""
	}
	return u.Host
}

// FetchedBy is the URL that a failure to fetch something for t is about: that
// of the step that failed, one that the error names, or the only one.
func FetchedBy(t *bake.Target, step string, names func(string) bool) string {
	all := Fetched(t)
	best, points := "", 0
	for _, url := range all {
		n := 0
		base, _, _ := strings.Cut(url, "#")
		switch {
		case strings.HasSuffix(step, " "+url), strings.HasSuffix(step, " "+bake.Redact(url)):
			n = 3
		case names(base):
			n = 2
		case len(all) == 1:
			n = 1
		}
		if n > points {
			best, points = url, n
		}
	}
	return best
}
