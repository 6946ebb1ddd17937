package tests

import (
	"go/ast"
	"go/parser"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// given are the packages that a machine has on which bake is built and tested:
// what README.md asks for, and what no Debian is without.
var given = []string{"make", "gzip"}

// TestPrepareInstalls: .ci/prepare has a row for the Debian package of every
// program that a test looks up. Without one, "make test" on a new machine would
// fail, or skip, for want of it.
func TestPrepareInstalls(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, ".ci", "prepare"))
	if err != nil {
		t.Fatal(err)
	}
	installed := slices.Clone(given)
	for _, block := range regexp.MustCompile(`(?s)<<'ROWS'\n(.*?)\nROWS\n`).FindAllStringSubmatch(string(data), -1) {
		for row := range strings.Lines(block[1]) {
			installed = append(installed, strings.Fields(row)[0])
		}
	}
	found := 0
	for _, file := range goFiles(t) {
		f := parse(t, file, parser.SkipObjectResolution)
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !looksUp(call.Fun) || len(call.Args) != 3 {
				return true
			}
			pkg, known := literal(call.Args[2])
			if !known {
				return true
			}
			found++
			if !slices.Contains(installed, pkg) {
				name, _ := literal(call.Args[1])
				t.Errorf("%s looks up %s of the Debian package %s, for which .ci/prepare has no row", file, name, pkg)
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("only %d programs are looked up: the test does not see them", found)
	}
}

// looksUp reports whether a function is fixture.Program.
func looksUp(fun ast.Expr) bool {
	if s, ok := fun.(*ast.SelectorExpr); ok {
		fun = s.Sel
	}
	name, ok := fun.(*ast.Ident)
	return ok && name.Name == "Program"
}

func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(b.Value)
	return text, err == nil
}
