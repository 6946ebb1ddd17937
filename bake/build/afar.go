package build

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"path/filepath"
	"slices"
	"strings"

	"bake/bake"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/errdefs"
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
	state, err := i.inputOf(t.Context, "", epochOf(t, opt) != "", opt)
	if err != nil || state == nil {
		i.attrs["context"] = t.Context
		return err
	}
	def, err := state.Marshal(context.Background())
	if err != nil {
		return err
	}
	i.definitions["context"] = def.ToPB()
	if isGit(t.Context) {
		i.attrs["input:context"] = t.Context
	}
	if i.dockerfile.dir == nil && i.dockerfile.url == "" {
		i.definitions["dockerfile"] = i.definitions["context"]
	}
	return nil
}

// fetchNamed is fetchContext for a named context, whose attribute is attr.
func (i *inputs) fetchNamed(attr, value string, opt *Options) error {
	state, err := i.inputOf(value, "+forward", false, opt)
	if err == nil && state == nil && isGitSSH(value) {
		state, err = treeState(value) // no frontend fetches a named context over SSH
	}
	if err != nil || state == nil {
		i.attrs[attr] = value
		return err
	}
	def, err := state.Marshal(context.Background())
	if err != nil {
		return err
	}
	name := "git_state_" + attr
	i.definitions[name] = def.ToPB()
	i.attrs[attr] = "input:" + name
	if isGit(value) {
		i.attrs["input:"+attr] = value
	}
	return nil
}

// inputOf returns what is behind a URL if a frontend cannot fetch that by
// itself, else nil: a directory of an archive; a directory of a repository with
// the time of its commit; and on request what a git URL with a query means,
// which else asks for a capability. dated is whether the frontend wants the
// time of the commit for all files.
func (i *inputs) inputOf(url, suffix string, dated bool, opt *Options) (*llb.State, error) {
	if _, sub := splitArchive(url); sub != "" {
		return treeState(url)
	}
	git, isGit, err := dfgitutil.ParseGitRef(url)
	switch {
	case !isGit:
		return nil, nil // the frontend decides what it is
	case err != nil:
		return nil, err
	case git.SubDir != "" && (dated || git.MTime == "commit") && (git.KeepGitDir == nil || !*git.KeepGitDir):
		return datedState(url, git.SubDir)
	}
	ref, err := gitutil.ParseURL(url)
	if err != nil || len(ref.Query) == 0 {
		return nil, nil
	}
	if on, _ := opt.flag(queryAsInput); !on {
		i.need(gitQueryCap + suffix)
		return nil, nil
	}
	return treeState(url)
}

// epochOf is the time that files of t shall have at most, empty for any.
func epochOf(t *bake.Target, opt *Options) string {
	if hasArg(t.Args, "SOURCE_DATE_EPOCH") {
		return t.Args["SOURCE_DATE_EPOCH"]
	}
	return opt.Env["SOURCE_DATE_EPOCH"]
}

// datedState is a directory of a git repository whose files have the time of
// the commit. BuildKit 0.33 fails to find that time when it is asked for the
// directory alone, so this takes it out of the whole.
func datedState(url, sub string) (*llb.State, error) {
	base, fragment, _ := strings.Cut(url, "#")
	ref, _, _ := strings.Cut(fragment, ":")
	if where, text, ok := strings.Cut(base, "?"); ok {
		query, err := neturl.ParseQuery(text)
		if err != nil {
			return nil, err
		}
		query.Del("subdir")
		base = strings.TrimSuffix(where+"?"+query.Encode(), "?")
	}
	whole, _, err := dockerui.DetectGitContext(strings.TrimSuffix(base+"#"+ref, "#"), nil, llb.GitMTimeCommit())
	if err != nil {
		return nil, err
	}
	return directory(*whole, sub, url), nil
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

// blameContext blames the context of q that an error of fetching is about. It
// blames all named contexts for a frontend that knows none.
func (r *run) blameContext(q *request, err error) error {
	is := func(text string) bool { return strings.Contains(err.Error(), text) }
	if is("unsupported frontend capability " + contextsCap) {
		return in("contexts", "", fmt.Errorf("the Dockerfile frontend of the builder is too old for named contexts and links: %w", err))
	}
	step := ""
	if failed := (*errdefs.VertexError)(nil); errors.As(err, &failed) {
		step = r.progress.name(digest.Digest(failed.Digest))
	}
	err = missingDirectory(step, err)
	if len(errdefs.Sources(err)) > 0 || !slices.ContainsFunc(fetchTexts, is) && !strings.HasPrefix(step, openStep) {
		return err
	}
	url := fetchedBy(q.target, step, is)
	if url != "" && url == q.target.Context {
		return in("context", "", fmt.Errorf("context %s: %w", bake.Redact(url), err))
	}
	for _, name := range sortedKeys(q.target.Contexts) {
		if url != "" && url == q.target.Contexts[name] {
			return in("contexts", name, fmt.Errorf("context %s, %s: %w", name, bake.Redact(url), err))
		}
	}
	return err
}

// fetchedBy is the URL that a failure to fetch something for t is about: that
// of the step that failed, one that the error names, or the only one.
func fetchedBy(t *bake.Target, step string, names func(string) bool) string {
	all := fetched(t)
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
