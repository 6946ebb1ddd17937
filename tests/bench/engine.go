package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bake/tests/fixture"
)

// engine is an engine that both sides submit to.
type engine struct {
	b     *bench
	state string // its directory
	pid   int
}

// startEngine starts an engine that ends with the run.
func (b *bench) startEngine() *engine {
	e := &engine{b: b, state: b.state()}
	fixture.MustRun(b, b.command("/", e.state, "engine", "start"))
	answer := fixture.MustRun(b, b.command("/", e.state, "engine", "status", "--format=json"))
	var status struct {
		PID int `json:"pid"`
	}
	if err := json.Unmarshal([]byte(answer.Stdout), &status); err != nil || status.PID == 0 {
		b.Fatalf("find the process of the engine: %v in %s", err, answer.Stdout)
	}
	e.pid = status.PID
	return e
}

// state is a state directory for an engine, which is stopped at the end.
func (b *bench) state() string {
	top, err := os.MkdirTemp("", "bake-bench-")
	if err != nil {
		b.Fatal(err)
	}
	state := filepath.Join(top, "engine")
	b.Cleanup(func() {
		stop := exec.Command(b.bake, "engine", "stop", "--dir", state)
		if out, err := stop.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: stop the engine: %v\n%s", err, out)
		}
		_ = os.RemoveAll(top)
	})
	return state
}

// sides are bake and docker buildx with the same arguments, in dir. What the
// engine does for a run is part of its usage, also what it does afterwards.
func (e *engine) sides(dir string, args ...string) (ours, theirs side) {
	peer := e.b.peer(filepath.Join(e.state, "engine.sock"))
	ours = func() usage {
		return e.measure(e.b.command(dir, e.state, append([]string{"--progress=plain"}, args...)...))
	}
	theirs = func() usage {
		return e.measure(peer.Command(e.b.Context(), dir, append([]string{"bake", "--progress=plain"}, args...)...))
	}
	return ours, theirs
}

// measure runs a client and waits until the engine has nothing left to do.
func (e *engine) measure(client *exec.Cmd) usage {
	cpu, written := e.settle(), e.written()
	e.forgetPeak()
	u := e.b.measure(client)
	u.engineCPU = e.settle() - cpu
	u.engineWrites = e.written() - written
	u.engineRSS = e.peak()
	return u
}

// forgetPeak makes the kernel measure the most memory of the engine anew.
func (e *engine) forgetPeak() {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", e.pid), []byte("5"), 0); err != nil {
		e.b.Fatalf("forget the most memory of the engine: %v", err)
	}
}

// peak is the most memory that the engine had at a time, in MB.
func (e *engine) peak() float64 {
	kb, err := strconv.ParseFloat(strings.TrimSuffix(e.value("status", "VmHWM:"), " kB"), 64)
	if err != nil {
		e.b.Fatalf("read the most memory of the engine: %v", err)
	}
	return kb / 1024
}

// value is what a file of /proc says about the engine after a name, empty if it
// does not say.
func (e *engine) value(file, name string) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", e.pid, file))
	if err != nil {
		e.b.Fatalf("the engine is gone: %v", err)
	}
	for text := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(text, name); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// quiet is how long the engine must have needed nearly no CPU to be at rest, and
// patience how long to wait for that.
const (
	quiet    = 200 * time.Millisecond
	nothing  = 10 * time.Millisecond
	patience = 20 * time.Second
)

// settle waits until the engine rests and returns the CPU time it had so far.
func (e *engine) settle() time.Duration {
	used := e.cpu()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		time.Sleep(quiet)
		now := e.cpu()
		if now-used <= nothing {
			return now
		}
		used = now
	}
	return used
}

// tick is the unit of times in /proc, which is the same on every Linux that Go
// runs on.
const tick = 10 * time.Millisecond

// cpu is the CPU time of the engine and of the processes it has waited for.
func (e *engine) cpu() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", e.pid))
	if err != nil {
		e.b.Fatalf("the engine is gone: %v", err)
	}
	// The second field, the name in parentheses, may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			e.b.Fatalf("read the CPU time of the engine: %v", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// written is how much the engine has caused to be written to disks, in MB.
func (e *engine) written() float64 {
	n, _ := strconv.ParseFloat(e.value("io", "write_bytes:"), 64)
	return n / 1e6
}
