package draw

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"bake/bake/graph"
	"bake/bake/graph/font"
	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// outer lays out the boxes, with their links as edges. A monorepo whose targets all
// read one would be a strip, so of several ways to spread those that nobody reads it
// takes the page of the best shape.
func (p *picture) outer() *layout.Drawing {
	links := p.joined()
	best := p.spread(links, make([]int, len(p.boxes)))
	if len(links) < 6 {
		return best
	}
	for ranks := 2; ranks <= maxSpread; ranks++ {
		if d := p.spread(links, p.later(links, ranks)); badness(d.Size) < badness(best.Size)*0.95 {
			best = d
		}
	}
	return best
}

// maxSpread is over how many ranks boxes are spread at most.
const maxSpread = 9

// spread lays out the boxes, each later by a number of ranks than its links ask for.
// The links from a box to later ranks lead through points that they share, so that
// they are seen as one that branches.
func (p *picture) spread(links []graph.Link, later []int) *layout.Drawing {
	o := layout.Options{NodeSep: boxSep, RankSep: boxRank, LeftToRight: !p.options.TopDown, Concentrate: p.options.Concentrate}
	var g layout.Graph
	for _, b := range p.boxes {
		g.Nodes = append(g.Nodes, b.size)
	}
	trunks := map[[2]int]int{} // nodes by box and rank
	edges := map[[2]int]int{}  // edges by box and rank, up to its point
	ways := make([][]int, len(links))
	for i, l := range links {
		from := l.From
		for rank := 1; rank <= later[l.To]; rank++ {
			k := [2]int{l.From, rank}
			if _, ok := trunks[k]; !ok {
				trunks[k], edges[k] = len(g.Nodes), len(g.Edges)
				g.Nodes = append(g.Nodes, layout.Size{})
				g.Edges = append(g.Edges, layout.Edge{From: from, To: trunks[k]})
			}
			from = trunks[k]
			ways[i] = append(ways[i], edges[k])
		}
		ways[i] = append(ways[i], len(g.Edges))
		g.Edges = append(g.Edges, layout.Edge{From: from, To: l.To})
	}
	d := layout.Lay(g, o)
	routes := make([]layout.Route, len(links))
	for i, way := range ways {
		for k, e := range way {
			points := d.Routes[e].Points
			if k > 0 && len(points) > 0 {
				points = points[1:]
			}
			routes[i].Points = append(routes[i].Points, points...)
		}
	}
	return &layout.Drawing{Size: d.Size, Nodes: d.Nodes[:len(p.boxes)], Routes: routes}
}

// later is by how many ranks each box is moved. Those that are read by none fill one
// rank after the other, those that read the same side by side, so that few links
// lead far.
func (p *picture) later(links []graph.Link, ranks int) []int {
	later := make([]int, len(p.boxes))
	read, reads := make([]bool, len(p.boxes)), make([]string, len(p.boxes))
	for _, l := range links {
		read[l.From] = true
		reads[l.To] += fmt.Sprintf("%06d ", l.From)
	}
	var last []int
	room := 0.0
	for i := range p.boxes {
		if reads[i] != "" && !read[i] {
			last = append(last, i)
			room += p.across(i)
		}
	}
	slices.SortStableFunc(last, func(a, b int) int { return cmp.Compare(reads[a], reads[b]) })
	used := 0.0
	for _, i := range last {
		used += p.across(i)
		later[i] = min(ranks-1, int((used-p.across(i)/2)/room*float64(ranks)))
	}
	return later
}

// across is the room that a box takes in its rank.
func (p *picture) across(box int) float64 {
	if p.options.TopDown {
		return p.boxes[box].size.W + boxSep
	}
	return p.boxes[box].size.H + boxSep
}

// badness is how large a page of a good shape must be to hold another.
func badness(s layout.Size) float64 {
	if s.W == 0 || s.H == 0 {
		return 0
	}
	return math.Max(s.W/aspect, s.H)
}

// joined are the links, one for each pair of boxes.
func (p *picture) joined() []graph.Link {
	var out []graph.Link
	seen := map[[2]int]bool{}
	for _, l := range p.graph.Links {
		pair := [2]int{l.From, l.To}
		if !seen[pair] && l.From != l.To {
			out = append(out, l)
		}
		seen[pair] = true
	}
	return out
}

// place moves the boxes to their places, and draws the links.
func (p *picture) place(page *layout.Drawing) {
	for i, b := range p.boxes {
		dx, dy := page.Nodes[i].X-b.size.W/2, page.Nodes[i].Y-b.size.H/2
		for _, list := range [][]Group{b.frame, b.edges, b.nodes} {
			for k := range list {
				list[k].move(dx, dy)
			}
		}
	}
	for i, l := range p.joined() {
		tip, number := "", -1
		for k, other := range p.graph.Links {
			if other.From == l.From && other.To == l.To {
				if number < 0 {
					number = k
				} else {
					tip += "\n"
				}
				tip += linkTip(p.graph, other)
			}
		}
		p.links = append(p.links, Group{
			ID: fmt.Sprintf("l%d", number), Class: "link", Tip: tip, Shapes: stroke(page.Routes[i].Points, look.LinkStyle()),
		})
	}
}

// finish puts the title above a scene, the legend below, a margin around and the
// paper under it.
func (p *picture) finish(s *Scene) {
	top := 0.0
	var head []Group
	if p.graph.Title != "" {
		l := line{text: look.Cut(p.graph.Title, 80), size: pageSize, face: font.Bold, role: look.Ink, left: true}
		head = append(head, Group{Class: "page", Texts: []Text{l.at(0, 0, 0)}})
		top, s.Size.W = l.height()+10, max(s.Size.W, l.width())
	}
	var foot []Group
	if p.options.Legend {
		legend, size := p.legend(max(s.Size.W, 640))
		if len(legend) > 0 {
			y := top + s.Size.H + 18
			for i := range legend {
				legend[i].move(0, y)
			}
			foot = legend
			s.Size = layout.Size{W: max(s.Size.W, size.W), H: s.Size.H + 18 + size.H}
		}
	}
	for i := range s.Groups {
		s.Groups[i].move(0, top)
	}
	s.Groups = append(append(head, s.Groups...), foot...)
	for i := range s.Groups {
		s.Groups[i].move(margin, margin)
	}
	s.Size = layout.Size{W: math.Ceil(s.Size.W + 2*margin), H: math.Ceil(s.Size.H + top + 2*margin)}
	paper := Shape{Path: polygon(true, layout.Point{}, layout.Point{X: s.Size.W}, layout.Point{X: s.Size.W, Y: s.Size.H}, layout.Point{Y: s.Size.H}), Fill: look.Paper}
	s.Groups = append([]Group{{Class: "page", Shapes: []Shape{paper}}}, s.Groups...)
}

// Sizes of the samples of a legend.
const (
	sampleW  = 34.0
	sampleH  = 16.0
	entryGap = 22.0
	rowH     = 24.0
)

// legend explains what occurs, in rows of at most a width.
func (p *picture) legend(width float64) ([]Group, layout.Size) {
	var out []Group
	x, y, widest := 0.0, 0.0, 0.0
	for _, e := range look.Legend(p.graph) {
		words := line{text: e.Words, size: noteSize, role: look.Muted, left: true}
		w := sampleW + 6 + words.width()
		if x > 0 && x+w > width {
			x, y = 0, y+rowH
		}
		g := p.sample(e)
		g.Texts = append(g.Texts, words.at(sampleW+6, (sampleH-words.height())/2, 0))
		g.move(x, y)
		out = append(out, g)
		x += w
		widest = max(widest, x)
		x += entryGap
	}
	return out, layout.Size{W: widest, H: y + rowH}
}

// sample draws what a row of a legend explains.
func (p *picture) sample(e look.Entry) Group {
	g := Group{Class: "legend"}
	route := []layout.Point{{Y: sampleH / 2}, {X: sampleW / 3, Y: sampleH / 2}, {X: sampleW * 2 / 3, Y: sampleH / 2}, {X: sampleW, Y: sampleH / 2}}
	switch {
	case e.Link:
		g.Shapes = stroke(route, look.LinkStyle())
	case e.Edge != "":
		g.Shapes = stroke(route, look.EdgeStyle(graph.Edge{Kind: e.Edge}, p.marks, p.options))
	default:
		s := look.NodeStyle(e.Node, p.marks)
		g.Shapes = []Shape{{Path: rounded(0.5, 0.5, sampleW-1, sampleH-1, 4), Fill: s.Ground, Line: s.Line, Width: s.Width, Dash: s.Dash}}
	}
	return g
}
