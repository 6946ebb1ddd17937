package graph

import (
	"fmt"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/dockerfile"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Dockerfile is what is known of the Dockerfile of a target.
type Dockerfile struct {
	Name    string // the same for targets that have the same file; empty for one that is written in the definition
	Text    []byte
	Missing string // why its text is not known, empty if it is
}

// Fault is one of a Dockerfile, for which its box shows no stages.
type Fault struct {
	Targets []string
	File    string
	Line    int // 0 if it has none
	Err     error
}

// Sources tell what lies outside of a plan.
type Sources struct {
	Native ocispecs.Platform                                       // of the builder
	Find   func(*bake.Target) Dockerfile                           // the Dockerfile of a target
	Config func(*bake.Target, dockerfile.Image) *dockerfile.Config // of an image, nil if it is not known
}

// Of is the picture of a plan. What its targets cannot be built from is told beside
// it.
func Of(p *bake.Plan, from Sources) (*Graph, []Fault) {
	w := &walk{graph: &Graph{}, from: from, boxOf: map[string]int{}, built: map[string]map[string]*dockerfile.Build{}}
	shared := map[string]int{}
	for _, t := range p.Targets {
		d := from.Find(t)
		key := d.Name
		if key == "" {
			key = "inline\x00" + string(d.Text)
		}
		if d.Missing != "" {
			key = "missing\x00" + t.Name
		}
		i, ok := shared[key]
		if !ok {
			i = len(w.boxes)
			shared[key] = i
			w.boxes = append(w.boxes, newBox(d))
		}
		w.boxOf[t.Name] = i
		w.add(w.boxes[i], t, d)
	}
	for _, b := range w.boxes {
		b.box.Groups = groupsOf(p, b.box.Targets)
		w.graph.Boxes = append(w.graph.Boxes, b.finish())
	}
	for i, l := range w.graph.Links {
		if !slices.ContainsFunc(w.graph.Boxes[l.To].Nodes, func(n Node) bool { return n.ID == l.Node }) {
			w.graph.Links[i].Node = "" // no Dockerfile names it
		}
	}
	slices.SortStableFunc(w.graph.Links, func(a, b Link) int { return a.To - b.To })
	return w.graph, w.faults
}

// walk makes boxes of the targets of a plan, dependencies first.
type walk struct {
	graph  *Graph
	from   Sources
	memo   dockerfile.Memo
	boxes  []*boxBuilder
	boxOf  map[string]int
	built  map[string]map[string]*dockerfile.Build // by target and platform
	faults []Fault
}

// add draws a target into the box of its Dockerfile.
func (w *walk) add(b *boxBuilder, t *bake.Target, d Dockerfile) {
	b.box.Targets = append(b.box.Targets, t.Name)
	b.contexts = append(b.contexts, t.Context)
	if d.Missing != "" {
		b.opaque(t.Name, d.Missing)
		w.link(b, t)
		return
	}
	if foreign := dockerfile.Foreign(d.Text, t.Args); foreign != "" {
		b.opaque(t.Name, "only the frontend "+foreign+" knows its stages")
		w.link(b, t)
		return
	}
	file, err := w.memo.Parse(d.Text)
	if err != nil {
		w.fault(b, t.Name, err)
		return
	}
	requests, err := dockerfile.Requests(t, w.from.Native)
	if err != nil {
		w.fault(b, t.Name, err)
		return
	}
	w.built[t.Name] = map[string]*dockerfile.Build{}
	for _, req := range requests {
		req.Config = w.configs(t, req.Platform)
		build, err := file.Resolve(req)
		if err != nil {
			w.fault(b, t.Name, err)
			return
		}
		w.built[t.Name][platformKey(req.Platform)] = build
		b.draw(t, build, w.within(b, t))
	}
	w.link(b, t)
}

// fault notes that a Dockerfile cannot be built from.
func (w *walk) fault(b *boxBuilder, target string, err error) {
	f := Fault{File: b.file, Err: err, Targets: []string{target}}
	if known, ok := err.(*dockerfile.Error); ok {
		f.Line, f.Err = known.Line, known.Err
	}
	b.opaque(target, "it cannot be built: "+f.Err.Error())
	for i, other := range w.faults {
		if other.File == f.File && other.Line == f.Line && other.Err.Error() == f.Err.Error() {
			w.faults[i].Targets = append(other.Targets, target)
			return
		}
	}
	w.faults = append(w.faults, f)
}

func platformKey(p ocispecs.Platform) string {
	return strings.Join([]string{p.OS, p.Architecture, p.Variant}, "/")
}

// configs tells the configurations of the targets that t links to, and of images.
func (w *walk) configs(t *bake.Target, p ocispecs.Platform) func(dockerfile.Image) *dockerfile.Config {
	return func(image dockerfile.Image) *dockerfile.Config {
		for _, l := range t.Links {
			if l.Context == image.Context {
				if b := w.built[l.Target.Name][platformKey(image.Platform)]; b != nil {
					return b.Result
				}
				return nil
			}
		}
		if w.from.Config == nil {
			return nil
		}
		return w.from.Config(t, image)
	}
}

// within are the nodes of b that are the results of targets which t links to, by the
// names of its contexts: these need no node to stand for them.
func (w *walk) within(b *boxBuilder, t *bake.Target) map[string]int {
	out := map[string]int{}
	for _, l := range t.Links {
		if w.boxes[w.boxOf[l.Target.Name]] != b {
			continue
		}
		for i, n := range b.box.Nodes {
			if slices.Contains(n.Results, l.Target.Name) {
				out[l.Context] = i
			}
		}
	}
	return out
}

// link notes the results that t reads of other boxes.
func (w *walk) link(b *boxBuilder, t *bake.Target) {
	to := w.boxOf[t.Name]
	for _, l := range t.Links {
		from := w.boxOf[l.Target.Name]
		one := Link{From: from, To: to, Name: l.Context, Target: l.Target.Name}
		if i, ok := b.known["target "+l.Target.Name]; ok {
			one.Node = b.box.Nodes[i].ID
		}
		if from != to && !slices.Contains(w.graph.Links, one) {
			w.graph.Links = append(w.graph.Links, one)
		}
	}
}

// groupsOf are the groups that name one of targets, however deep.
func groupsOf(p *bake.Plan, targets []string) []string {
	names := map[string]bool{}
	for _, t := range targets {
		names[t] = true
	}
	var out []string
	for more := true; more; {
		more = false
		for _, g := range p.Groups {
			if !names[g.Name] && slices.ContainsFunc(g.Targets, func(t string) bool { return names[t] }) {
				names[g.Name], more = true, true
			}
		}
	}
	for _, g := range p.Groups {
		if names[g.Name] {
			out = append(out, g.Name)
		}
	}
	return out
}

// OfFile is the picture of a Dockerfile alone: what its stage, the last if it is
// empty, is built from, with the values that arguments have by default or in args.
func OfFile(d Dockerfile, stage string, args map[string]string, native ocispecs.Platform) (*Graph, error) {
	if foreign := dockerfile.Foreign(d.Text, args); foreign != "" {
		return nil, fmt.Errorf("only the frontend %s knows its stages", foreign)
	}
	file, err := dockerfile.Parse(d.Text)
	if err != nil {
		return nil, err
	}
	build, err := file.Resolve(dockerfile.Request{Args: args, Stage: stage, Platform: native, Native: native})
	if err != nil {
		return nil, err
	}
	b := newBox(d)
	b.draw(nil, build, nil)
	return &Graph{Boxes: []Box{b.finish()}}, nil
}
