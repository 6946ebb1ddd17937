package submit

import (
	"errors"
	"fmt"
	"sync"

	"github.com/docker/buildx/localstate"
	"github.com/moby/buildkit/identity"
)

// An engine keeps a record of every build, but not where on the machine of its
// client the files came from, nor which target it was. `docker buildx history`
// looks that up in files beside the builders of buildx, and names records by it.

// buildName is the attribute that names a record whatever else is known of it.
const buildName = "build-arg:BUILDKIT_BUILD_NAME"

// history writes what is known here about the records of a run.
type history struct {
	state *localstate.LocalState // nil writes nothing
	group string                 // which the records of a run belong to

	mu   sync.Mutex
	refs []string // of all records
}

func newHistory(state *localstate.LocalState) *history {
	return &history{state: state, group: identity.NewID()}
}

// note writes what is known about the record of a job, before it is submitted:
// also what runs has a name.
func (h *history) note(j *job) error {
	q := j.requests[0]
	if h.state == nil || q.node.Embedded || q.call != "" {
		return nil
	}
	h.mu.Lock()
	h.refs = append(h.refs, q.ref)
	h.mu.Unlock()
	where := q.inputs.ContextDir
	dockerfile := q.target.Dockerfile
	if where == "" {
		where = q.target.Context
	} else if q.inputs.Dockerfile.Url == "" {
		dockerfile = q.dockerfilePath()
	}
	return h.state.SaveRef(q.node.Builder, q.node.Name, q.ref, localstate.State{
		Target: j.name(), LocalPath: where, DockerfilePath: dockerfile, GroupRef: h.group,
	})
}

// finish writes which records belong together, and what was asked for by them.
func (h *history) finish(targets []string) error {
	if len(h.refs) == 0 {
		return nil
	}
	return h.state.SaveGroup(h.group, localstate.StateGroup{Targets: targets, Refs: h.refs})
}

// remember notes a job. A build is not worse for a name that its record lacks.
func (r *run) remember(j *job) {
	if err := r.history.note(j); err != nil {
		r.forgot(err)
	}
}

// forgot tells why a record has no name, once.
func (r *run) forgot(err error) {
	if cause := errors.Unwrap(err); cause != nil { // the path is another for each record
		err = cause
	}
	r.progress.Warn(fmt.Sprintf("docker buildx history will not know the names of these builds: %s", err))
}

// name is the target of a job or, if several share it, some of them.
func (j *job) name() string {
	const enough = 3
	text := ""
	for i, q := range j.requests {
		switch {
		case i == enough:
			return fmt.Sprintf("%s and %d more", text, len(j.requests)-enough)
		case i > 0:
			text += ", "
		}
		text += q.target.Name
	}
	return text
}
