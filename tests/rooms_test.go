package tests

import (
	"go/ast"
	"go/parser"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// roomLine is a row of README's table of rooms: the folder, the prefix of its files
// if only those are meant, and the type that comes out.
var roomLine = regexp.MustCompile("^\\| `([a-z/]+)`(?:: `([a-z]+_)\\*`)? \\|(.*)\\| `([a-z]+)\\.([A-Z][A-Za-z]+)` \\|$")

// word is something in the text of such a row that has to be there: a room, or the
// prefix of files.
var word = regexp.MustCompile("`([a-z/]+?)(_\\*)?`")

// TestRoomsOfReadme looks for every room, file and type that README's section for
// contributors names.
func TestRoomsOfReadme(t *testing.T) {
	_, section, found := strings.Cut(read(t, "README.md"), "## For contributors\n")
	if !found {
		t.Fatal("README has no section for contributors")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		rows++
		m := roomLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a row of a room: %s", line)
			continue
		}
		if files, _ := filepath.Glob(filepath.Join(root, m[1], m[2]+"*.go")); len(files) == 0 {
			t.Errorf("there are no files %s/%s*.go", m[1], m[2])
		}
		for _, w := range word.FindAllStringSubmatch(m[3], -1) {
			if !isRoom(m[1], w[1], w[2] != "") {
				t.Errorf("%s: there is no %s", m[1], w[0])
			}
		}
		if !hasType(t, m[4], m[5]) {
			t.Errorf("%s: there is no type %s.%s", m[1], m[4], m[5])
		}
	}
	if rows < 10 {
		t.Errorf("only %d rooms", rows)
	}
}

// isRoom reports whether a name is a folder, here or beside or below another, or the
// beginning of files of that.
func isRoom(from, name string, prefix bool) bool {
	if prefix {
		files, _ := filepath.Glob(filepath.Join(root, from, name+"_*.go"))
		return len(files) > 0
	}
	for _, dir := range []string{name, path.Join(from, name), path.Join(path.Dir(from), name)} {
		if st, err := os.Stat(filepath.Join(root, dir)); err == nil && st.IsDir() {
			return true
		}
	}
	return name == "doc.go"
}

// hasType looks for a type in the package of that name.
func hasType(t *testing.T, pkg, name string) bool {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || path.Base(path.Dir(file)) != pkg {
			continue
		}
		for _, decl := range parse(t, file, parser.SkipObjectResolution).Decls {
			if d, ok := decl.(*ast.GenDecl); ok {
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.Name == name {
						return true
					}
				}
			}
		}
	}
	return false
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
