package parity

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"
)

// The peer reads the environment and the working directory, keeps switches
// for the life of its process, and can exhaust the stack or memory. So it
// runs in processes of its own: this test binary with workerEnv set, which
// reads runs from stdin and writes answers to stdout, a line of JSON each.
const (
	workerEnv      = "BAKE_PARITY_WORKER"
	workerMemory   = 2 << 30
	workerStack    = 64 << 20
	workerDeadline = 20 * time.Second

	// gcPercent trades memory for time: both sides make much garbage.
	gcPercent = 800
)

// lookupSwitch is read by the peer once per process.
const lookupSwitch = "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP"

func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) != "" {
		os.Exit(serveOracle())
	}
	debug.SetGCPercent(gcPercent)
	peer = newPool(runtime.GOMAXPROCS(0))
	code := m.Run()
	peer.close()
	os.Exit(code)
}

// request is one line to a worker.
type request struct {
	Run    run
	Matrix bool // answer only which groups are made by matrix blocks
}

func serveOracle() int {
	debug.SetMaxStack(workerStack)
	debug.SetGCPercent(gcPercent)
	go guardMemory()
	dir, err := os.MkdirTemp("", "parity")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "agent")
	agent, err := net.Listen("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer agent.Close()

	// What the peer writes to stdout must not mix with the answers.
	answers := json.NewEncoder(os.Stdout)
	requests := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var req request
		if err := requests.Decode(&req); err != nil {
			return 0
		}
		if err := answers.Encode(serveRun(req, socket)); err != nil {
			return 1
		}
	}
}

func serveRun(req request, socket string) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Err: fmt.Sprintf("panic: %v", p), Crash: true}
		}
	}()
	path, home := os.Getenv("PATH"), os.Getenv("HOME")
	os.Clearenv()
	os.Setenv("PATH", path)
	os.Setenv("HOME", home)
	for name, value := range req.Run.Env {
		if value == agentPlaceholder {
			value = socket
		}
		os.Setenv(name, value)
	}
	if err := os.Chdir(req.Run.Dir); err != nil {
		return answer{Err: err.Error(), Crash: true}
	}
	if req.Matrix {
		return answer{Matrix: oracleMatrix(req.Run)}
	}
	return askOracle(req.Run, socket)
}

// guardMemory ends the process before the peer takes the machine down.
func guardMemory() {
	for range time.Tick(50 * time.Millisecond) {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		if stats.HeapAlloc > workerMemory {
			fmt.Fprintln(os.Stderr, "out of memory")
			os.Exit(3)
		}
	}
}

// peer is the pool of workers that all tests share.
var peer *pool

// pool keeps a few workers and hands each run to a free one.
type pool struct{ free chan *worker }

func newPool(n int) *pool {
	p := &pool{free: make(chan *worker, n)}
	for range n {
		p.free <- &worker{}
	}
	return p
}

func (p *pool) ask(r run) answer      { return p.send(request{Run: r}) }
func (p *pool) matrix(r run) []string { return p.send(request{Run: r, Matrix: true}).Matrix }
func (p *pool) send(req request) answer {
	w := <-p.free
	defer func() { p.free <- w }()
	return w.send(req)
}

func (p *pool) close() {
	for range cap(p.free) {
		(<-p.free).stop()
	}
}

// worker is one process of the peer, started when first needed and again
// after it died.
type worker struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   *tail
	lookup string
}

func (w *worker) send(req request) answer {
	if w.cmd != nil && w.lookup != req.Run.Env[lookupSwitch] {
		w.stop()
	}
	if w.cmd == nil {
		if err := w.start(req.Run.Env[lookupSwitch]); err != nil {
			return answer{Err: err.Error(), Crash: true}
		}
	}
	line, err := json.Marshal(req)
	if err != nil {
		return answer{Err: err.Error(), Crash: true}
	}
	w.said.reset()
	proc := w.cmd.Process
	timer := time.AfterFunc(workerDeadline, func() { proc.Kill() })
	defer timer.Stop()
	var a answer
	if _, err = w.in.Write(append(line, '\n')); err == nil {
		if line, err = w.out.ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &a)
		}
	}
	if err != nil {
		w.stop()
		return answer{Err: "crash: " + w.said.String(), Crash: true}
	}
	return a
}

func (w *worker) start(lookup string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), workerEnv+"=1")
	w.said = &tail{}
	cmd.Stderr = w.said
	if w.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	w.out = bufio.NewReaderSize(out, 1<<20)
	if err := cmd.Start(); err != nil {
		return err
	}
	w.cmd, w.lookup = cmd, lookup
	return nil
}

func (w *worker) stop() {
	if w.cmd == nil {
		return
	}
	w.in.Close()
	kill := time.AfterFunc(5*time.Second, func() { w.cmd.Process.Kill() })
	w.cmd.Wait()
	kill.Stop()
	w.cmd = nil
}

// tail keeps the first words that a worker wrote to stderr during a run: of a
// crash, they say why.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := most - t.buf.Len(); room > 0 {
		t.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Reset()
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// agentPlaceholder stands for the worker's own agent socket in the
// environment of a run.
const agentPlaceholder = "@SSH_AUTH_SOCK@"
