package build

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bake/bake"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/gitutil"
	"github.com/opencontainers/go-digest"
)

// gitQueryCap is the ability of a frontend to read git URLs with a query.
const gitQueryCap = "moby.buildkit.frontend.gitquerystring"

// queryAsInput is the variable that keeps git URLs with a query from frontends
// that cannot read them: they get what is behind the URL instead.
const queryAsInput = "BUILDX_SEND_GIT_QUERY_AS_INPUT"

// fetchContext tells the frontend where the main context of t is fetched from.
// The Dockerfile comes from there, too, unless it is somewhere else.
func (i *inputs) fetchContext(t *bake.Target, opt *Options) error {
	def, err := i.inputOf(t.Context, "", opt)
	if err != nil || def == nil {
		i.attrs["context"] = t.Context
		return err
	}
	i.definitions["context"] = def
	if isGit(t.Context) {
		i.attrs["input:context"] = t.Context
	}
	if i.dockerfile.dir == nil && i.dockerfile.url == "" {
		i.definitions["dockerfile"] = def
	}
	return nil
}

// fetchNamed is fetchContext for a named context, whose attribute is attr.
func (i *inputs) fetchNamed(attr, value string, opt *Options) error {
	def, err := i.inputOf(value, "+forward", opt)
	if err != nil || def == nil {
		i.attrs[attr] = value
		return err
	}
	name := "git_state_" + attr
	i.definitions[name] = def
	i.attrs[attr] = "input:" + name
	if isGit(value) {
		i.attrs["input:"+attr] = value
	}
	return nil
}

// inputOf returns the definition of what is behind a URL if no frontend knows
// how to read the URL itself, else nil: that is a directory of an archive, and
// on request a git URL with a query, which else asks for a capability.
func (i *inputs) inputOf(url, suffix string, opt *Options) (*pb.Definition, error) {
	if _, git, err := dfgitutil.ParseGitRef(url); git && err != nil {
		return nil, err
	}
	if _, sub := splitArchive(url); sub == "" {
		ref, err := gitutil.ParseURL(url)
		if err != nil || len(ref.Query) == 0 {
			return nil, nil // the frontend decides what it is
		}
		if on, _ := opt.flag(queryAsInput); !on || !isGit(url) {
			i.need(gitQueryCap + suffix)
			return nil, nil
		}
	}
	state, err := treeState(url)
	if err != nil {
		return nil, err
	}
	def, err := state.Marshal(context.Background())
	if err != nil {
		return nil, err
	}
	return def.ToPB(), nil
}

// checkOwnDockerfile refuses to look for the Dockerfile of a definition from
// elsewhere in a directory of this machine that it only uses as context.
func checkOwnDockerfile(t *bake.Target, from *bake.Remote, contextDir string) error {
	inline := t.DockerfileInline != nil && *t.DockerfileInline != ""
	if from == nil || from.Tree == "" || contextDir == "" || inline || isURL(t.Dockerfile) ||
		strings.HasPrefix(t.Dockerfile, "cwd://") || filepath.IsAbs(t.Dockerfile) {
		return nil
	}
	return in("dockerfile", "", fmt.Errorf("the context is a directory of this machine, but the definition comes from %s, "+
		"so it is not clear which %s is meant: write cwd://%s for one of this machine, or the text as dockerfile-inline",
		bake.Redact(from.Tree), t.Dockerfile, filepath.ToSlash(filepath.Join(t.Context, t.Dockerfile))))
}

// fetchTexts are in errors of fetching what is behind a URL.
var fetchTexts = []string{"failed to load cache key", "failed to fetch remote", "invalid subdir", "git stderr", "invalid response status"}

// blameContext blames the context of q that an error of fetching is about: the
// one whose step failed, the one that the error names, or the only one. It
// blames all named contexts for a frontend that knows none.
func (r *run) blameContext(q *request, err error) error {
	is := func(text string) bool { return strings.Contains(err.Error(), text) }
	if is("unsupported frontend capability " + contextsCap) {
		return in("contexts", "", fmt.Errorf("the Dockerfile frontend of the builder is too old for named contexts and links: %w", err))
	}
	if len(errdefs.Sources(err)) > 0 || !slices.ContainsFunc(fetchTexts, is) {
		return err
	}
	step := ""
	if failed := (*errdefs.VertexError)(nil); errors.As(err, &failed) {
		step = r.progress.name(digest.Digest(failed.Digest))
	}
	all := fetched(q.target)
	best, points := "", 0
	for _, url := range all {
		n := 0
		base, _, _ := strings.Cut(url, "#")
		switch {
		case step != "" && strings.HasSuffix(step, " "+url):
			n = 3
		case is(base):
			n = 2
		case len(all) == 1:
			n = 1
		}
		if n > points {
			best, points = url, n
		}
	}
	if points == 0 {
		return err
	}
	if best == q.target.Context {
		return in("context", "", fmt.Errorf("context %s: %w", bake.Redact(best), err))
	}
	for _, name := range sortedKeys(q.target.Contexts) {
		if q.target.Contexts[name] == best {
			return in("contexts", name, fmt.Errorf("context %s, %s: %w", name, bake.Redact(best), err))
		}
	}
	return err
}
