//go:build linux

package server

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
)

func TestStandsInForTheOfficialImageOnly(t *testing.T) {
	for _, c := range []struct {
		ref    string
		attrs  map[string]string
		want   bool
		pinned bool
	}{
		{ref: "docker/dockerfile:1", want: true},
		{ref: "docker/dockerfile", want: true},
		{ref: "docker.io/docker/dockerfile:1.7-labs", want: true},
		{ref: "docker/dockerfile-upstream:master", want: true},
		{ref: "docker/dockerfile:1@sha256:e87caa74dcb7d46cd820352bfea12591f3dba3ddc4285e19c7dcd13359f7cefd", want: true, pinned: true},
		{ref: "example.com/docker/dockerfile:1"},
		{ref: "mine/dockerfile"},
		{ref: "Not A Reference"},
		{ref: ""},
		{ref: "docker/dockerfile:1", attrs: map[string]string{"context:docker/dockerfile:1": "oci-layout://x"}},
		{ref: "docker/dockerfile:1", attrs: map[string]string{"context:docker.io/docker/dockerfile:1::linux/amd64": "oci-layout://x"}},
		{ref: "docker/dockerfile:1", attrs: map[string]string{"context:base": "oci-layout://x"}, want: true},
	} {
		if got := standsInFor(c.ref, c.attrs); got != c.want {
			t.Errorf("%q %v: %v", c.ref, c.attrs, got)
		}
		if c.want && pinned(c.ref) != c.pinned {
			t.Errorf("%q: pinned is %v", c.ref, !c.pinned)
		}
	}
}

// registryOf answers requests for metadata after a time.
type registryOf struct {
	after time.Duration
	err   error
	asked atomic.Int32
}

func (r *registryOf) ResolveSourceMetadata(ctx context.Context, _ *pb.SourceOp, _ sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	r.asked.Add(1)
	select {
	case <-time.After(r.after):
		return &sourceresolver.MetaResponse{}, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func hostsAt(addr string) registryHosts {
	return func(string) ([]docker.RegistryHost, error) {
		return []docker.RegistryHost{{Scheme: "http", Host: addr}}, nil
	}
}

func TestSlowRegistryIsWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	slow := &registryOf{after: reachTime + 500*time.Millisecond}
	a := newAvailability(hostsAt(l.Addr().String()))
	if err := a.check(context.Background(), slow, "docker/dockerfile:1"); err != nil {
		t.Errorf("a slow registry is taken for none: %v", err)
	}
}

func TestAnswersAreRemembered(t *testing.T) {
	gone := errors.New("gone")
	r := &registryOf{err: gone}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := newAvailability(hostsAt(l.Addr().String()))
	for range 3 {
		if err := a.check(context.Background(), r, "docker/dockerfile:1"); !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
	}
	if n := r.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.check(cancelled, &registryOf{after: time.Hour}, "docker/dockerfile:2"); err == nil {
		t.Error("no error though cancelled")
	}
	if err := a.check(context.Background(), &registryOf{}, "docker/dockerfile:2"); err != nil {
		t.Errorf("the answer to a cancelled question was remembered: %v", err)
	}
}

func TestWithPort(t *testing.T) {
	for in, want := range map[string]string{
		"http://h":            "h:80",
		"https://h":           "h:443",
		"https://h:5000":      "h:5000",
		"http://[::1]":        "[::1]:80",
		"socks5://proxy.test": "proxy.test:1080",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := withPort(u); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
