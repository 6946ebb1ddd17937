package enginecmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"bake/tests/golden"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/tests/apptest"
)

// options runs the flags of a verb and returns the options they give.
func options[T any](t *testing.T, newVerb func(*app.App, func(*app.App, *T) error) *cobra.Command, args ...string) T {
	t.Helper()
	a, _, _ := apptest.New(t)
	var got T
	c := newVerb(a, func(_ *app.App, o *T) error { got = *o; return nil })
	c.SetArgs(args)
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEngineFlags(t *testing.T) {
	where := engineOptions{dir: "/d", socket: "/s"}
	check := func(name string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("status", engineStatusOptions{where, "json"}, options(t, newEngineStatus, "--dir=/d", "--socket=/s", "--format=json"))
	check("start", engineStartOptions{where, "90s", "/r", "/c", "native", []string{"network.host", "device"}},
		options(t, newEngineStart, "--dir=/d", "--socket=/s", "--idle=90s", "--runtime=/r", "--config=/c", "--snapshotter=native", "--entitlements=network.host,device"))
	check("serve", engineStartOptions{idle: "0"}, options(t, newEngineServe, "--idle", "0"))
	check("stop", where, options(t, newEngineStop, "--dir=/d", "--socket=/s"))
	check("logs", engineLogsOptions{where, true, 5}, options(t, newEngineLogs, "--dir=/d", "--socket=/s", "--follow", "-n5"))
	check("du", engineDuOptions{where, []string{"a", "b"}, "table"}, options(t, newEngineDu, "--dir=/d", "--socket=/s", "--filter=a", "--filter=b"))
	check("prune", enginePruneOptions{where, true, nil, 48 * time.Hour, "1GB"}, options(t, newEnginePrune, "--dir=/d", "--socket=/s", "-a", "--keep=48h", "--max-used-space=1GB"))
}

// TestEngineFlagsBeatEnvironment lays flags over the environment.
func TestEngineFlagsBeatEnvironment(t *testing.T) {
	a, _, _ := apptest.New(t)
	a.Env[engine.EnvDir] = "/from/env"
	a.Env[engine.EnvIdle] = "5m"
	a.Env[engine.EnvSnapshotter] = "native"
	o := engineStartOptions{idle: "0", entitlements: []string{"network.host"}}
	o.dir = "/from/flag"
	cfg, err := o.resolve(a)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Dir != "/from/flag" || cfg.Idle != 0 || cfg.Snapshotter != "native" || len(cfg.Entitlements) != 1 || cfg.Version == "" {
		t.Errorf("got %+v", cfg)
	}
	if a.Env[engine.EnvDir] != "/from/env" {
		t.Error("the flags changed the environment of the app")
	}
	o.idle = "soon"
	if _, err := o.resolve(a); exit.CodeOf(err) != exit.Usage {
		t.Errorf("a wrong idle time: got %v", err)
	}
}

func TestWriteState(t *testing.T) {
	stopped := engine.State{Dir: "/d", Socket: "/d/s", LogFile: "/d/l", DiskUsed: 1536}
	running := stopped
	running.Running, running.PID, running.Uptime = true, 42, 90*time.Second
	running.Version, running.BuildKit, running.Current = "v1", "v0.34.2", true
	running.Clients, running.Builds, running.Idle = 2, 1, 10*time.Minute
	running.Snapshotter, running.Network, running.OwnRuntime, running.Seccomp = "overlayfs", "host", true, true
	odd := running
	odd.Current, odd.Idle, odd.OwnRuntime, odd.Runtime, odd.Seccomp = false, 0, false, "/usr/bin/runc", false
	odd.Rootless, odd.SingleID = true, true
	var b strings.Builder
	for _, s := range []engine.State{stopped, running, odd} {
		writeState(&b, s)
		b.WriteByte('\n')
	}
	golden.Check(t, "testdata/engine/status.txt", b.String())
	b.Reset()
	if err := writeStateJSON(&b, running); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/engine/status.json", b.String())
}

func TestWriteRecords(t *testing.T) {
	used := time.Now().Add(-3 * time.Hour)
	var b strings.Builder
	err := writeRecords(&b, []*client.UsageInfo{
		{ID: "abcdefghijklmnop", Size: 1500000, LastUsedAt: &used, RecordType: client.UsageRecordTypeRegular, Description: "mount / from exec /bin/sh -c make " + strings.Repeat("x", 60)},
		{ID: "b", Size: 20, InUse: true, LastUsedAt: &used, RecordType: client.UsageRecordTypeLocalSource, Description: "local source for context"},
		{ID: "c", Size: 1000, Shared: true, RecordType: client.UsageRecordTypeFrontend},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/engine/du.txt", b.String())
	b.Reset()
	if err := writeRecordsJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("nothing as JSON: %q, %v", b.String(), err)
	}
}

func TestSeekTail(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 99)+"\n", 500) // several blocks
	tests := []struct {
		text string
		n    int
		want string
	}{
		{"", 3, ""},
		{"a\nb\nc\n", -1, "a\nb\nc\n"},
		{"a\nb\nc\n", 0, ""},
		{"a\nb\nc\n", 2, "b\nc\n"},
		{"a\nb\nc", 2, "b\nc"},
		{"a\nb\nc\n", 9, "a\nb\nc\n"},
		{long, 300, long[200*100:]},
	}
	for _, tt := range tests {
		r := strings.NewReader(tt.text)
		if err := seekTail(r, tt.n); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != tt.want {
			t.Errorf("the last %d lines of %d bytes: got %d bytes, want %d, %v", tt.n, len(tt.text), len(got), len(tt.want), err)
		}
	}
}

// safeBuffer is a buffer for two goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestFollow(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	w, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var out safeBuffer
	done := make(chan error, 1)
	go func() { done <- follow(ctx, &out, f) }()
	shows := func(want string) {
		t.Helper()
		for limit := time.Now().Add(5 * time.Second); out.String() != want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("shows %q, want %q", out.String(), want)
			}
		}
	}
	io.WriteString(w, "one\n")
	shows("one\n")
	io.WriteString(w, "two\n")
	shows("one\ntwo\n")
	if err := os.Truncate(name, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteAt([]byte("new\n"), 0); err != nil {
		t.Fatal(err)
	}
	shows("one\ntwo\nnew\n")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// An engine that goes away while it is asked is unreachable, and not what is
// wrong with the question.
func TestEngineEnded(t *testing.T) {
	gone := fmt.Errorf("list the cache: %w", status.Error(codes.Unavailable, "error reading from server: EOF"))
	if err := engineEnded(gone); exit.CodeOf(err) != exit.Unreachable || !strings.Contains(err.Error(), "engine ended") {
		t.Errorf("%v becomes %v", gone, err)
	}
	if err := EngineError("ask", errors.New("no answer")); exit.CodeOf(err) != exit.Unreachable {
		t.Errorf("an engine that does not answer ends with %d", exit.CodeOf(err))
	}
	for _, err := range []error{nil, errors.New("unknown filter")} {
		if engineEnded(err) != err {
			t.Errorf("%v becomes %v", err, engineEnded(err))
		}
	}
}
