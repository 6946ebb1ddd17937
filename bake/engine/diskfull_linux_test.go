package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"golang.org/x/sys/unix"
)

// TestDiskFull fills the engine's disk, by a RUN step and by a build context,
// and wants an error that says so and an engine that goes on.
func TestDiskFull(t *testing.T) {
	cfg := tempConfig(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	base := busyboxDir(t)
	if err := os.Mkdir(cfg.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", cfg.Dir, "tmpfs", 0, "size=48m,mode=0700"); err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	t.Cleanup(func() {
		if err := Stop(context.Background(), cfg); err != nil {
			t.Error(err)
		}
		if err := unix.Unmount(cfg.Dir, 0); err != nil {
			t.Error(err)
		}
	})
	small := func(name string) {
		t.Helper()
		out, err := solve(ctx, t, cfg, base, shell("echo "+name+" > /out/file"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := read(t, filepath.Join(out, "file")); got != name {
			t.Errorf("%s: got %q", name, got)
		}
	}
	small("before")
	pid := status(t, cfg).PID

	_, err := solve(ctx, t, cfg, base, shell("dd if=/dev/zero of=/out/big bs=1M count=100"))
	refused(t, err, "exit code")
	small("after a full RUN")

	huge := t.TempDir()
	f, err := os.Create(filepath.Join(huge, "huge"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(100 << 20); err != nil {
		t.Fatal(err)
	}
	f.Close()
	_, err = solve(ctx, t, cfg, huge, llb.Scratch().File(llb.Copy(llb.Local("base"), "/", "/")))
	refused(t, err, "no space left on device")

	c, err := Client(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Prune(ctx, nil, client.PruneAll); err != nil {
		t.Fatalf("prune: %v", err)
	}
	small("after a full context")
	if now := status(t, cfg).PID; now != pid {
		t.Errorf("the engine was replaced: process %d, then %d", pid, now)
	}
}
