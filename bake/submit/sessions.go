package submit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"bake/bake/submit/credential"
	"bake/bake/submit/failure"
	"bake/bake/submit/node"
	"bake/bake/submit/source"
	"bake/bake/submit/transfer"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	sessioncontent "github.com/moby/buildkit/session/content"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/buildkit/util/progress/progresswriter"
	"github.com/tonistiigi/fsutil"
)

// sessions are the sessions of a run that its jobs share.
type sessions struct {
	auth   session.Attachable
	key    string                // identity of this machine to the engines
	inputs map[*node.Node]string // session ids that serve local directories
	shared map[sessionKey]*session.Session

	running sync.WaitGroup
	closing atomic.Bool
}

// sessionKey tells apart the requests that cannot share a session.
type sessionKey struct {
	node        *node.Node
	credentials string
	context     string // to an old frontend every context is called the same
}

func (q *request) sessionKey() sessionKey {
	k := sessionKey{node: q.node, credentials: q.credentials.Key()}
	if q.node != nil && q.node.Old {
		for _, l := range q.inputs.Locals {
			if l.Plain == "context" {
				k.context = l.Name()
			}
		}
	}
	return k
}

// ownSession reports whether the job of q opens a session of its own.
func (q *request) ownSession() bool {
	return q.streams() || q.foreign() || q.anew || q.policies.Any()
}

// lasting is the session of a job that lasts longer than that of q: where q has
// one of its own, that which serves the directories of its node.
func (s *sessions) lasting(q *request) *session.Session {
	if one := s.shared[q.sessionKey()]; one != nil {
		return one
	}
	return s.shared[sessionKey{node: q.node}]
}

// inputSession is the session that serves the local directories of q, the
// job's own if it is empty.
func (s *sessions) inputSession(q *request) string {
	if q.anew {
		return ""
	}
	return s.inputs[q.node]
}

// openSessions starts the sessions that the requests of r share. The first of
// a node also serves its local directories.
func openSessions(ctx context.Context, r *run) (*sessions, error) {
	s := &sessions{auth: r.opt.Auth, key: machine(), inputs: map[*node.Node]string{}, shared: map[sessionKey]*session.Session{}}
	if l, ok := s.auth.(interface{ SetLogger(progresswriter.Logger) }); ok {
		l.SetLogger(r.progress.Write)
	}
	groups := map[sessionKey][]*request{}
	var order []sessionKey
	for _, q := range r.requests {
		k := q.sessionKey()
		if q.ownSession() && !q.pooling {
			k.credentials, k.context = "", "" // serves its directories at most
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], q)
	}
	if len(r.requests) == 1 && r.requests[0].ownSession() {
		return s, nil // its own session serves its directories, too
	}
	for _, k := range order {
		if err := s.open(ctx, r, k, groups[k]); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *sessions) open(ctx context.Context, r *run, k sessionKey, users []*request) error {
	key := s.key
	if k.context != "" {
		key += ":" + k.context
	}
	one, err := session.NewSession(context.WithoutCancel(ctx), key)
	if err != nil {
		return fmt.Errorf("cannot open a session: %w", err)
	}
	one.Allow(s.auth)
	switch _, ok := s.inputs[k.node]; {
	case k.context != "":
		one.Allow(transfer.NewProvider(users[0].directories(&r.sources)))
	case !ok:
		s.inputs[k.node] = one.ID()
		one.Allow(transfer.NewProvider(&r.sources))
	}
	stores := map[string]content.Store{}
	offered := &credential.Credentials{}
	for _, q := range users {
		if q.ownSession() && !q.pooling {
			continue
		}
		offered = q.credentials // the same for all users
		if err := q.addStores(stores); err != nil {
			return err
		}
	}
	for _, q := range r.requests {
		if q.pooling && q.node == k.node {
			if err := q.addStores(stores); err != nil { // any job may import its caches
				return err
			}
		}
	}
	attachables, err := offered.Attachables(&r.opt.Caller)
	if err != nil {
		return err
	}
	for _, a := range attachables {
		one.Allow(a)
	}
	if len(stores) > 0 {
		one.Allow(sessioncontent.NewAttachable(stores))
	}
	s.shared[k] = one
	s.running.Go(func() {
		err := one.Run(context.WithoutCancel(ctx), transfer.Coalescing(k.node.Client.Dialer()))
		switch {
		case ctx.Err() != nil || s.closing.Load():
		case err != nil:
			r.stop(k.node.Lost(err))
		default:
			// The engine has hung up. Nobody might notice that it went away while
			// all that it builds waits for other nodes.
			if err := k.node.Gone(ctx); err != nil {
				r.stop(err)
			}
		}
	})
	return nil
}

// addStores collects the content stores that a session has to offer for q.
func (q *request) addStores(stores map[string]content.Store) error {
	for name, store := range q.inputs.Stores {
		stores["oci:"+name] = store
	}
	add := func(dir string) error {
		if dir == "" || stores["local:"+dir] != nil {
			return nil
		}
		store, err := contentlocal.NewStore(dir)
		stores["local:"+dir] = store
		return err
	}
	for _, c := range q.cacheFrom {
		if c.Type != "local" {
			continue
		}
		if _, err := os.Stat(c.Attrs["src"]); errors.Is(err, os.ErrNotExist) {
			continue // nothing to import yet
		}
		if err := add(c.Attrs["src"]); err != nil {
			return failure.In("cache-from", "", err)
		}
	}
	for _, c := range q.cacheTo {
		if c.Type != "local" {
			continue
		}
		if err := add(c.Attrs["dest"]); err != nil {
			return failure.In("cache-to", "", err)
		}
	}
	return nil
}

// attach makes a job of q use its session: a shared one, or one of its own
// that the client opens and closes.
func (s *sessions) attach(q *request, r *run, so *client.SolveOpt) error {
	if !q.ownSession() {
		so.SharedSession, so.SessionPreInitialized = s.shared[q.sessionKey()], true
		return nil
	}
	attachables, err := q.credentials.Attachables(&r.opt.Caller)
	if err != nil {
		return err
	}
	so.Session = append(attachables, s.auth)
	so.SharedKey = s.key
	if q.foreign() {
		so.SharedKey += ":" + q.inputs.ContextDir // its directories are all called the same
	}
	so.OCIStores = maps.Clone(q.inputs.Stores)
	if q.foreign() || q.node.Old || s.inputSession(q) == "" {
		so.Session = append(so.Session, transfer.NewProvider(q.directories(&r.sources)))
	}
	return nil
}

// ownDirs are the directories that a session serves to one request: all
// sources, and its own under the names of a frontend that knows no sources.
type ownDirs struct {
	*source.Sources
	plain map[string]fsutil.FS
}

// LookupDir implements filesync.DirSource.
func (d ownDirs) LookupDir(name string) (fsutil.FS, bool) {
	if dir, ok := d.plain[name]; ok {
		return dir, true
	}
	return d.Sources.LookupDir(name)
}

func (q *request) directories(src *source.Sources) ownDirs {
	d := ownDirs{Sources: src, plain: map[string]fsutil.FS{}}
	for _, l := range q.inputs.Locals {
		if dir, ok := src.LookupDir(l.Name()); ok && l.Plain != "" {
			d.plain[l.Plain] = dir
		}
	}
	return d
}

// close ends the shared sessions.
func (s *sessions) close() {
	s.closing.Store(true)
	for _, one := range s.shared {
		_ = one.Close()
	}
	s.running.Wait()
}

// machine identifies this machine to an engine that keeps copies of
// directories, as the same path may hold something else elsewhere.
func machine() string {
	id, _ := os.ReadFile("/etc/machine-id")
	host, _ := os.Hostname()
	sum := sha256.Sum256([]byte(string(id) + "\x00" + host))
	return hex.EncodeToString(sum[:])[:16]
}

// receiveFiles opens the session of a job that writes a directory. It is the one
// that the client of BuildKit would open, but for how it takes the files. Without
// such an output nothing happens. The returned function closes the session.
func (r *run) receiveFiles(ctx context.Context, q *request, so *client.SolveOpt, c *client.Client) (func(), error) {
	if !slices.ContainsFunc(so.Exports, func(e client.ExportEntry) bool { return e.Type == client.ExporterLocal }) {
		return func() {}, nil
	}
	stores := map[string]content.Store{}
	if err := q.addStores(stores); err != nil {
		return nil, err
	}
	target := filesync.NewFSSyncTarget()
	for id, e := range so.Exports {
		switch {
		case e.OutputStore != nil:
			stores["export"] = e.OutputStore
		case e.Output != nil:
			target.Add(filesync.WithFSSync(id, e.Output))
		}
	}
	one, err := session.NewSession(context.WithoutCancel(ctx), so.SharedKey)
	if err != nil {
		return nil, fmt.Errorf("cannot open a session: %w", err)
	}
	for _, a := range append(so.Session, &transfer.Receiver{SyncTarget: target, Outputs: q.outputs(), Conflicts: r.conflicts}) {
		one.Allow(a)
	}
	if len(stores) > 0 {
		one.Allow(sessioncontent.NewAttachable(stores))
	}
	if so.SourcePolicyProvider != nil {
		one.Allow(so.SourcePolicyProvider)
	}
	so.SharedSession, so.SessionPreInitialized = one, true
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := one.Run(context.WithoutCancel(ctx), c.Dialer()); err != nil && ctx.Err() == nil {
			r.stop(q.node.Lost(err))
		}
	}()
	return func() { _ = one.Close(); <-ended }, nil
}
