package rootless

import (
	"bufio"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func notify(c chan os.Signal) { signal.Notify(c, syscall.SIGTERM, syscall.SIGUSR1) }

// start runs the child by Start and returns what it and its parent say.
func (w *world) start(args ...string) (report, string) {
	w.t.Helper()
	cmd := w.command("start", args...)
	cmd.Env = append(cmd.Env, envRole+"_READY=1")
	stdout, stderr, status := w.output(cmd)
	if status != 5 {
		w.t.Fatalf("status %d, want the child's 5\n%s%s", status, stdout, stderr)
	}
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		w.t.Fatalf("%v in %q", err, stdout)
	}
	return r, stderr
}

func TestChildIsRootOfItsNamespace(t *testing.T) {
	for _, ranges := range []bool{true, false} {
		t.Run(map[bool]string{true: "ranges", false: "single id"}[ranges], func(t *testing.T) {
			w := newWorld(t, ranges)
			r, said := w.start("engine", "serve")
			if strings.Join(r.Args, " ") != "bake engine serve" {
				t.Errorf("argv is %q", r.Args)
			}
			if r.UID != 0 || r.GID != 0 || r.PID != 1 || r.Needed || r.Variable {
				t.Errorf("not a root with a PID namespace: %+v", r)
			}
			if !r.Inside || r.Info.UID != w.uid() || r.Info.GID != w.gid() || r.Info.Ranges != ranges {
				t.Errorf("inside is %v %+v", r.Inside, r.Info)
			}
			if r.Proc == "" || r.Mount != "" || r.Overlay != "" {
				t.Errorf("comm of pid 1 %q, mount %q, overlay %q", r.Proc, r.Mount, r.Overlay)
			}
			if r.RuntimeDir != filepath.Join(w.dir, "home", "run") || r.User == "root" || r.User == "" {
				t.Errorf("runtime dir %q of user %q", r.RuntimeDir, r.User)
			}
			if got := r.Chown == ""; got != ranges {
				t.Errorf("giving files to user 1000: %q", r.Chown)
			}
			if deny := r.Setgroups == "deny"; deny == ranges {
				t.Errorf("setgroups is %q", r.Setgroups)
			}
			if !strings.Contains(said, "ready: yes") {
				t.Errorf("descriptor 3 did not reach the child: %q", said)
			}
			if note := strings.Contains(said, "note: running with a single user id"); note == ranges {
				t.Errorf("the note is %q", said)
			}
			if entries, err := os.ReadDir(filepath.Join(w.dir, "home", "mnt")); err != nil || len(entries) != 0 {
				t.Errorf("mounts show outside: %v %v", entries, err)
			}
		})
	}
}

func TestToolThatFailsLeavesASingleID(t *testing.T) {
	w := newWorld(t, true)
	tools := filepath.Join(w.dir, "tools")
	if err := os.Mkdir(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"newuidmap", "newgidmap"} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\necho not today >&2\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := w.command("start")
	cmd.Env = append(cmd.Env, "PATH="+tools)
	stdout, stderr, status := w.output(cmd)
	if status != 5 || !strings.Contains(stderr, "single user id") || !strings.Contains(stderr, "newuidmap: exit status 1: not today") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if strings.Contains(stdout, `"ranges":true`) {
		t.Errorf("the child believes to have ranges: %s", stdout)
	}
}

func TestRemoveAllRemovesWhatOnlyTheNamespaceCan(t *testing.T) {
	w := newWorld(t, true)
	w.start()
	owned := filepath.Join(w.dir, "home", "owned")
	if info, err := os.Stat(owned); err != nil || info.Sys().(*syscall.Stat_t).Uid == uint32(w.uid()) {
		t.Fatalf("the child did not leave files of another id: %v", err)
	}
	if _, stderr, status := w.output(w.command("remove", owned)); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if _, err := os.Stat(owned); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}

func TestRunPassesSignalsOn(t *testing.T) {
	w := newWorld(t, false)
	cmd := w.command("run", "wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch line := lines.Text(); line {
		case "waiting":
			cmd.Process.Signal(syscall.SIGUSR1)
		case "got user defined signal 1":
		default:
			t.Errorf("the child says %q", line)
		}
	}
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 6 {
		t.Errorf("status %d, want the child's 6", status)
	}
}

func TestRunTakesTheChildAlong(t *testing.T) {
	w := newWorld(t, false)
	cmd := w.command("run", "wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "waiting\n" {
		t.Fatalf("%q %v", line, err)
	}
	cmd.Process.Kill()
	ended := make(chan bool)
	go func() {
		lines.ReadString('\n') // ends with the last process that has the pipe
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the child lives on after its parent was killed")
	}
	cmd.Wait()
}
