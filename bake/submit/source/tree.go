package source

import (
	"errors"
	"fmt"
	neturl "net/url"
	"path"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerui"
)

// TreeState is the directory at the URL of a git repository or an archive.
// advice is whether git may give some.
func TreeState(tree string, advice bool) (*llb.State, error) {
	if IsGit(tree) {
		return GitDirectory(tree, false, advice)
	}
	url, sub := SplitArchive(tree)
	file, name, ok := dockerui.DetectHTTPContext(url)
	if !ok {
		return nil, fmt.Errorf("%s is not the URL of a git repository or an archive", bake.Redact(tree))
	}
	state := llb.Scratch().File(llb.Copy(*file, "/"+name, "/", &llb.CopyInfo{AttemptUnpack: true}), dockerui.WithInternalName("unpack "+bake.Redact(url)))
	if sub == "" || sub == "." {
		return &state, nil
	}
	return directory(state, sub, tree), nil
}

// OpenStep begins the name of the step that takes a directory out of a tree.
const OpenStep = "[internal] open "

// directory is a directory of a tree, the whole of which is at a URL.
func directory(tree llb.State, name, url string) *llb.State {
	state := llb.Scratch().File(llb.Copy(tree, "/"+name, "/", &llb.CopyInfo{CopyDirContentsOnly: true}),
		llb.WithCustomName(OpenStep+bake.Redact(url)))
	return &state
}

// MissingDirectory words that the directory which a step opens is not there.
func MissingDirectory(step string, err error) error {
	if err == nil || !strings.HasPrefix(step, OpenStep) || !failure.FileMissing(err) {
		return err
	}
	return errors.New("there is no such directory")
}

// SplitArchive splits the URL of a directory in an archive, URL#:SUB. The SUB
// of its root is a dot, that of another URL empty.
func SplitArchive(s string) (url, sub string) {
	url, fragment, _ := strings.Cut(s, "#")
	if _, sub, ok := strings.Cut(fragment, ":"); ok && IsURL(s) && !IsGit(s) {
		return url, path.Join(".", path.Join("/", sub)[1:])
	}
	return s, ""
}

// SplitGit splits the URL of a directory of a git repository. sub is empty if it
// is the whole, or keeps the repository itself, which BuildKit cannot do apart.
func SplitGit(url string) (whole, sub string) {
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

// GitDirectory is a directory of a git repository, taken out of the whole:
// BuildKit before 0.34 fails to find the time of the commit when asked for the
// directory alone, and old engines do not know directories.
func GitDirectory(url string, dated, advice bool) (*llb.State, error) {
	whole, sub := SplitGit(url)
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

// SameRepository reports whether a definition comes from the same repository, and the
// same version of it, as the whole that a URL names.
func SameRepository(from *bake.Remote, whole string) bool {
	if from == nil || from.Tree == "" {
		return false
	}
	own, _ := SplitGit(from.Tree)
	return own == whole
}
