package form_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"bake/bake/graph"
	"bake/bake/graph/draw"
	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// variants are options under which every picture must hold.
func variants() map[string]look.Options {
	return map[string]look.Options{
		"plain": {}, "legend": {Legend: true, Theme: look.Dark}, "down": {TopDown: true, Layers: true, Legend: true},
		"short": {MaxLabel: 6, Concentrate: true, Unflatten: 3, SolidEdges: true, NodeSep: 5, RankSep: 90, Scratch: look.Separated},
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	for of, g := range graphs() {
		for with, o := range variants() {
			d := xml.NewDecoder(strings.NewReader(string(render(t, "svg", g, o))))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", of, with, err)
				}
				if e, ok := token.(xml.StartElement); ok {
					attributesAreHarmless(t, of, e)
				}
			}
		}
	}
}

func attributesAreHarmless(t *testing.T, of string, e xml.StartElement) {
	t.Helper()
	if e.Name.Local == "script" || e.Name.Local == "a" || e.Name.Local == "image" {
		t.Errorf("%s has an element %s", of, e.Name.Local)
	}
	for _, a := range e.Attr {
		if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
			t.Errorf("%s: %s has an attribute %s", of, e.Name.Local, a.Name.Local)
		}
	}
}

// rectangle is what a group covers.
type rectangle struct{ left, top, right, bottom float64 }

func cover(shapes ...draw.Shape) rectangle {
	r := rectangle{1e9, 1e9, -1e9, -1e9}
	for _, s := range shapes {
		for _, segment := range s.Path {
			for i := range segment.Op.N() {
				p := segment.Points[i]
				r = rectangle{min(r.left, p.X), min(r.top, p.Y), max(r.right, p.X), max(r.bottom, p.Y)}
			}
		}
	}
	return r
}

func (r rectangle) meets(o rectangle) bool {
	const touch = 0.01
	return r.left < o.right-touch && o.left < r.right-touch && r.top < o.bottom-touch && o.top < r.bottom-touch
}

func (r rectangle) holds(o rectangle) bool {
	const touch = 0.01
	return r.left <= o.left+touch && r.top <= o.top+touch && r.right >= o.right-touch && r.bottom >= o.bottom-touch
}

func TestScenesHold(t *testing.T) {
	for of, g := range graphs() {
		for with, o := range variants() {
			holds(t, of+", "+with, g, o)
		}
	}
}

// holds looks at what is drawn: no box or node lies on another, nodes are in their
// box, texts in their node, and all on the page.
func holds(t *testing.T, name string, g *graph.Graph, o look.Options) {
	t.Helper()
	scene, err := draw.Draw(g, o)
	if err != nil {
		t.Fatal(err)
	}
	page := rectangle{0, 0, scene.Size.W, scene.Size.H}
	frames := map[string]rectangle{}
	var nodes []rectangle
	for _, group := range scene.Groups {
		r := cover(group.Shapes...)
		if len(group.Shapes) > 0 && !page.holds(r) {
			t.Errorf("%s: %s %s at %v is off the page %v", name, group.Class, group.ID, r, page)
		}
		for _, text := range group.Texts {
			at := rectangle{text.X, text.Y - text.Size*0.75, text.X + text.W, text.Y + text.Size*0.2}
			if (group.Class == "node" || group.Class == "box") && !r.holds(at) {
				t.Errorf("%s: %q at %v does not fit %s %v", name, text.Text, at, group.ID, r)
			}
		}
		switch group.Class {
		case "box":
			for id, other := range frames {
				if other.meets(r) {
					t.Errorf("%s: box %s lies on box %s", name, group.ID, id)
				}
			}
			frames[group.ID] = r
		case "node":
			id, _, _ := strings.Cut(group.ID, "n")
			if frame, ok := frames[id]; ok && !frame.holds(r) {
				t.Errorf("%s: node %s is not in its box", name, group.ID)
			}
			for _, other := range nodes {
				if other.meets(r) {
					t.Errorf("%s: node %s lies on another", name, group.ID)
				}
			}
			nodes = append(nodes, r)
		}
	}
}

// TestPageHasASensibleShape wants no strip of a definition with many targets.
func TestPageHasASensibleShape(t *testing.T) {
	for _, n := range []int{1, 7, 60, 200} {
		scene, err := draw.Draw(monorepo(n), look.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if shape := scene.Size.W / scene.Size.H; n > 7 && (shape < 0.6 || shape > 3) {
			t.Errorf("%d targets: a page of %v points", n, layout.Size(scene.Size))
		}
	}
}
