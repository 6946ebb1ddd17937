package dockerfile

import (
	"bytes"
	"slices"
	"strings"

	"bake/bake/submit/source"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Copied names the part of the context that a Dockerfile reads, as written:
// the sources of its COPY and ADD instructions, or nothing if it may read all.
// The engine transfers only that part. Two Dockerfiles that read different
// parts of one directory would, under one name, overwrite each other's copy in
// the engine, and transfer everything again in each run. It is only a name:
// what is transferred is up to the frontend.
func Copied(dockerfile []byte) string {
	ast, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return ""
	}
	var paths []string
	for _, node := range ast.AST.Children {
		switch strings.ToLower(node.Value) {
		case "copy", "add":
			sources, known := copySources(node)
			if !known {
				return ""
			}
			paths = append(paths, sources...)
		case "run":
			for _, f := range node.Flags {
				if strings.HasPrefix(f, "--mount") && !strings.Contains(f, "type=cache") && !strings.Contains(f, "type=secret") &&
					!strings.Contains(f, "type=ssh") && !strings.Contains(f, "type=tmpfs") && !strings.Contains(f, "from=") {
					return ""
				}
			}
		}
	}
	slices.Sort(paths)
	return strings.Join(slices.Compact(paths), "\n")
}

// copySources returns what an instruction reads from the context. known is
// false if that is all of it or depends on a variable.
func copySources(node *parser.Node) (sources []string, known bool) {
	for _, f := range node.Flags {
		if strings.HasPrefix(f, "--from") {
			return nil, true
		}
	}
	for n := node.Next; n != nil && n.Next != nil; n = n.Next { // the last one is the destination
		switch p := strings.Trim(n.Value, "/"); {
		case p == "" || p == "." || strings.Contains(p, "$"):
			return nil, false
		case source.IsURL(n.Value) || strings.HasPrefix(n.Value, "<<"):
		default:
			sources = append(sources, p)
		}
	}
	return sources, true
}
