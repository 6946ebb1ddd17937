//go:build cgo

package runtime

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/containerd/go-runc"
)

// client drives the runtime with the library that BuildKit uses.
func (b *bundle) client() *runc.Runc {
	return &runc.Runc{
		Command: b.runtime, Root: b.root, Log: b.log, LogFormat: runc.JSON,
		Setpgid: true, PdeathSignal: syscall.SIGKILL,
	}
}

// pipes connects a process as BuildKit does.
type pipes struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

func (p *pipes) Stdin() io.WriteCloser { return nil }
func (p *pipes) Stdout() io.ReadCloser { return nil }
func (p *pipes) Stderr() io.ReadCloser { return nil }
func (p *pipes) Close() error          { return nil }
func (p *pipes) Set(cmd *exec.Cmd)     { cmd.Stdin, cmd.Stdout, cmd.Stderr = p.stdin, p.stdout, p.stderr }

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestClientRunsAsBuildKitDoes(t *testing.T) {
	b := newBundle(t, "echo", "built")
	b.write()
	ctx, c := bounded(t), b.client()
	var stdout, stderr bytes.Buffer
	started := make(chan int, 1)
	status, err := c.Run(ctx, b.id, b.dir, &runc.CreateOpts{
		Started: started, IO: &pipes{stdout: &stdout, stderr: &stderr}, ExtraArgs: []string{"--keep"},
	})
	if status != 0 || err != nil || stdout.String() != "built\n" || stderr.String() != "to stderr\n" || <-started < 2 {
		t.Fatalf("%d %v %q %q", status, err, &stdout, &stderr)
	}
	if err := c.Delete(ctx, b.id, &runc.DeleteOpts{}); err != nil {
		t.Error(err)
	}
	if err := c.Delete(ctx, b.id, &runc.DeleteOpts{}); err == nil {
		t.Error("deleting what is gone is no error")
	}
}

func TestClientKillsARunningContainer(t *testing.T) {
	b := newBundle(t, "sleep")
	b.write()
	ctx, c := bounded(t), b.client()
	r, w := io.Pipe()
	type outcome struct {
		status int
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		status, err := c.Run(ctx, b.id, b.dir, &runc.CreateOpts{IO: &pipes{stdout: w}, ExtraArgs: []string{"--keep"}})
		w.Close()
		ended <- outcome{status, err}
	}()
	if line, err := bufio.NewReader(r).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	if s, err := c.State(ctx, b.id); err != nil || s.Status != "running" || s.Bundle != b.dir || s.Rootfs != filepath.Join(b.dir, "rootfs") {
		t.Fatalf("%+v %v", s, err)
	}
	if pids, err := c.Ps(ctx, b.id); err != nil || len(pids) != 1 {
		t.Errorf("processes %v, %v", pids, err)
	}
	if list, err := c.List(ctx); err != nil || len(list) != 1 || list[0].ID != b.id {
		t.Errorf("list %v, %v", list, err)
	}
	if err := c.Delete(ctx, b.id, nil); err == nil {
		t.Error("a running container was deleted")
	}
	if err := c.Kill(ctx, b.id, int(syscall.SIGKILL), nil); err != nil {
		t.Fatal(err)
	}
	var exit *runc.ExitError
	if o := <-ended; o.status != 137 || !errors.As(o.err, &exit) || exit.Status != 137 {
		t.Errorf("ended with %+v", o)
	}
	if err := c.Kill(ctx, b.id, int(syscall.SIGKILL), nil); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("killing it again: %v", err)
	}
	if err := c.Delete(ctx, b.id, nil); err != nil {
		t.Error(err)
	}
}

func TestClientExecutesInARunningContainer(t *testing.T) {
	b := newBundle(t, "sleep")
	b.write()
	ctx, c := bounded(t), b.client()
	if _, err := c.Run(ctx, b.id, b.dir, &runc.CreateOpts{Detach: true, IO: devNull(t)}); err != nil {
		t.Fatal(err)
	}
	p := *b.spec.Process
	p.Args = []string{"/payload", "id"}
	p.User.UID, p.Cwd = 1234, "/proc"
	var stdout bytes.Buffer
	pidFile := filepath.Join(b.dir, "exec.pid")
	if err := c.Exec(ctx, b.id, p, &runc.ExecOpts{IO: &pipes{stdout: &stdout}, PidFile: pidFile}); err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(stdout.String())
	if len(fields) != 5 || !slices.Equal(fields[1:], []string{"1234", "0", "/proc", "hello"}) {
		t.Errorf("it says %q", &stdout)
	}
	if _, err := os.Stat(pidFile); err != nil {
		t.Error(err)
	}
	p.Args = []string{"/payload", "exit", "9"}
	var exit *runc.ExitError
	if err := c.Exec(ctx, b.id, p, nil); !errors.As(err, &exit) || exit.Status != 9 {
		t.Errorf("exit 9 is %v", err)
	}
	p.Args = []string{"/nothing"}
	if err := c.Exec(ctx, b.id, p, nil); !errors.As(err, &exit) || exit.Status != 255 {
		t.Errorf("a missing program is %v, want status 255", err)
	}
	if r := b.do("exec", "--env", "GREETING=bye", "--user", "5:6", "--cwd", "/dev", b.id, "/payload", "id"); !strings.HasSuffix(r.stdout, " 5 6 /dev bye\n") {
		t.Errorf("got %+v", r)
	}
	if err := c.Delete(ctx, b.id, &runc.DeleteOpts{Force: true}); err != nil {
		t.Error(err)
	}
	if r := b.do("exec", b.id, "/payload", "id"); r.status != 255 {
		t.Errorf("in a container that is gone: %+v", r)
	}
}

// devNull is for detached processes: they must not hold the test's pipes.
func devNull(t *testing.T) runc.IO {
	t.Helper()
	n, err := runc.NewNullIO()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func TestClientCreatesThenStarts(t *testing.T) {
	b := newBundle(t, "write", "/done", "yes")
	b.write()
	ctx, c := bounded(t), b.client()
	if err := c.Create(ctx, b.id, b.dir, &runc.CreateOpts{IO: devNull(t), PidFile: filepath.Join(b.dir, "pid")}); err != nil {
		t.Fatal(err)
	}
	if s := b.state(); s.Status != "created" || s.PID == 0 {
		t.Errorf("got %+v", s)
	}
	done := filepath.Join(b.dir, "rootfs", "done")
	if _, err := os.Stat(done); err == nil {
		t.Error("its program ran before it was started")
	}
	if err := c.Start(ctx, b.id); err != nil {
		t.Fatal(err)
	}
	until(t, "its end", func() bool { return b.state().Status == "stopped" })
	if data, err := os.ReadFile(done); string(data) != "yes" {
		t.Errorf("it wrote %q, %v", data, err)
	}
	if err := c.Start(ctx, b.id); err == nil {
		t.Error("it was started twice")
	}
	if err := c.Delete(ctx, b.id, nil); err != nil {
		t.Error(err)
	}
}

func TestClientDeletesWhatWasOnlyCreated(t *testing.T) {
	b := newBundle(t, "exit", "0")
	b.write()
	ctx, c := bounded(t), b.client()
	if err := c.Create(ctx, b.id, b.dir, &runc.CreateOpts{IO: devNull(t)}); err != nil {
		t.Fatal(err)
	}
	pid := b.state().PID
	if err := c.Delete(ctx, b.id, nil); err != nil {
		t.Fatal(err)
	}
	// Nobody reaps it here, so it may be left as a zombie.
	if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(data), ") Z ") {
		t.Errorf("its first process lives: %s", data)
	}
	if b.state().Status != "absent" {
		t.Error("its state is still there")
	}
}

func TestClientAsksForVersionAndFeatures(t *testing.T) {
	b := newBundle(t)
	ctx, c := bounded(t), b.client()
	if v, err := c.Version(ctx); err != nil || v.Runc == "" || v.Spec == "" {
		t.Errorf("%+v %v", v, err)
	}
	f, err := c.Features(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if *f.Linux.Seccomp.Enabled != SeccompEnabled() || !slices.Contains(f.Linux.Namespaces, "user") {
		t.Errorf("%+v", f.Linux)
	}
}
