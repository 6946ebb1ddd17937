package engine

import (
	"context"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestArgumentsRoundTrip(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Config{
		{Dir: "/d", Socket: "/s", Idle: DefaultIdle},
		{Dir: "/d", Socket: "/s", Idle: 0, Version: "v1"},
		{Dir: "/a b", Socket: "/s", Idle: time.Second, Runtime: exe, File: "/c", Snapshotter: "native", Entitlements: []string{"a", "b"}, Version: "--dir"},
	} {
		args := want.args(want.Socket)
		if !slices.Equal(args[:3], []string{"bake", "engine", "serve"}) {
			t.Errorf("the command line begins with %q", args[:3])
		}
		got, err := parseArgs(args[3:])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
		}
	}
}

func TestEngineDoesNotKeepSecrets(t *testing.T) {
	got := childEnv([]string{"PATH=/bin", "AWS_SECRET_ACCESS_KEY=x", "GITHUB_TOKEN=y", "https_proxy=p", "BUILDKIT_STEP_LOG_MAX_SIZE=1", "BAKE_ENGINE_DIR=/d", "HOME=/h"})
	want := []string{"PATH=/bin", "https_proxy=p", "BUILDKIT_STEP_LOG_MAX_SIZE=1", "HOME=/h"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNotificationsComeOnce(t *testing.T) {
	cfg := tempConfig(t)
	var told []string
	cfg.Notify = func(text string) { told = append(told, text) }
	for range 3 {
		c, err := Client(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if len(told) != 1 {
		t.Errorf("told %q", told)
	}
}

// BenchmarkColdStart measures from nothing to an engine that serves.
func BenchmarkColdStart(b *testing.B) {
	if lack := hostLacks(); lack != "" {
		b.Skip(lack)
	}
	for range b.N {
		b.StopTimer()
		cfg := Config{Dir: b.TempDir(), Idle: time.Minute}
		b.StartTimer()
		if err := Start(context.Background(), cfg); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := Stop(context.Background(), cfg); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkClient measures what it costs to get a client of a running engine.
func BenchmarkClient(b *testing.B) {
	if lack := hostLacks(); lack != "" {
		b.Skip(lack)
	}
	ctx := context.Background()
	cfg := Config{Dir: b.TempDir(), Idle: time.Minute}
	if err := Start(ctx, cfg); err != nil {
		b.Fatal(err)
	}
	defer Stop(ctx, cfg)
	b.ResetTimer()
	for range b.N {
		c, err := Client(ctx, cfg)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Info(ctx); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
