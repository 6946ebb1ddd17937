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

	"bake/tests/fixture"
)

// given are the packages that a machine has on which bake is built and tested:
// what README.md asks for, and what no Debian is without.
var given = []string{"make", "gzip"}

// started are the programs that tests start without looking them up: of the
// packages given, and of those that "make build" has installed.
var started = []string{"bash", "chown", "cp", "git", "go", "grep", "ldd", "mkfifo", "sh", "tar", "true"}

// lookup is a program that a test looks up.
type lookup struct{ file, program, debian string }

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
	for _, l := range lookups(t) {
		if !slices.Contains(installed, l.debian) {
			t.Errorf("%s looks up %s of the Debian package %s, for which .ci/prepare has no row", l.file, l.program, l.debian)
		}
	}
}

// TestPrograms: every program that a test looks up is there. On a machine that
// .ci/prepare has prepared, no test skips or fails for want of one.
func TestPrograms(t *testing.T) {
	for _, l := range lookups(t) {
		t.Run(l.program, func(t *testing.T) { fixture.Program(t, l.program, l.debian) })
	}
}

// lookups are all of the repository. A test that looks for a program in another
// way than fixture.Program with a name and a package fails: nobody would see
// what it needs, and where all is required it may not skip.
func lookups(t *testing.T) []lookup {
	t.Helper()
	var found []lookup
	for _, file := range goFiles(t) {
		if file == "tests/prepare_test.go" {
			continue // looks up what the others do
		}
		inTest := strings.HasSuffix(file, "_test.go")
		ast.Inspect(parse(t, file, parser.SkipObjectResolution), func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch name, args := called(call), literals(call); {
			case name == "Program" && len(args) == 3 && args[1] != "" && args[2] != "":
				found = append(found, lookup{file, args[1], args[2]})
			case name == "Program" && len(args) == 3,
				inTest && name == "LookPath" && !slices.Contains(started, args[0]),
				inTest && name == "Command" && !startable(args[0]),
				inTest && name == "CommandContext" && !startable(args[1]):
				t.Errorf("%s: %s(%q) is not fixture.Program with a program and its package", file, name, args)
			}
			return true
		})
	}
	if len(found) < 15 {
		t.Errorf("only %d programs are looked up: the test does not see them", len(found))
	}
	return found
}

// startable reports whether a test may start a program without looking it up:
// one at its path, one whose name is no literal, one that is always there.
func startable(program string) bool {
	return program == "" || strings.Contains(program, "/") || slices.Contains(started, program)
}

// called is the name of the function that a call calls, without its package.
func called(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		return fun.Sel.Name
	case *ast.Ident:
		return fun.Name
	}
	return ""
}

// literals are the arguments of a call, empty where one is no literal text.
func literals(call *ast.CallExpr) []string {
	texts := make([]string, len(call.Args))
	for i, arg := range call.Args {
		if b, ok := arg.(*ast.BasicLit); ok {
			texts[i], _ = strconv.Unquote(b.Value) // a number is none
		}
	}
	return texts
}

// TestScriptPrograms: what the end-to-end scripts start is always there.
func TestScriptPrograms(t *testing.T) {
	line := regexp.MustCompile(`(?m)^[!?]? *exec +([^ \n]+)`)
	for _, file := range files(t) {
		if !strings.HasPrefix(file, "tests/e2e/testdata/") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(data), -1) {
			if !startable(m[1]) {
				t.Errorf("%s starts %s, which a new machine may not have", file, m[1])
			}
		}
	}
}
