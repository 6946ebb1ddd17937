//go:build linux

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
)

const (
	// reachTime is how long a registry may take to accept a connection. It is
	// what a build without a network waits for at most.
	reachTime = 1500 * time.Millisecond
	// resolveTime is how long a registry that accepts connections may take
	// to say whether it has the image.
	resolveTime = 30 * time.Second
	// rememberTime is how long an answer is believed.
	rememberTime = 5 * time.Minute
)

// availability knows whether frontend images can be had, and remembers it.
type availability struct {
	hosts registryHosts
	mu    sync.Mutex
	known map[string]*answer // by reference
}

// answer is what is known of one image. Its lock is held while the registry is
// asked, so that targets built together ask once.
type answer struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func newAvailability(hosts registryHosts) *availability {
	return &availability{hosts: hosts, known: map[string]*answer{}}
}

// check returns nil if the image ref can be had, else why not.
func (a *availability) check(ctx context.Context, c sourceresolver.MetaResolver, ref string) error {
	return a.ask(ctx, c, ref, rememberTime)
}

// recheck is check, not believing an answer from before the current build.
func (a *availability) recheck(ctx context.Context, c sourceresolver.MetaResolver, ref string) error {
	return a.ask(ctx, c, ref, time.Second)
}

func (a *availability) ask(ctx context.Context, c sourceresolver.MetaResolver, ref string, believe time.Duration) error {
	a.mu.Lock()
	known := a.known[ref]
	if known == nil {
		known = &answer{}
		a.known[ref] = known
	}
	a.mu.Unlock()

	known.mu.Lock()
	defer known.mu.Unlock()
	if !known.at.IsZero() && time.Since(known.at) < believe {
		return known.err
	}
	err := a.resolve(ctx, c, ref)
	if ctx.Err() == nil {
		known.at, known.err = time.Now(), err
	}
	return err
}

// resolve asks the registry for ref. It waits long for one that is there but
// slow, so that a slow network does not change what a build is made with, and
// only shortly for one that does not even accept a connection. That one is not
// asked, because the question would show up as a failed step of the build.
func (a *availability) resolve(ctx context.Context, c sourceresolver.MetaResolver, ref string) error {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return fmt.Errorf("invalid image %q: %w", ref, err)
	}
	named = reference.TagNameOnly(named)
	if !a.reachable(ctx, reference.Domain(named)) {
		return fmt.Errorf("the registry %s cannot be reached", reference.Domain(named))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, resolveTime, fmt.Errorf("the registry %s does not answer", reference.Domain(named)))
	defer cancel()
	_, err = c.ResolveSourceMetadata(ctx, &pb.SourceOp{Identifier: "docker-image://" + named.String()}, sourceresolver.Opt{})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

// reachable tells whether one of the addresses for the registry domain, or the
// proxy before it, accepts a connection in time.
func (a *availability) reachable(ctx context.Context, domain string) bool {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	addrs, err := a.addresses(domain)
	if err != nil {
		return false
	}
	ok := make(chan bool, len(addrs))
	for _, addr := range addrs {
		go func() {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			if err == nil {
				conn.Close()
			}
			ok <- err == nil
		}()
	}
	for range addrs {
		if <-ok {
			return true
		}
	}
	return false
}

// addresses lists where requests for the registry domain go, mirrors included.
func (a *availability) addresses(domain string) ([]string, error) {
	hosts, err := a.hosts(domain)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, h := range hosts {
		u := &url.URL{Scheme: h.Scheme, Host: h.Host}
		if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
			u = proxy
		}
		list = append(list, withPort(u))
	}
	if len(list) == 0 {
		return nil, errors.New("no host serves " + domain)
	}
	return list, nil
}

func withPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	port := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), or(port, "443"))
}

// standsInFor reports whether the built-in frontend is what the image ref
// holds, and the client did not put something else in the image's place.
func standsInFor(ref string, attrs map[string]string) bool {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return false
	}
	switch named.Name() {
	case "docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream":
	default:
		return false
	}
	for key := range attrs {
		name, ok := strings.CutPrefix(key, "context:")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, "::")
		if n, err := reference.ParseNormalizedNamed(name); err == nil && reference.TagNameOnly(n).String() == reference.TagNameOnly(named).String() {
			return false
		}
	}
	return true
}

// pinned reports whether ref names an image by its digest.
func pinned(ref string) bool { return strings.Contains(ref, "@") }
