package policy

import (
	"strings"
	"sync"
	"time"

	"bake/bake/submit/progress"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/identity"
	"github.com/opencontainers/go-digest"
)

// policyLog shows what policies decide, as a step of the target. Without
// decisions there is none.
type policyLog struct {
	p      *progress.Tracker
	target string
	text   string

	mu     sync.Mutex
	vertex *client.Vertex
	closed bool
}

func (l *policyLog) write(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	now := time.Now()
	if l.vertex == nil {
		l.vertex = &client.Vertex{Digest: digest.FromString(identity.NewID()), Name: l.p.Prefix(l.target, l.text), Started: &now}
		l.send()
	}
	l.p.Write(&client.SolveStatus{Logs: []*client.VertexLog{{
		Vertex: l.vertex.Digest, Stream: 1, Timestamp: now, Data: []byte(strings.TrimSuffix(text, "\n") + "\n"),
	}}})
}

// close ends the step; err is nil unless a policy refused something.
func (l *policyLog) close(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.vertex == nil {
		return
	}
	now := time.Now()
	l.vertex.Completed = &now
	if err != nil {
		l.vertex.Error = err.Error()
	}
	l.send()
}

func (l *policyLog) send() {
	copied := *l.vertex
	l.p.Write(&client.SolveStatus{Vertexes: []*client.Vertex{&copied}})
}
