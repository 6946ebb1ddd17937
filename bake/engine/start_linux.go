package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"bake/bake/engine/rootless"
)

// startTime bounds how long a client waits for an engine to serve. It is long
// because an engine may have to prune or recover first.
const startTime = 60 * time.Second

// envChild marks the background process, which [Main] then runs.
const envChild = "_BAKE_ENGINE_CHILD"

// What the engine process says on its ready pipe.
const (
	sayReady  = "ready"
	sayLocked = "locked"
	sayError  = "error"
)

// announcement is the one message on the ready pipe.
type announcement struct {
	Say  string `json:"say"`
	Text string `json:"text,omitempty"`

	Notes []string `json:"notes,omitempty"` // what the user should know, a line each
}

// Start makes sure that an engine of cfg is running and serves.
func Start(ctx context.Context, cfg Config) error {
	conn, err := connectOrStart(ctx, cfg)
	if err != nil {
		return err
	}
	return conn.Close()
}

// connectOrStart dials the engine of cfg, starting it when it does not run.
// Several callers may do so at the same time: one starts it, the others find
// the lock taken and dial until it serves.
func connectOrStart(ctx context.Context, cfg Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("the engine does not serve after %s: see %s", startTime, LogFile(cfg)))
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		conn, err := connect(ctx, cfg)
		if !errors.Is(err, errNotRunning) {
			return conn, err
		}
		err = spawn(ctx, cfg)
		if err == nil {
			continue
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		if noted := notedSocket(cfg.Dir); cfg.Socket != "" && noted != "" && noted != cfg.Socket && listening(ctx, cfg, noted) {
			return nil, fmt.Errorf("an engine of the state directory %s listens on %s, not on %s: use that socket, or stop it first", cfg.Dir, noted, cfg.Socket)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// listening tells whether an engine answers at path.
func listening(ctx context.Context, cfg Config, path string) bool {
	cfg.Socket = path
	conn, err := connect(ctx, cfg)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// spawn starts the engine process in the background and waits until it serves.
// It returns errLocked when another engine has the state directory.
func spawn(ctx context.Context, cfg Config) error {
	if err := ensureDir(cfg.Dir); err != nil {
		return err
	}
	begin := time.Now()
	log, err := openLog(cfg)
	if err != nil {
		return err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return explainDir(cfg.Dir, err)
	}
	cmd, err := childCommand(cfg)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr.Setsid = true
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot make a pipe: %w", err)
	}
	cmd.ExtraFiles = []*os.File{w}
	note, err := startInNamespaces(cfg, cmd)
	w.Close()
	if err != nil {
		r.Close()
		return err
	}
	go cmd.Wait() // a client that lives long must not keep a zombie
	said, err := hear(ctx, r)
	if err != nil {
		return err
	}
	switch said.Say {
	case sayReady:
		if note != "" {
			cfg.notify(note)
		}
		for _, line := range said.Notes {
			cfg.notify(line)
		}
		if !cfg.announced {
			cfg.notify(fmt.Sprintf("started the embedded engine in %s", time.Since(begin).Round(time.Millisecond)))
		}
		return nil
	case sayLocked:
		return errLocked
	case sayError:
		return fmt.Errorf("the engine cannot start: %s", said.Text)
	}
	return fmt.Errorf("the engine ended before it could serve; its log %s says:\n%s", log.Name(), logTail(log.Name(), from))
}

// hear returns what the engine process announces on r; nothing if it ends
// without a word.
func hear(ctx context.Context, r *os.File) (announcement, error) {
	var said announcement
	defer r.Close()
	stop := context.AfterFunc(ctx, func() { _ = r.SetReadDeadline(time.Now()) })
	defer stop()
	err := json.NewDecoder(r).Decode(&said)
	if ctx.Err() != nil {
		return said, context.Cause(ctx)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return said, fmt.Errorf("cannot hear from the engine: %w", err)
	}
	return said, nil
}

// startInNamespaces starts cmd, which is this executable, as root in a PID and
// a mount namespace of its own, and in a user namespace where that takes one.
// The note, if any, says what the engine must do without there.
func startInNamespaces(cfg Config, cmd *exec.Cmd) (note string, err error) {
	if rootless.Needed() {
		note, err := rootless.Start(cmd, rootlessOptions(cfg))
		if err != nil {
			return "", fmt.Errorf("the engine cannot start: %w", err)
		}
		return note, nil
	}
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	if err := cmd.Start(); err != nil {
		return "", explainStart(err)
	}
	return "", nil
}

// runInNamespaces is startInNamespaces for the foreground: it waits for cmd,
// which ends with this process at the latest.
func runInNamespaces(cfg Config, cmd *exec.Cmd) error {
	if rootless.Needed() {
		return rootless.Run(cmd, rootlessOptions(cfg), cfg.notify)
	}
	// The kernel takes the end of the thread that made the child for the end
	// of the parent.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Setpgid = true // else a terminal's Ctrl-C would arrive twice
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if _, err := startInNamespaces(cfg, cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

func rootlessOptions(cfg Config) rootless.Options {
	return rootless.Options{RuntimeDir: runDir(cfg.Dir)}
}

// explainStart says why the engine process could not be made.
func explainStart(err error) error {
	if errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("the engine needs the right to make namespaces (CAP_SYS_ADMIN), which this process lacks: "+
			"run bake outside of the container, give the container that capability, or choose another builder: %w", err)
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("no more namespaces can be made (see /proc/sys/user/max_pid_namespaces and max_mnt_namespaces): %w", err)
	}
	return fmt.Errorf("cannot start the engine process: %w", err)
}

// childCommand is the command of the engine process: this executable again.
func childCommand(cfg Config) (*exec.Cmd, error) {
	// Decided here: in its namespaces the engine is another user, in another
	// environment.
	socket, err := newSocketPath(cfg)
	if err != nil {
		return nil, err
	}
	return &exec.Cmd{
		Path: "/proc/self/exe",
		Args: cfg.args(socket),
		Env: append(childEnv(os.Environ()), envChild+"=1",
			"TMPDIR="+tempDir(cfg.Dir), "XDG_RUNTIME_DIR="+tempDir(cfg.Dir)), // containerd mounts in the latter
		Dir:         "/",
		SysProcAttr: &syscall.SysProcAttr{},
	}, nil
}

// childEnv keeps of env what an engine has use for. What one shell happened to
// have set, secrets above all, must not stay with a process that serves others.
func childEnv(env []string) []string {
	var keep []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch upper := strings.ToUpper(name); {
		case upper == "PATH", upper == "HOME", upper == "USER", upper == "LANG", upper == "TZ",
			strings.HasPrefix(upper, "LC_"), strings.HasPrefix(upper, "XDG_"), strings.HasSuffix(upper, "_PROXY"),
			strings.HasPrefix(upper, "SSL_CERT_"), strings.HasPrefix(upper, "BUILDKIT_"),
			upper == "GODEBUG", upper == "GOMAXPROCS", upper == "GOMEMLIMIT", upper == "GOGC", upper == "GOCOVERDIR":
			keep = append(keep, kv)
		}
	}
	return keep
}

// maxLog is the size at which the log is set aside when an engine starts.
const maxLog = 8 << 20

// openLog opens the engine's log for appending. One older log is kept.
func openLog(cfg Config) (*os.File, error) {
	name := LogFile(cfg)
	if info, err := os.Stat(name); err == nil && info.Size() > maxLog {
		if err := os.Rename(name, name+".1"); err != nil {
			return nil, explainDir(cfg.Dir, err)
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, explainDir(cfg.Dir, err)
	}
	return f, nil
}

// logTail is the end of what was logged after offset from.
func logTail(name string, from int64) string {
	data, err := os.ReadFile(filepath.Clean(name))
	if err != nil || int64(len(data)) <= from {
		return "nothing"
	}
	lines := bytes.Split(bytes.TrimSpace(data[from:]), []byte("\n"))
	if len(lines) > 20 {
		lines = lines[len(lines)-20:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}
