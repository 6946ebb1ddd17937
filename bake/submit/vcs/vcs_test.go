package vcs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake/submit/host"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
)

func TestRepository(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	w := workspace.New(t, map[string]string{"sub/Dockerfile": "FROM scratch\n"})
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e"}, args...)...)
		cmd.Dir = w.Path
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	repo, err := readRepository(t.Context(), w.Path, false)
	if err != nil || repo.commit != "" || repo.remote != "" {
		t.Errorf("before the first commit: %+v, %v", repo, err)
	}
	git("add", ".")
	git("commit", "-q", "-m", "x")
	git("remote", "add", "origin", "https://me:secret@example.com/a/b.git")
	git("remote", "add", "fork", "short:fork")
	git("config", "url.https://example.org/.insteadOf", "short:")
	repo, err = readRepository(t.Context(), w.Path, true)
	if err != nil || len(repo.commit) != 40 || strings.Contains(repo.remote, "secret") || !strings.HasSuffix(repo.remote, "example.com/a/b.git") {
		t.Errorf("origin: %+v, %v", repo, err)
	}
	git("config", "branch.main.remote", "fork")
	w.Write("sub/new", "x")
	repo, err = readRepository(t.Context(), w.Path, true)
	if err != nil || !strings.HasSuffix(repo.commit, "-dirty") || repo.remote != "https://example.org/fork" {
		t.Errorf("fork: %+v, %v", repo, err)
	}
	got := repo.LabelAttrs(filepath.Join(repo.root, "sub/Dockerfile"))
	if got["label:com.docker.image.source.entrypoint"] != "sub/Dockerfile" || got["label:org.opencontainers.image.revision"] != repo.commit {
		t.Errorf("labels are %v", got)
	}
	info := repo.InfoAttrs(map[string]string{"context": filepath.Join(w.Path, "sub"), "other": os.TempDir()})
	want := map[string]string{"vcs:revision": repo.commit, "vcs:source": "https://example.org/fork", "vcs:localdir:context": "sub"}
	if !cmp.Equal(info, want) {
		t.Error(cmp.Diff(want, info))
	}
	repos := NewRepositories(&host.Caller{})
	if a, b := repos.Find(t.Context(), filepath.Join(w.Path, "sub")), repos.Find(t.Context(), w.Path); a == nil || a != b {
		t.Error("git was asked twice about one repository")
	}
	if repos.Find(t.Context(), os.TempDir()) != nil {
		t.Error("found a repository where there is none")
	}
}
