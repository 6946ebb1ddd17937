//go:build unix

package output

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"bake/tests/workspace"
)

// gone is the id of a process that has ended.
func gone(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// What a killed run left beside an output goes when the output is written again.
// What others write, and files of other names, stay.
func TestLeftovers(t *testing.T) {
	dir, dead := t.TempDir(), gone(t)
	left := fmt.Sprintf(".image.tar.%d-0.tmp", dead)
	again := fmt.Sprintf(".image.tar.%d-17.tmp", dead)
	held := fmt.Sprintf(".image.tar.%d-1.tmp", dead) // of a process that is seen from its container only
	running := fmt.Sprintf(".image.tar.%d-0.tmp", os.Getppid())
	other := fmt.Sprintf(".other.%d-0.tmp", dead)
	alike := ".image.tar.x-0.tmp"
	link := fmt.Sprintf(".image.tar.%d-2.tmp", dead)
	for _, name := range []string{left, again, held, running, other, alike} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(other, filepath.Join(dir, link)); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, held), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hold(f)
	o := &File{path: filepath.Join(dir, "image.tar")}
	w, err := o.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := o.Commit(); err != nil {
		t.Fatal(err)
	}
	stay := []string{"image.tar", held, running, other, alike, link}
	slices.Sort(stay)
	workspace.AssertOnly(t, dir, stay...)
}

// A file that is being written is no leftover to another run.
func TestWrittenFileIsHeld(t *testing.T) {
	dir, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	f, err := createBeside(dir, "image.tar")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if abandoned(f.Name(), gone(t)) {
		t.Error("a file that is open for writing counts as left")
	}
	f.Close()
	if !abandoned(f.Name(), gone(t)) {
		t.Error("a file that nobody writes counts as held")
	}
}
