package layout

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

var usual = Options{NodeSep: 18, RankSep: 36}

// readGraph is the graph of a Dockerfile's stages and images, nil where it is none
// or has few stages.
func readGraph(path string, least int) *Graph {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	parsed, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil || len(stages) < least {
		return nil
	}
	r := reader{g: &Graph{}, index: map[string]int{}}
	for i, s := range stages {
		me := r.node(strconv.Itoa(i) + " " + s.Name)
		r.read(s.BaseName, me)
		for _, c := range s.Commands {
			r.command(c, me)
		}
		if s.Name != "" {
			r.index[strings.ToLower(s.Name)] = me
		}
		r.index[strconv.Itoa(i)] = me
	}
	return r.g
}

type reader struct {
	g     *Graph
	index map[string]int
}

// node adds one as wide as its name.
func (r *reader) node(name string) int {
	width := 24 + 6.5*float64(min(len(name), 40))
	r.g.Nodes = append(r.g.Nodes, Size{W: width, H: 36})
	return len(r.g.Nodes) - 1
}

// read adds an edge from a stage or an image.
func (r *reader) read(from string, to int) {
	if from == "" {
		return
	}
	i, ok := r.index[strings.ToLower(from)]
	if !ok {
		i = r.node(from)
		r.index[strings.ToLower(from)] = i
	}
	r.g.Edges = append(r.g.Edges, Edge{From: i, To: to})
}

func (r *reader) command(c instructions.Command, to int) {
	switch c := c.(type) {
	case *instructions.CopyCommand:
		r.read(c.From, to)
	case *instructions.RunCommand:
		if c.Expand(func(s string) (string, error) { return s, nil }) != nil {
			return
		}
		for _, m := range instructions.GetMounts(c) {
			r.read(m.From, to)
		}
	}
}

// TestRealDockerfiles lays the Dockerfiles of real projects out that have five
// stages and more, and compares the crossings with dot's.
func TestRealDockerfiles(t *testing.T) {
	root := os.Getenv("BAKE_DOCKERFILES")
	if root == "" {
		t.Skip("no Dockerfiles of real projects: set BAKE_DOCKERFILES to a folder of them")
	}
	var all tally
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(strings.ToLower(d.Name()), "dockerfile") {
			return err
		}
		if g := readGraph(path, 5); g != nil {
			name, _ := filepath.Rel(root, path)
			all.add(t, name, *g)
		}
		return nil
	})
	if err != nil || len(all.rows) == 0 {
		t.Fatalf("%d Dockerfiles in %s: %v", len(all.rows), root, err)
	}
	all.report(t)
	if slowest := slices.MaxFunc(all.rows, func(x, y row) int { return int(x.time - y.time) }); slowest.time > slow {
		t.Errorf("%s took %v", slowest.name, slowest.time)
	}
}

// tally compares drawings with dot's.
type tally struct {
	rows []row
}

type row struct {
	name              string
	nodes, edges      int
	dot, ours         int
	dotPoints, points int
	dotTime, time     time.Duration
	w, h              float64
	failed            bool
}

func (a *tally) add(t *testing.T, name string, g Graph) {
	d, took := timed(g)
	r := row{name: name, nodes: len(g.Nodes), edges: len(g.Edges), time: took, w: d.Size.W, h: d.Size.H}
	for _, f := range faults(g, d) {
		t.Errorf("%s: %s", name, f)
	}
	r.ours, r.points = crossingsOf(g, d.lines())
	start := time.Now()
	routes, err := dotRoutes(t, g, usual, 8*time.Minute)
	r.dotTime = time.Since(start)
	if err != nil {
		r.failed = true
	} else {
		r.dot, r.dotPoints = crossingsOf(g, routes)
	}
	a.rows = append(a.rows, r)
}

// slow is how long no graph of a real Dockerfile takes, on two cores that have
// nothing else to do.
const slow = 1500 * time.Millisecond

// timed lays a graph out, and again as long as that was slow: others may use the
// machine too.
func timed(g Graph) (*Drawing, time.Duration) {
	var best time.Duration
	for try := 0; ; try++ {
		start := time.Now()
		d := Lay(g, usual)
		if took := time.Since(start); try == 0 || took < best {
			best = took
		}
		if best < slow || try == 4 {
			return d, best
		}
	}
}

// report fails when lines cross more often than dot's, all in all.
func (a *tally) report(t *testing.T) {
	slices.SortStableFunc(a.rows, func(x, y row) int { return x.nodes - y.nodes })
	var sum row
	for _, r := range a.rows {
		t.Logf("%4d nodes %4d edges: dot %5d (%5d) %8v, ours %5d (%5d) %8v %6.0fx%-6.0f %s", r.nodes, r.edges, r.dot, r.dotPoints,
			r.dotTime.Round(time.Millisecond), r.ours, r.points, r.time.Round(time.Millisecond), r.w, r.h, r.name)
		if !r.failed {
			sum.dot, sum.ours = sum.dot+r.dot, sum.ours+r.ours
			sum.dotPoints, sum.points = sum.dotPoints+r.dotPoints, sum.points+r.points
			sum.nodes++
		}
	}
	t.Logf("%d graphs: dot %d pairs %d crossings, ours %d %d: %.3f %.3f", sum.nodes, sum.dot, sum.dotPoints, sum.ours, sum.points,
		float64(sum.ours)/float64(max(sum.dot, 1)), float64(sum.points)/float64(max(sum.dotPoints, 1)))
	if float64(sum.ours) > 1.1*float64(sum.dot) {
		t.Errorf("%d pairs of routes cross, %d in dot's", sum.ours, sum.dot)
	}
}
