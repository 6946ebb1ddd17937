package parity

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// leastPeerDefinitions is how many definitions the peer's tests must give.
const leastPeerDefinitions = 150

// TestPeerDefinitions runs every definition that stands as a text in the
// peer's own tests, in both syntaxes.
func TestPeerDefinitions(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/docker/buildx/bake").Output()
	if err != nil {
		t.Fatalf("cannot find the peer's sources: %v", err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "*_test.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests among the peer's sources: %v", err)
	}
	var definitions int
	for _, path := range paths {
		for _, text := range literals(t, path) {
			if compareDefinition(t, text) {
				definitions++
			}
		}
	}
	t.Logf("parity: %d definitions of the peer's tests", definitions)
	if definitions < leastPeerDefinitions {
		t.Errorf("found %d definitions, want at least %d", definitions, leastPeerDefinitions)
	}
}

// goText is a text in a Go file.
type goText struct{ at, text string }

func literals(t *testing.T, path string) []goText {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []goText
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		if text, err := strconv.Unquote(lit.Value); err == nil {
			pos := set.Position(lit.Pos())
			found = append(found, goText{filepath.Base(pos.Filename) + ":" + strconv.Itoa(pos.Line), text})
		}
		return true
	})
	return found
}

var looksDefined = regexp.MustCompile(`(?m)\b(target|group|variable|function)\b`)

// compareDefinition compares both sides on a text, if it is a definition, and
// reports whether it is.
func compareDefinition(t *testing.T, lit goText) bool {
	t.Helper()
	if !looksDefined.MatchString(lit.text) {
		return false
	}
	files := inBothSyntaxes(lit.text)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{}, {"*"}, {"*", "--push", "--set", "*.tags+=x"}, {"--list", "targets"}, {"--list", "variables"}} {
			r := run{Dir: dir, Args: append([]string{"-f", name}, args...)}
			theirs, mine := peer.ask(r), askOurs(r)
			if !sameAnswer(theirs, mine) && !sameButOrder(theirs, mine, peer.matrix(r)) {
				t.Errorf("%s: %s: - buildx, + bake\n%s\n%s", lit.at, r, text, diff(theirs, mine))
			}
		}
	}
	return len(files) > 0
}

// inBothSyntaxes are the files that a text makes: itself and its JSON twin, if
// it is HCL, only itself if it is JSON, and none if it is neither.
func inBothSyntaxes(text string) map[string][]byte {
	var object map[string]any
	if json.Unmarshal([]byte(text), &object) == nil {
		return map[string][]byte{"docker-bake.json": []byte(text)}
	}
	if _, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos); diags.HasErrors() || !strings.Contains(text, "{") {
		return nil
	}
	files := map[string][]byte{"docker-bake.hcl": []byte(text)}
	if twin, err := toJSON([]byte(text), ""); err == nil {
		files["docker-bake.json"] = twin
	}
	return files
}
