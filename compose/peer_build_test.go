package compose_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// peerCompose is the release of Compose that is asked.
const (
	peerCompose       = "v5.7.1"
	peerComposeModule = "github.com/docker/compose/v5"
)

// composeProgram is the path of the program docker-compose: BAKE_COMPOSE_PROGRAM,
// or, with BAKE_TEST_COMPOSE=1, one that is compiled once into the user's cache
// directory, from its own module with its own requirements.
func composeProgram(t *testing.T) string {
	if path := os.Getenv("BAKE_COMPOSE_PROGRAM"); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(cache, "bake-tests", "compose-"+peerCompose, "docker-compose")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	if os.Getenv("BAKE_TEST_COMPOSE") != "1" {
		t.Skip("no docker-compose: set BAKE_TEST_COMPOSE=1 to compile it, which takes minutes, or BAKE_COMPOSE_PROGRAM")
	}
	dir := composeSource(t)
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	// Not "go install": the module excludes versions, which only a main module may.
	if _, err := command(dir, "go", "build", "-mod=mod", "-trimpath", "-o", program+".new", "./cmd"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(program+".new", program); err != nil {
		t.Fatal(err)
	}
	return program
}

// noDesktop stands for the file that asks Docker Desktop for logins, which
// wants a module that is not served. Printing a build needs no login.
const noDesktop = `package registry

func NewDesktopAuthProvider(fallback AuthProvider) AuthProvider { return fallback }
`

// composeSource is a copy of the module of Compose that can be compiled here: it
// asks for a Go that differs from this one in its last number, and for what
// noDesktop leaves out.
func composeSource(t *testing.T) string {
	out, err := command(os.TempDir(), "go", "mod", "download", "-json", peerComposeModule+"@"+peerCompose)
	var module struct{ Zip string }
	if json.Unmarshal(out, &module) != nil || module.Zip == "" { // there also when this Go is too old for it
		t.Fatal(err)
	}
	packed, err := zip.OpenReader(module.Zip)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	files, err := fs.Sub(packed, peerComposeModule+"@"+peerCompose)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "compose")
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "internal/registry/desktop.go"), []byte(noDesktop), 0o644); err != nil {
		t.Fatal(err)
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), " ")
	edit := []string{"mod", "edit", "-go=" + version}
	for _, name := range []string{"client", "x"} {
		edit = append(edit, "-droprequire=github.com/docker/secrets-engine/"+name)
	}
	if _, err := command(dir, "go", edit...); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command returns the standard output of a program; what it says else is in
// the error.
func command(dir, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", name, err, stderr.Bytes())
	}
	return out, err
}
