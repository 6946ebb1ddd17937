package progress

import (
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/identity"
	"github.com/opencontainers/go-digest"
)

// Say shows a fact as a step of a target that runs until the returned function
// is called.
func (p *Tracker) Say(target, text string) (done func()) {
	v := client.Vertex{Digest: digest.FromString(identity.NewID()), Name: p.Prefix(target, text)}
	now := time.Now()
	v.Started = &now
	show := func(v client.Vertex) { p.Write(&client.SolveStatus{Vertexes: []*client.Vertex{&v}}) }
	show(v)
	return func() {
		now := time.Now()
		v.Completed = &now
		show(v)
	}
}
