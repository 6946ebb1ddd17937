package parity

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/txtar"
)

// updateArchive completes an archive: it gives hcl/ files without json/ files
// their JSON twins, and writes what bake says to a listed difference that
// lacks it. Both are to be read before they are kept.
func updateArchive(path string) error {
	if err := addTwin(path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	a, err := readArchive(path)
	if err != nil || !a.lacksWant() {
		return err
	}
	dir, err := os.MkdirTemp("", "parity")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tw := a.twins()[0]
	if err := tw.write(dir); err != nil {
		return err
	}
	mine := askOurs(tw.prepare(a.runs[0], dir))
	want := txtar.File{Name: "want", Data: []byte(mine.JSON)}
	if mine.failed() {
		want = txtar.File{Name: "want-error", Data: []byte(summary(mine.Err) + "\n")}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parsed := txtar.Parse(data)
	parsed.Files = append(parsed.Files, want)
	return os.WriteFile(path, txtar.Format(parsed), 0o644)
}

// summary is the fixed part of a diagnostic's text: "file:range: summary;
// detail".
func summary(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	head, _, ok := strings.Cut(text, "; ")
	if _, after, found := strings.Cut(head, ": "); ok && found {
		return after
	}
	return text
}
