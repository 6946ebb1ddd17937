package parity

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// leastArchives is how many archives there must be.
const leastArchives = 400

// updating is whether archives are completed: twins that are missing, and
// what bake prints where the peer differs.
var updating = os.Getenv("BAKE_UPDATE") != ""

// TestArchives runs every archive of testdata on both sides.
func TestArchives(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < leastArchives {
		t.Errorf("%d archives, want at least %d", len(paths), leastArchives)
	}
	ids := readDifferences(t)
	var runs, equal, bothFail, listed atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, path := range paths {
			if updating {
				if err := updateArchive(path); err != nil {
					t.Fatal(err)
				}
			}
			a, err := readArchive(path)
			if err != nil {
				t.Fatal(err)
			}
			if a.differs != "" && !ids[a.differs] {
				t.Errorf("%s: no row %q in differences.md", a.name, a.differs)
			}
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				first := make([]answer, len(a.runs)) // of the first twin
				for n, tw := range a.twins() {
					dir := t.TempDir()
					if err := tw.write(dir); err != nil {
						t.Fatal(err)
					}
					for i, ar := range a.runs {
						runs.Add(1)
						r := tw.prepare(ar, dir)
						if a.differs != "" {
							checkDiffers(t, a, tw, r)
							listed.Add(1)
							continue
						}
						theirs := checkRun(t, a, tw, ar, r)
						if theirs.failed() {
							bothFail.Add(1)
						} else {
							equal.Add(1)
						}
						if n == 0 {
							first[i] = theirs
						} else if !a.unordered && !sameAnswer(first[i], theirs) {
							t.Errorf("%s: the twins are not the same definition\n%s", r, diff(first[i], theirs))
						}
					}
				}
			})
		}
	})
	t.Logf("parity: %d archives, %d runs: %d equal, %d both fail, %d listed differences",
		len(paths), runs.Load(), equal.Load(), bothFail.Load(), listed.Load())
}

// checkRun compares both sides on one run and returns the peer's answer.
func checkRun(t *testing.T, a *archive, tw twin, ar archiveRun, r run) answer {
	t.Helper()
	theirs := peer.ask(r)
	mine := askOurs(r)
	switch {
	case theirs.Crash:
		t.Errorf("%s: %s: the peer crashes, list it as a difference: %s", tw.name, r, clip(theirs.Err))
	case ar.fails && !theirs.failed():
		t.Errorf("%s: %s: the archive says it fails, but the peer prints\n%s", tw.name, r, theirs.JSON)
	case !ar.fails && theirs.failed():
		t.Errorf("%s: %s: the archive says it works, but the peer fails: %s", tw.name, r, theirs.Err)
	case sameAnswer(theirs, mine):
	case a.unordered && sameButOrder(theirs, mine, peer.matrix(r)):
	default:
		t.Errorf("%s: %s: - buildx, + bake\n%s", tw.name, r, diff(theirs, mine))
	}
	return theirs
}

// checkDiffers checks that bake gives the listed answer and that the peer
// still gives another, if only sometimes.
func checkDiffers(t *testing.T, a *archive, tw twin, r run) {
	t.Helper()
	mine := askOurs(r)
	switch {
	case mine.Crash:
		t.Errorf("%s: %s: %s", tw.name, r, mine.Err)
	case a.wantError != "" && !mine.failed():
		t.Errorf("%s: %s: want an error with %q, got\n%s", tw.name, r, a.wantError, mine.JSON)
	case a.wantError != "" && !strings.Contains(mine.Err, a.wantError):
		t.Errorf("%s: %s: want an error with %q, got %s", tw.name, r, a.wantError, mine.Err)
	case a.want != "" && !sameAnswer(answer{JSON: a.want}, mine):
		t.Errorf("%s: %s: - want, + bake\n%s", tw.name, r, diff(answer{JSON: a.want}, mine))
	}
	const patience = 200
	for range patience {
		theirs := peer.ask(r)
		if theirs.Strict != "" && !theirs.failed() {
			theirs = answer{Err: theirs.Strict}
		}
		if theirs.Crash || !sameAnswer(theirs, expected(a)) {
			return
		}
		if !a.random {
			break
		}
	}
	t.Errorf("%s: %s: the peer says the same, so it is no difference", tw.name, r)
}

// expected is the answer that a listed difference expects from bake.
func expected(a *archive) answer {
	if a.wantError != "" {
		return answer{Err: a.wantError}
	}
	return answer{JSON: a.want}
}
