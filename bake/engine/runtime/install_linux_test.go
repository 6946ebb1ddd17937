//go:build cgo

package runtime

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestInstallMakesARuntime(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second finds the first
		path, err := Install(dir)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path, "--version").Output()
		if err != nil || !strings.HasPrefix(string(out), "runc version ") {
			t.Errorf("%s says %q, %v", path, out, err)
		}
	}
}

func TestUnpackKeepsTheRightProgramOnly(t *testing.T) {
	dir := t.TempDir()
	script := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte("#!/bin/sh\necho " + text + "\n"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	install := func(text string) string {
		t.Helper()
		path, err := unpack(dir, script(text))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(path).Output(); err != nil || string(out) != text+"\n" {
			t.Errorf("%s says %q, %v", path, out, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
			t.Errorf("files %v, %v", files, err)
		}
		return path
	}
	first := install("one")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(first, past, past); err != nil {
		t.Fatal(err)
	}
	install("one")
	if info, err := os.Stat(first); err != nil || info.ModTime().After(past.Add(time.Minute)) {
		t.Errorf("what is right was written again: %v", err)
	}
	if install("two") == first {
		t.Error("two programs have one name")
	}
	if err := os.WriteFile(install("one"), nil, 0o755); err != nil { // as after a loss of power
		t.Fatal(err)
	}
	install("one")
	if _, err := unpack(dir, []byte("no gzip at all")); err == nil {
		t.Error("nonsense was unpacked")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".runtime*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
