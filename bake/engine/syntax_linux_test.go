package engine

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bake/bake/engine/server"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sys/unix"
)

// dockerfileBuild builds text with the Dockerfile frontend and returns what was
// warned about.
func dockerfileBuild(ctx context.Context, t *testing.T, cfg Config, text string, attrs map[string]string) ([]string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"Dockerfile": text, "file": "content\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fs, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Client(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var warnings []string
	events := make(chan *client.SolveStatus)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for e := range events {
			for _, w := range e.Warnings {
				line := 0
				if len(w.Range) > 0 {
					line = int(w.Range[0].Start.Line)
				}
				warnings = append(warnings, fmt.Sprintf("line %d: %s", line, w.Short))
			}
		}
	}()
	_, err = c.Solve(ctx, nil, client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		LocalMounts:   map[string]fsutil.FS{"context": fs, "dockerfile": fs},
	}, events)
	<-read
	return warnings, err
}

const officialSyntax = "# escape=\\\n# syntax=docker/dockerfile:1\nFROM scratch\nCOPY file /\n"

func TestSyntaxLineWithoutNetwork(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // nobody listens there
	cfg := tempConfig(t)
	ctx := testContext(t)
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	warnings, err := dockerfileBuild(ctx, t, cfg, officialSyntax, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %q", time.Since(begin), warnings)
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "line 2: docker/dockerfile:1 cannot be had") {
		t.Errorf("warnings: %q", warnings)
	}
	if warnings, err := dockerfileBuild(ctx, t, cfg, officialSyntax, map[string]string{server.FrontendAttr: server.FrontendBuiltin}); err != nil || len(warnings) > 0 {
		t.Errorf("the built-in frontend was asked for: %v, %q", err, warnings)
	}
	_, err = dockerfileBuild(ctx, t, cfg, officialSyntax, map[string]string{server.FrontendAttr: server.FrontendImage})
	refused(t, err, "docker/dockerfile:1")
	_, err = dockerfileBuild(ctx, t, cfg, officialSyntax, map[string]string{server.FrontendAttr: "any"})
	refused(t, err, "unknown frontend mode")

	pinned := strings.Replace(officialSyntax, "dockerfile:1", "dockerfile:1@sha256:"+strings.Repeat("ab", 32), 1)
	_, err = dockerfileBuild(ctx, t, cfg, pinned, nil)
	refused(t, err, "pinned by digest", "--frontend builtin")
	if _, err := dockerfileBuild(ctx, t, cfg, pinned, map[string]string{server.FrontendAttr: server.FrontendBuiltin}); err != nil {
		t.Errorf("pinned, but the built-in frontend was asked for: %v", err)
	}
	_, err = dockerfileBuild(ctx, t, cfg, strings.Replace(officialSyntax, "docker/dockerfile:1", "example.com/other", 1), nil)
	refused(t, err, "example.com/other")
	if warnings, err := dockerfileBuild(ctx, t, cfg, "FROM scratch\nCOPY file /\n", map[string]string{"build-arg:BUILDKIT_SYNTAX": "docker/dockerfile:1"}); err != nil || len(warnings) != 1 {
		t.Errorf("asked for by build argument: %v, %q", err, warnings)
	}
}

// TestSyntaxLineInABlackHole has a network that answers nothing at all.
func TestSyntaxLineInABlackHole(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://"+blackHole(t))
	cfg := tempConfig(t)
	ctx := testContext(t)
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	warnings, err := dockerfileBuild(ctx, t, cfg, officialSyntax, nil)
	first := time.Since(begin)
	if err != nil || len(warnings) != 1 {
		t.Fatalf("%v, %q", err, warnings)
	}
	// One that waited again would take a second and a half each time; a busy
	// machine is slow now and then.
	second := first
	for try := 0; try < 5 && second > time.Second; try++ {
		begin = time.Now()
		warnings, err = dockerfileBuild(ctx, t, cfg, officialSyntax, nil)
		if err != nil || len(warnings) != 1 {
			t.Fatalf("again: %v, %q", err, warnings)
		}
		second = min(second, time.Since(begin))
	}
	t.Logf("first %s, second %s", first, second)
	if first > 10*time.Second || second > time.Second {
		t.Errorf("waited %s, then %s", first, second)
	}
}

// blackHole is a loopback address that does not answer connections.
func blackHole(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	addr := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.Bind(fd, addr); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr.Port = bound.(*unix.SockaddrInet4).Port
	for range 3 { // fill its queue
		c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(c) })
		_ = unix.Connect(c, addr)
	}
	return fmt.Sprintf("127.0.0.1:%d", addr.Port)
}

// TestSyntaxLineWithMirror has a registry with a frontend image that cannot
// work, so that one sees whether it is used.
func TestSyntaxLineWithMirror(t *testing.T) {
	reg := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer reg.Close()
	host := strings.TrimPrefix(reg.URL, "http://")
	img, err := mutate.Config(empty.Image, v1.Config{Entrypoint: []string{"/no-such-frontend"}})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(host + "/docker/dockerfile:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	cfg := tempConfig(t)
	cfg.File = filepath.Join(t.TempDir(), "buildkitd.toml")
	if err := os.WriteFile(cfg.File, []byte("[registry.\"docker.io\"]\n  mirrors = [\""+host+"\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	for _, mode := range []string{"", server.FrontendAuto, server.FrontendImage} {
		attrs := map[string]string{}
		if mode != "" {
			attrs[server.FrontendAttr] = mode
		}
		_, err = dockerfileBuild(ctx, t, cfg, officialSyntax, attrs)
		refused(t, err, "exit code: 1")
	}
	if warnings, err := dockerfileBuild(ctx, t, cfg, officialSyntax, map[string]string{server.FrontendAttr: server.FrontendBuiltin}); err != nil || len(warnings) > 0 {
		t.Errorf("%v, %q", err, warnings)
	}
}
