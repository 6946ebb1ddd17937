package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFileAtomic(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "meta.json")
	link := filepath.Join(dir, "link.json")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("meta.json", link); err != nil {
		t.Fatal(err)
	}
	if err := writeFileAtomic(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "new" {
		t.Errorf("got %q, %v", got, err)
	}
	st, err := os.Lstat(name)
	if err != nil || st.Mode() != 0o644 {
		t.Errorf("mode %v, %v, want -rw-r--r--", st.Mode(), err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", st, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := writeFileAtomic("/dev/null", []byte("x")); err != nil {
		t.Error(err)
	}
	if err := writeFileAtomic(filepath.Join(dir, "no", "meta.json"), nil); err == nil {
		t.Error("no error for a directory that is not there")
	}
}
