package progress

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"bake/bake/submit/failure"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// Tracker merges the status of all jobs into one stream in which each vertex
// appears once, under the name of one target.
type Tracker struct {
	mu       sync.Mutex
	send     func(*client.SolveStatus)
	follow   *Follow
	reached  map[milestone]int // how many parts of a target are there
	Prefixed bool
	target   map[digest.Digest]string        // the target that a vertex is shown under
	label    map[digest.Digest]string        // how it is shown, see labelOf
	source   map[digest.Digest]*stream       // the job whose logs of a vertex are shown
	vertices map[digest.Digest]client.Vertex // latest state, for the report
	spans    map[digest.Digest][]span        // when each vertex ran
	Warnings []string
	warned   map[string]bool
	found    []client.VertexWarning
	heard    map[string]bool
}

// New makes a Tracker that passes its stream to send and tells follow how targets
// get on; both may be nil. prefixed is whether steps are shown under their target.
func New(send func(*client.SolveStatus), follow *Follow, prefixed bool) *Tracker {
	return &Tracker{
		send: send, follow: follow, Prefixed: prefixed, target: map[digest.Digest]string{}, label: map[digest.Digest]string{}, source: map[digest.Digest]*stream{},
		vertices: map[digest.Digest]client.Vertex{}, spans: map[digest.Digest][]span{}, reached: map[milestone]int{},
		warned: map[string]bool{}, heard: map[string]bool{},
	}
}

// Write passes on a status that belongs to no target. With the methods below
// it makes a progress.Writer of buildx.
func (p *Tracker) Write(s *client.SolveStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range s.Vertexes {
		v.Name = redactNames(v.Name)
	}
	if p.send != nil {
		p.send(s)
	}
}

// password is one in a URL, which a step may be named after.
var password = failure.Pattern(`(://[^/\s:@'"]*):[^/\s'"]+@`)

// redactNames hides the passwords in the name of a step.
func redactNames(name string) string {
	if !strings.Contains(name, "@") {
		return name
	}
	return password().ReplaceAllString(name, "$1:xxxxx@")
}

// WriteBuildRef implements progress.Writer; references are in the report.
func (p *Tracker) WriteBuildRef(string, string) {}

// ValidateLogSource implements progress.Writer.
func (p *Tracker) ValidateLogSource(digest.Digest, any) bool { return true }

// ClearLogSource implements progress.Writer.
func (p *Tracker) ClearLogSource(any) {}

// Warn notes a warning for the report, once.
func (p *Tracker) Warn(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.warned[text] {
		p.warned[text] = true
		p.Warnings = append(p.Warnings, text)
	}
}

// Owner is the target, or what one node builds of it, that vertices are shown
// under.
type Owner struct {
	Target  string
	Node    string // of the builder, empty if only one builds the target
	Foreign bool   // the frontend is not the engine's own: its steps are the target's
}

// Claim shows vertices under o, unless another has claimed them before.
func (p *Tracker) Claim(o Owner, vertices ...digest.Digest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range vertices {
		if _, ok := p.target[d]; !ok {
			p.target[d] = o.Target
			p.label[d] = p.labelOf(o)
		}
	}
}

// labelOf is what stands before the steps of o: the target, unless there is but
// one, and the node, if several build the target.
func (p *Tracker) labelOf(o Owner) string {
	switch {
	case !p.Prefixed:
		return o.Node
	case o.Node != "":
		return o.Target + " " + o.Node
	}
	return o.Target
}

// State is what the engine has reported last of a vertex, false if nothing.
func (p *Tracker) State(d digest.Digest) (client.Vertex, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.vertices[d]
	return v, ok
}

// RunWarnings are the warnings about the run as a whole.
func (p *Tracker) RunWarnings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.Warnings)
}

// Prefix puts the name of a target before a text, if there are several targets.
func (p *Tracker) Prefix(target, text string) string {
	if !p.Prefixed || target == "" {
		return text
	}
	return withTarget(target, text)
}

// Plain returns the channel for the status of a solve that is no job, and a
// function that waits until all of it is passed on.
func (p *Tracker) Plain() (chan *client.SolveStatus, func()) {
	ch, done := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(done)
		for status := range ch {
			p.Write(status)
		}
	}()
	return ch, func() { <-done }
}

// Job is a job whose status is shown.
type Job struct {
	Owners []Owner                           // the targets that it builds
	Ref    string                            // its id, by which its exports are told apart
	Vertex func(digest.Digest) digest.Digest // see node.vertex
	Saw    func(digest.Digest)               // called for each vertex that is reported, one at a time
}

// stream is the status of one job.
type stream struct {
	p       *Tracker
	job     Job
	aliases map[digest.Digest]digest.Digest // vertices that the merged stream knows under another digest
}

// Stream returns the channel for the status of a job, which the client closes,
// and a function that waits until all of it is passed on.
func (p *Tracker) Stream(j Job) (chan *client.SolveStatus, func()) {
	s := &stream{p: p, job: j, aliases: map[digest.Digest]digest.Digest{}}
	ch, done := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(done)
		for status := range ch {
			s.write(status)
		}
		s.close()
	}()
	return ch, func() { <-done }
}

func (s *stream) write(status *client.SolveStatus) {
	p := s.p
	p.mu.Lock()
	defer p.mu.Unlock()
	vertices := status.Vertexes[:0]
	for _, v := range status.Vertexes {
		v.Name = redactNames(v.Name)
		v.Digest = s.digest(v.Digest, v.Name)
		s.job.Saw(v.Digest)
		if old, ok := p.vertices[v.Digest]; ok {
			// What was done in this run was not cached, even if another job finds
			// it in the cache; what is pulled later was cached all the same.
			v.Cached = old.Cached || v.Cached && old.Completed == nil
			if !newer(&old, v) {
				continue
			}
		}
		p.vertices[v.Digest] = *v
		p.timed(v)
		s.rename(v)
		vertices = append(vertices, v)
	}
	status.Vertexes = vertices
	s.filter(status)
	if p.send != nil && len(status.Vertexes)+len(status.Logs)+len(status.Statuses)+len(status.Warnings) > 0 {
		p.send(status)
	}
}

// newer reports whether v says more about a vertex than was known. Several
// jobs report the same vertex, some later than others.
func newer(known, v *client.Vertex) bool {
	return later(known.Started, v.Started) || later(known.Completed, v.Completed) ||
		known.Error == "" && v.Error != "" || !known.Cached && v.Cached
}

func later(known, t *time.Time) bool { return t != nil && (known == nil || t.After(*known)) }

// filter drops the logs and statuses that another job already shows, as a
// vertex that several jobs need is reported to all of them.
func (s *stream) filter(status *client.SolveStatus) {
	logs := status.Logs[:0]
	for _, l := range status.Logs {
		if l.Vertex = s.known(l.Vertex); s.owns(l.Vertex) {
			logs = append(logs, l)
		}
	}
	status.Logs = logs
	statuses := status.Statuses[:0]
	for _, st := range status.Statuses {
		if st.Vertex = s.known(st.Vertex); s.owns(st.Vertex) {
			st.ID, st.Name = readableTransfer(st.ID), readableTransfer(st.Name)
			statuses = append(statuses, st)
		}
	}
	status.Statuses = statuses
	warnings := status.Warnings[:0]
	for _, w := range status.Warnings {
		if w.Vertex = s.known(w.Vertex); s.owns(w.Vertex) && s.p.isNew(w) {
			warnings = append(warnings, w)
			s.p.found = append(s.p.found, *w)
		}
	}
	status.Warnings = warnings
}

// isNew reports whether w is new: targets with the same Dockerfile are warned
// about the same lines.
func (p *Tracker) isNew(w *client.VertexWarning) bool {
	who := p.target[w.Vertex] // nodes that share a target say the same
	if who == "" {
		who = string(w.Vertex)
	}
	key := fmt.Sprint(who, w.URL, string(w.Short), w.Range)
	known := p.heard[key]
	p.heard[key] = true
	return !known
}

func (s *stream) owns(d digest.Digest) bool {
	if s.p.source[d] == nil {
		s.p.source[d] = s
	}
	return s.p.source[d] == s
}

// close lets another job show what this one no longer can.
func (s *stream) close() {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	for d, owner := range s.p.source {
		if owner == s {
			delete(s.p.source, d)
		}
	}
}

// digest returns the identity of a vertex in the merged stream. The engine
// names what a job exports after the session, or not at all, so that jobs that
// share a session would write into each other's vertices.
func (s *stream) digest(d digest.Digest, name string) digest.Digest {
	own := s.job.Vertex(d)
	if strings.HasPrefix(name, "export") {
		own = digest.FromString(string(d) + s.job.Ref)
	}
	if own != d {
		s.aliases[d] = own
	}
	return own
}

// known maps the digest that the engine uses in logs like digest did.
func (s *stream) known(d digest.Digest) digest.Digest {
	if own, ok := s.aliases[d]; ok {
		return own
	}
	return s.job.Vertex(d)
}

// rename puts the label into the name of a vertex: "[1/3] RUN" becomes
// "[app 1/3] RUN". What the frontend does for no target in particular, such as
// reading the metadata of an image, stays as it is.
func (s *stream) rename(v *client.Vertex) {
	target := s.targetOf(v)
	if target == "" {
		return
	}
	s.p.follow.shown(v.Digest, target)
	label, ok := s.p.label[v.Digest]
	if !ok {
		label = s.p.labelOf(s.job.Owners[0])
	}
	if label == "" {
		return
	}
	v.Name = withTarget(label, v.Name)
	if v.ProgressGroup != nil {
		v.ProgressGroup.Name = withTarget(label, v.ProgressGroup.Name)
	}
}

// targetOf is the target that a vertex is shown under, empty for none.
func (s *stream) targetOf(v *client.Vertex) string {
	if target, ok := s.p.target[v.Digest]; ok {
		return target
	}
	first := s.job.Owners[0]
	if len(s.job.Owners) > 1 || s.p.Prefixed && strings.HasPrefix(v.Name, "[internal]") && !first.Foreign {
		return ""
	}
	return first.Target
}

func withTarget(label, name string) string {
	if rest, ok := strings.CutPrefix(name, "["); ok {
		return "[" + label + " " + rest
	}
	return "[" + label + "] " + name
}

// readableTransfer shows a transfer under the name that people know, without
// the part that makes its source unique.
func readableTransfer(id string) string {
	rest, ok := strings.CutPrefix(id, "transferring ")
	if !ok {
		return id
	}
	for _, key := range []string{"context:", "dockerfile:"} {
		if strings.HasSuffix(rest, "-"+key) {
			return "transferring " + key
		}
	}
	return id
}
