package build

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"path/filepath"
	"slices"
	"strconv"
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
// from is nil unless t stands in a definition from elsewhere, dated whether the
// engine can give files the time of their commit.
func (i *inputs) fetchContext(t *bake.Target, from *bake.Remote, dated bool, opt *Options) error {
	state, err := i.inputOf(t.Context, "", from, dated && epochOf(t, opt) != "", opt)
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
func (i *inputs) fetchNamed(attr, value string, from *bake.Remote, opt *Options) error {
	state, err := i.inputOf(value, "+forward", from, false, opt)
	if err == nil && state == nil && isGitSSH(value) {
		state, err = treeState(value, i.advice) // no frontend fetches a named context over SSH
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
// itself, else nil: a directory of an archive; a directory of the repository
// that the definition comes from, as old engines fetch whole repositories only;
// a directory with the time of its commit; and on request what a git URL with a
// query means, which else asks for a capability. dated is whether the frontend
// wants the time of the commit for all files.
func (i *inputs) inputOf(url, suffix string, from *bake.Remote, dated bool, opt *Options) (*llb.State, error) {
	if _, sub := splitArchive(url); sub != "" {
		return treeState(url, i.advice)
	}
	git, isGit, err := dfgitutil.ParseGitRef(url)
	switch {
	case !isGit:
		return nil, nil // the frontend decides what it is
	case err != nil:
		return nil, err
	}
	if whole, sub := splitGit(url); sub != "" && (dated || git.MTime == "commit" || sameRepository(from, whole)) {
		return gitDirectory(url, dated, i.advice || sameRepository(from, whole) && adviceOnDefinition(opt))
	}
	ref, err := gitutil.ParseURL(url)
	if err != nil || len(ref.Query) == 0 {
		return nil, nil
	}
	if on, _ := opt.flag(queryAsInput); !on {
		i.need(gitQueryCap + suffix)
		return nil, nil
	}
	return treeState(url, i.advice)
}

// adviceOnDefinition is whether git may give advice, as on detached heads, when
// a definition and what is in its repository are fetched.
func adviceOnDefinition(opt *Options) bool {
	on, _ := opt.flag("BUILDX_BAKE_GIT_ADVICE")
	return on
}

// adviceOnContexts is the same for the contexts of t. Frontends know the
// argument for what they fetch themselves.
func adviceOnContexts(t *bake.Target) bool {
	on, _ := strconv.ParseBool(t.Args["BUILDKIT_GIT_ADVICE"])
	return on
}

// epochOf is the time that files of t shall have at most, empty for any.
func epochOf(t *bake.Target, opt *Options) string {
	if hasArg(t.Args, "SOURCE_DATE_EPOCH") {
		return t.Args["SOURCE_DATE_EPOCH"]
	}
	return opt.Env["SOURCE_DATE_EPOCH"]
}

// splitGit splits the URL of a directory of a git repository. sub is empty if it
// is the whole, or keeps the repository itself, which BuildKit cannot do apart.
func splitGit(url string) (whole, sub string) {
	git, isGit, err := dfgitutil.ParseGitRef(url)
	if !isGit || err != nil || git.SubDir == "" || git.KeepGitDir != nil && *git.KeepGitDir {
		return url, ""
	}
	base, fragment, _ := strings.Cut(url, "#")
	ref, _, _ := strings.Cut(fragment, ":")
	if where, text, ok := strings.Cut(base, "?"); ok {
		query, err := neturl.ParseQuery(text)
		if err != nil {
			return url, ""
		}
		query.Del("subdir")
		base = strings.TrimSuffix(where+"?"+query.Encode(), "?")
	}
	return strings.TrimSuffix(base+"#"+ref, "#"), git.SubDir
}

// gitDirectory is a directory of a git repository, taken out of the whole:
// BuildKit before 0.34 fails to find the time of the commit when asked for the
// directory alone, and old engines do not know directories.
func gitDirectory(url string, dated, advice bool) (*llb.State, error) {
	whole, sub := splitGit(url)
	opts := []llb.GitOption{llb.GitAdvice(advice)}
	if dated {
		opts = append(opts, llb.GitMTimeCommit())
	}
	state, _, err := dockerui.DetectGitContext(whole, nil, opts...)
	if err != nil || sub == "" {
		return state, err
	}
	return directory(*state, sub, url), nil
}

// sameRepository reports whether a definition comes from the same repository, and the
// same version of it, as the whole that a URL names.
func sameRepository(from *bake.Remote, whole string) bool {
	if from == nil || from.Tree == "" {
		return false
	}
	own, _ := splitGit(from.Tree)
	return own == whole
}

// checkOwnDockerfile refuses to look for the Dockerfile of a definition from
// elsewhere in a directory of this machine that it only uses as context.
func checkOwnDockerfile(t *bake.Target, from *bake.Remote, contextDir string) error {
	inline := t.DockerfileInline != nil && *t.DockerfileInline != ""
	if from == nil || from.Tree == "" || contextDir == "" || inline || isURL(t.Dockerfile) ||
		strings.HasPrefix(t.Dockerfile, "cwd://") || filepath.IsAbs(t.Dockerfile) {
		return nil
	}
	return in("dockerfile", "", fmt.Errorf("reading a dockerfile for a remote build invocation is currently not supported from a local context: "+
		"the definition comes from %s, so it is not clear which %s is meant: write cwd://%s for one of this machine, or the text as dockerfile-inline",
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
	ofImage := is("/manifests/") // of a base image, as an old engine words it
	if ofImage || len(errdefs.Sources(err)) > 0 || !slices.ContainsFunc(fetchTexts, is) && !strings.HasPrefix(step, openStep) {
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
