//go:build unix

package app

import (
	"os"
	"testing"

	"bake/bake"
)

func TestReaderGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a := &App{Env: bake.Env{}}
	a.Out = w
	if a.unread() {
		t.Error("a pipe with a reader counts as unread")
	}
	r.Close()
	if !a.unread() {
		t.Error("a pipe without a reader does not count as unread")
	}
}
