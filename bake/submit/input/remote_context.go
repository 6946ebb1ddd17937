package input

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/util/gitutil"
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
func (i *Inputs) fetchContext(t *bake.Target, from *bake.Remote, dated bool, at *host.Caller) error {
	state, err := i.inputOf(t.Context, "", from, dated && epochOf(t, at) != "", at)
	if err != nil || state == nil {
		i.Attrs["context"] = t.Context
		return err
	}
	def, err := state.Marshal(context.Background())
	if err != nil {
		return err
	}
	i.Definitions["context"] = def.ToPB()
	if source.IsGit(t.Context) {
		i.Attrs["input:context"] = t.Context
	}
	if i.Dockerfile.Dir == nil && i.Dockerfile.Url == "" {
		i.Definitions["dockerfile"] = i.Definitions["context"]
	}
	return nil
}

// fetchNamed is fetchContext for a named context, whose attribute is attr.
func (i *Inputs) fetchNamed(attr, value string, from *bake.Remote, at *host.Caller) error {
	state, err := i.inputOf(value, "+forward", from, false, at)
	if err == nil && state == nil && source.IsGitSSH(value) {
		state, err = source.TreeState(value, i.advice) // no frontend fetches a named context over SSH
	}
	if err != nil || state == nil {
		i.Attrs[attr] = value
		return err
	}
	def, err := state.Marshal(context.Background())
	if err != nil {
		return err
	}
	name := "git_state_" + attr
	i.Definitions[name] = def.ToPB()
	i.Attrs[attr] = "input:" + name
	if source.IsGit(value) {
		i.Attrs["input:"+attr] = value
	}
	return nil
}

// inputOf returns what is behind a URL if a frontend cannot fetch that by
// itself, else nil: a directory of an archive; a directory of the repository
// that the definition comes from, as old engines fetch whole repositories only;
// a directory with the time of its commit; and on request what a git URL with a
// query means, which else asks for a capability. dated is whether the frontend
// wants the time of the commit for all files.
func (i *Inputs) inputOf(url, suffix string, from *bake.Remote, dated bool, at *host.Caller) (*llb.State, error) {
	if _, sub := source.SplitArchive(url); sub != "" {
		return source.TreeState(url, i.advice)
	}
	git, isGit, err := dfgitutil.ParseGitRef(url)
	switch {
	case !isGit:
		return nil, nil // the frontend decides what it is
	case err != nil:
		return nil, err
	}
	if whole, sub := source.SplitGit(url); sub != "" && (dated || git.MTime == "commit" || source.SameRepository(from, whole)) {
		return source.GitDirectory(url, dated, i.advice || source.SameRepository(from, whole) && AdviceOnDefinition(at))
	}
	ref, err := gitutil.ParseURL(url)
	if err != nil || len(ref.Query) == 0 {
		return nil, nil
	}
	if on, _ := at.Flag(queryAsInput); !on {
		i.Need(gitQueryCap + suffix)
		return nil, nil
	}
	return source.TreeState(url, i.advice)
}

// AdviceOnDefinition is whether git may give advice, as on detached heads, when
// a definition and what is in its repository are fetched.
func AdviceOnDefinition(at *host.Caller) bool {
	on, _ := at.Flag("BUILDX_BAKE_GIT_ADVICE")
	return on
}

// AdviceOnContexts is the same for the contexts of t. Frontends know the
// argument for what they fetch themselves.
func AdviceOnContexts(t *bake.Target) bool {
	on, _ := strconv.ParseBool(t.Args["BUILDKIT_GIT_ADVICE"])
	return on
}

// epochOf is the time that files of t shall have at most, empty for any.
func epochOf(t *bake.Target, at *host.Caller) string {
	if frontend.HasArg(t.Args, "SOURCE_DATE_EPOCH") {
		return t.Args["SOURCE_DATE_EPOCH"]
	}
	return at.Env["SOURCE_DATE_EPOCH"]
}

// checkOwnDockerfile refuses to look for the Dockerfile of a definition from
// elsewhere in a directory of this machine that it only uses as context.
func checkOwnDockerfile(t *bake.Target, from *bake.Remote, contextDir string) error {
	inline := t.DockerfileInline != nil && *t.DockerfileInline != ""
	if from == nil || from.Tree == "" || contextDir == "" || inline || source.IsURL(t.Dockerfile) ||
		strings.HasPrefix(t.Dockerfile, "cwd://") || filepath.IsAbs(t.Dockerfile) {
		return nil
	}
	return failure.In("dockerfile", "", fmt.Errorf("reading a dockerfile for a remote build invocation is currently not supported from a local context: "+
		"the definition comes from %s, so it is not clear which %s is meant: write cwd://%s for one of this machine, or the text as dockerfile-inline",
		bake.Redact(from.Tree), t.Dockerfile, filepath.ToSlash(filepath.Join(t.Context, t.Dockerfile))))
}
