package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"bake/bake/engine/server"

	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	grpcstatus "google.golang.org/grpc/status"
)

// answerTime bounds the calls by which a client looks at an engine.
const answerTime = 5 * time.Second

// Client returns a BuildKit client of the engine of cfg, which is started when
// it does not run. Close it after use.
func Client(ctx context.Context, cfg Config) (*client.Client, error) {
	return newClient(ctx, cfg)
}

// newClient makes sure that an engine serves and returns a client of it. The
// client dials with connectOrStart, now and whenever its connection is lost, so
// it survives an engine that exits between two calls.
func newClient(ctx context.Context, cfg Config, opts ...client.ClientOpt) (*client.Client, error) {
	running, err := freshen(ctx, cfg)
	if err == nil && !running {
		// Started here, the reasons why it cannot be are told as they are;
		// from inside the dialer they come as the text of a lost connection.
		err = Start(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	dial := client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return connectOrStart(ctx, cfg)
	})
	opts = append(opts, dial,
		client.WithGRPCDialOption(grpc.WithInitialWindowSize(server.StreamWindow)),
		client.WithGRPCDialOption(grpc.WithInitialConnWindowSize(server.ConnectionWindow)))
	c, err := client.New(ctx, "", opts...)
	if err != nil {
		return nil, fmt.Errorf("cannot make a client of the engine: %w", err)
	}
	return c, nil
}

// Status describes the engine of cfg without starting it.
func Status(ctx context.Context, cfg Config) (State, error) {
	path, err := socketPath(cfg)
	if err != nil {
		return State{}, err
	}
	state := State{Dir: cfg.Dir, Socket: path, LogFile: LogFile(cfg), DiskUsed: diskUsed(cfg.Dir)}
	r, pid, err := look(ctx, cfg)
	if errors.Is(err, errNotRunning) {
		return state, nil
	}
	if err != nil {
		return state, err
	}
	state.Running, state.PID = true, pid
	state.Version, state.Build, state.BuildKit = r.Origin.Version, r.Origin.Build, r.BuildKit
	state.Foreground, state.Entitlements = r.Origin.Foreground, r.Entitlements
	state.Outdated = outdated(cfg, r)
	state.Current = state.Outdated == ""
	state.Uptime, state.Idle = r.Uptime, r.Idle
	state.Clients, state.Builds = r.Clients, r.Builds
	state.Snapshotter, state.Network = r.Snapshotter, r.Network
	state.Runtime, state.OwnRuntime, state.Seccomp = r.Runtime, r.OwnRuntime, r.Seccomp
	state.Rootless, state.SingleID, state.Labels = r.Rootless, r.SingleID, r.Labels
	return state, nil
}

// diskUsed is the space that the files below dir take.
func diskUsed(dir string) int64 {
	var used int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read does not count
		}
		if info, err := d.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				used += st.Blocks * 512
			}
		}
		return nil
	})
	return used
}

// look asks the engine of cfg about itself and returns its process id as seen
// from here, which it does not know itself.
func look(ctx context.Context, cfg Config) (server.Report, int, error) {
	var r server.Report
	pid, err := admin(ctx, cfg, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		r, err = server.AskReport(ctx, conn)
		return err
	})
	return r, pid, err
}

// admin calls f with a connection to the engine of cfg and returns the engine's
// process id. An engine that ends meanwhile is not running.
func admin(ctx context.Context, cfg Config, f func(context.Context, *grpc.ClientConn) error) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, errors.New("the engine does not answer"))
	defer cancel()
	for {
		conn, err := connect(ctx, cfg)
		if err != nil {
			return 0, err
		}
		pid, err := over(ctx, conn, f)
		if grpcstatus.Code(err) == codes.Unavailable && ctx.Err() == nil {
			// It closed the connection: it ends, or another took its place.
			time.Sleep(time.Millisecond)
			continue
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			err = fmt.Errorf("cannot ask the engine (process %d): %w", pid, err)
		}
		return pid, err
	}
}

// over calls f with a gRPC client over conn, which it closes, and returns the
// id of the process at the other end.
func over(ctx context.Context, conn net.Conn, f func(context.Context, *grpc.ClientConn) error) (int, error) {
	defer conn.Close()
	cred, err := peer(conn)
	if err != nil {
		return 0, err
	}
	var once sync.Once
	client, err := grpc.NewClient("passthrough:///engine",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (c net.Conn, err error) {
			err = net.ErrClosed
			once.Do(func() { c, err = conn, nil })
			return c, err
		}))
	if err != nil {
		return int(cred.Pid), err
	}
	defer client.Close()
	return int(cred.Pid), f(ctx, client)
}

// stopTime is how long a stopping engine may take before it is killed. It is
// more than the engine gives its builds.
const stopTime = 15 * time.Second

// Stop stops the engine of cfg: running builds get some seconds to end, then it
// is killed. Stopping one that does not run is no error.
func Stop(ctx context.Context, cfg Config) error {
	pid, err := admin(ctx, cfg, func(ctx context.Context, conn *grpc.ClientConn) error {
		_, _, err := server.AskStop(ctx, conn, false, "asked by the user")
		return err
	})
	if errors.Is(err, errNotRunning) {
		return nil
	}
	if pid == 0 {
		return err
	}
	if err == nil {
		if err = waitGone(ctx, cfg, pid); err == nil || ctx.Err() != nil {
			return err
		}
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("cannot kill the engine (process %d): %w", pid, err)
	}
	return waitGone(ctx, cfg, pid)
}

// waitGone waits until the engine process pid has left the state directory and
// ended with all its containers.
func waitGone(ctx context.Context, cfg Config, pid int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stopTime, fmt.Errorf("the engine (process %d) does not end within %s", pid, stopTime))
	defer cancel()
	for {
		free, err := unlocked(cfg.Dir)
		if err != nil || (free && ended(pid)) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// unlocked reports whether no engine holds the lock of dir.
func unlocked(dir string) (bool, error) {
	lock, err := lockFile(dir, 0)
	switch {
	case err == nil:
		return true, lock.Close()
	case errors.Is(err, errLocked):
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		return true, nil // the directory was removed under the engine
	}
	return false, err
}

// ended reports whether a process is gone, or dead and only not yet waited for
// by its parent, who may never do so. The first thread of a process can be dead
// before the others have ended the containers.
func ended(pid int) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	data, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return true
	}
	_, rest, ok := bytes.Cut(data, []byte(") "))
	if !ok || len(rest) == 0 || (rest[0] != 'Z' && rest[0] != 'X') {
		return false
	}
	threads, err := os.ReadDir(filepath.Join(proc, "task"))
	return err != nil || len(threads) <= 1
}

// Serve runs the engine of cfg in the foreground until ctx ends, it is told to
// stop or it has been idle for long enough. Its log goes to standard error.
func Serve(ctx context.Context, cfg Config) error {
	if err := ensureDir(cfg.Dir); err != nil {
		return err
	}
	cfg.foreground = true
	cmd, err := childCommand(cfg)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot make a pipe: %w", err)
	}
	cmd.ExtraFiles = []*os.File{w}
	done := make(chan error, 1)
	go func() {
		err := runInNamespaces(cfg, cmd)
		w.Close() // tells hear that nothing will be said, if nothing was
		done <- err
	}()
	said, err := hear(context.WithoutCancel(ctx), r)
	if err != nil {
		return err
	}
	switch said.Say {
	case sayLocked:
		return fmt.Errorf("cannot serve: %w", errLocked)
	case sayError:
		return fmt.Errorf("the engine cannot start: %s", said.Text)
	}
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("the engine ended: %w", err)
		}
		return nil
	case <-ctx.Done():
		return end(cmd.Process, done)
	}
}

// end ends an engine process that is a child: it is told to, and killed if it
// takes too long. Its socket is not needed for that, whatever became of it.
func end(process *os.Process, done <-chan error) error {
	_ = process.Signal(syscall.SIGTERM) // an error says that it has ended
	select {
	case <-done: // how it ended does not matter: it was told to
	case <-time.After(stopTime):
		_ = process.Kill()
		<-done
	}
	return nil
}
