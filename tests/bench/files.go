package main

import (
	"bufio"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"bake/tests/fixture"
)

// home is a directory for what belongs to the run as a whole.
func (b *bench) home() string {
	if b.top == "" {
		b.top = b.TempDir()
	}
	return b.top
}

// peer is docker buildx with the engine at a socket as its builder; without a
// socket it has none.
func (b *bench) peer(socket string) *fixture.Peer {
	if b.peers[socket] == nil {
		b.peers[socket] = fixture.NewPeer(b, socket)
	}
	return b.peers[socket]
}

// random is the source of what is generated for a case of size n.
func (b *bench) random(n int) *rand.Rand { return rand.New(rand.NewPCG(b.seed, uint64(n))) }

// writeFile writes a file below dir piece by piece: this process stays small.
func (b *bench) writeFile(dir, name string, write func(w *bufio.Writer)) {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	write(w)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// targetOptions say what submitted targets are like.
type targetOptions struct {
	shared     bool   // one context for all; else each has a small one of its own
	dockerfile string // see numbered
	output     string // see numbered
	tag        string // of what has an output, see numbered
}

// writeTargets writes a definition of n targets, no two alike.
func (b *bench) writeTargets(dir string, n int, o targetOptions) {
	b.writeFile(dir, "docker-bake.hcl", func(w *bufio.Writer) {
		for i := range n {
			fmt.Fprintf(w, "target \"t%d\" {\n", i)
			if o.shared {
				fmt.Fprintf(w, "  dockerfile = \"t%d.Dockerfile\"\n", i)
			} else {
				fmt.Fprintf(w, "  context = \"t%d\"\n", i)
			}
			if o.output != "" {
				fmt.Fprintf(w, "  tags = [%q]\n  output = [%q]\n", numbered(cmp.Or(o.tag, "example.com/t{n}:1"), i), numbered(o.output, i))
			}
			fmt.Fprint(w, "}\n")
		}
		defaultGroup(w, "t", n)
	})
	for i := range n {
		name := fmt.Sprintf("t%d/Dockerfile", i)
		if o.shared {
			name = fmt.Sprintf("t%d.Dockerfile", i)
		} else {
			b.writeFile(dir, fmt.Sprintf("t%d/file", i), func(w *bufio.Writer) { fmt.Fprintln(w, i) })
		}
		b.writeFile(dir, name, func(w *bufio.Writer) { fmt.Fprint(w, numbered(o.dockerfile, i)) })
	}
}

// numbered is a text with the number of a target in the place of each {n}.
func numbered(text string, i int) string { return strings.ReplaceAll(text, "{n}", strconv.Itoa(i)) }

// commit makes dir a git repository with a commit of all that is in it: where
// people build. Both sides read the commit for the provenance.
func (b *bench) commit(dir string) {
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0", "commit", "-qm", "files"},
	} {
		cmd := exec.CommandContext(b.Context(), "git", args...)
		cmd.Dir = dir
		fixture.MustRun(b, cmd)
	}
}
