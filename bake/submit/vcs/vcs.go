package vcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"bake/bake/submit/host"

	"github.com/moby/buildkit/util/urlutil"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// entrypointLabel names the Dockerfile within its repository.
const entrypointLabel = "com.docker.image.source.entrypoint"

// repository is the git repository that a context is in.
type repository struct {
	root   string // its work tree
	commit string // empty before the first commit
	remote string // URL without credentials, empty if there is none
}

// Repositories remembers what git said, so that it is asked once for each
// repository and not for each target.
type Repositories struct {
	byRoot map[string]*repository
	byDir  map[string]*repository // that holds it, nil if there is none
	Labels bool                   // BUILDX_GIT_LABELS
	Info   bool                   // BUILDX_GIT_INFO
	dirty  bool                   // BUILDX_GIT_CHECK_DIRTY
	Failed error
}

// NewRepositories reads from the environment what is to be known of repositories.
func NewRepositories(at *host.Caller) *Repositories {
	labels, _ := at.Flag("BUILDX_GIT_LABELS")
	info, set := at.Flag("BUILDX_GIT_INFO")
	dirty, _ := at.Flag("BUILDX_GIT_CHECK_DIRTY")
	return &Repositories{
		byRoot: map[string]*repository{}, byDir: map[string]*repository{}, dirty: dirty, Info: info || !set,
		Labels: labels || at.Env["BUILDX_GIT_LABELS"] == "full",
	}
}

func (r *repository) LabelAttrs(dockerfile string) map[string]string {
	attrs := map[string]string{}
	if r.commit != "" {
		attrs["label:"+ocispecs.AnnotationRevision] = r.commit
	}
	if r.remote != "" {
		attrs["label:"+ocispecs.AnnotationSource] = r.remote
	}
	if rel, ok := Within(r.root, dockerfile); ok {
		attrs["label:"+entrypointLabel] = rel
	}
	return attrs
}

func (r *repository) InfoAttrs(dirs map[string]string) map[string]string {
	attrs := map[string]string{}
	if r.commit != "" {
		attrs["vcs:revision"] = r.commit
	}
	if r.remote != "" {
		attrs["vcs:source"] = r.remote
	}
	for name, dir := range dirs {
		if rel, ok := Within(r.root, host.Place("", dir)); ok {
			attrs["vcs:localdir:"+name] = rel
		}
	}
	return attrs
}

// Within returns the path of p inside root.
func Within(root, p string) (string, bool) {
	rel, err := filepath.Rel(root, p)
	return rel, err == nil && !strings.HasPrefix(rel, "..")
}

// Find returns the repository that holds dir, nil if there is none.
func (r *Repositories) Find(ctx context.Context, dir string) *repository {
	repo, ok := r.byDir[dir]
	if !ok {
		repo = r.search(ctx, dir)
		r.byDir[dir] = repo
	}
	return repo
}

// search finds the repository that holds dir. It looks for one before it starts
// git.
func (r *Repositories) search(ctx context.Context, dir string) *repository {
	root := host.Place("", dir)
	for {
		if _, err := os.Lstat(filepath.Join(root, ".git")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			return nil
		}
		root = parent
	}
	if repo, ok := r.byRoot[root]; ok {
		return repo
	}
	repo, err := readRepository(ctx, root, r.dirty)
	if err != nil && r.Failed == nil {
		r.Failed = fmt.Errorf("the commit was not recorded: %w", err)
	}
	r.byRoot[root] = repo
	return repo
}

// readRepository asks git for the commit and the remote of a work tree.
func readRepository(ctx context.Context, dir string, dirty bool) (*repository, error) {
	out, err := git(ctx, dir, "rev-parse", "--show-toplevel", "HEAD", "--symbolic-full-name", "HEAD")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if lines[0] == "" {
		return nil, err
	}
	repo := &repository{root: lines[0]}
	branch := ""
	if err == nil && len(lines) == 3 { // it fails before the first commit
		repo.commit = lines[1]
		branch = strings.TrimPrefix(lines[2], "refs/heads/")
		if dirty {
			if out, err := git(ctx, dir, "status", "--porcelain", "--ignored"); err != nil || strings.TrimSpace(out) != "" {
				repo.commit += "-dirty"
			}
		}
	}
	config, err := git(ctx, dir, "config", "--null", "--get-regexp", `^(remote\..*\.url|branch\..*\.remote|url\..*\.insteadof)$`)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return repo, nil // none of them is set
	}
	repo.remote = remoteURL(config, branch)
	return repo, err
}

// remoteURL finds the URL of the remote that a branch follows, else of origin
// or upstream, in the settings of a repository.
func remoteURL(config, branch string) string {
	urls, follows := map[string]string{}, map[string]string{}
	instead := map[string]string{}
	for item := range strings.SplitSeq(config, "\x00") {
		key, value, _ := strings.Cut(item, "\n")
		first, last := strings.Index(key, "."), strings.LastIndex(key, ".")
		if first < 0 || first == last {
			continue
		}
		name := key[first+1 : last]
		switch key[:first] {
		case "remote":
			if urls[name] == "" {
				urls[name] = value
			}
		case "branch":
			follows[name] = value
		case "url":
			instead[value] = name
		}
	}
	for _, name := range []string{follows[branch], "origin", "upstream"} {
		if url := urls[name]; url != "" {
			return urlutil.RedactCredentials(rewrite(url, instead))
		}
	}
	return ""
}

// rewrite applies the url.<base>.insteadOf settings: the longest prefix wins.
func rewrite(url string, instead map[string]string) string {
	best := ""
	for prefix := range instead {
		if strings.HasPrefix(url, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" {
		return url
	}
	return instead[best] + strings.TrimPrefix(url, best)
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 {
		err = fmt.Errorf("git %s: %s: %w", args[0], strings.TrimSpace(stderr.String()), err)
	}
	return string(out), err
}
