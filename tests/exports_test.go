package tests

import (
	"go/ast"
	"go/parser"
	"path"
	"slices"
	"strings"
	"testing"
)

// narrow are the folders whose rooms export only what another room uses.
var narrow = []string{"bake/submit/", "cmd/"}

// TestExportsAreUsed wants a user in another room, tests aside, for each function,
// variable and constant that a room exports. Types are left out: fields and
// results have them.
func TestExportsAreUsed(t *testing.T) {
	exported, used := map[string]string{}, map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f := parse(t, file, parser.SkipObjectResolution)
		dir := path.Dir(file)
		if dir != "cmd/bake" && slices.ContainsFunc(narrow, func(above string) bool { return strings.HasPrefix(dir, above) }) {
			for _, name := range exports(f) {
				exported["bake/"+dir+"."+name] = file
			}
		}
		imports := map[string]string{}
		for _, spec := range f.Imports {
			pkg := strings.Trim(spec.Path.Value, `"`)
			name := path.Base(pkg)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imports[name] = pkg
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok {
					used[imports[x.Name]+"."+sel.Sel.Name] = true
				}
			}
			return true
		})
	}
	if len(exported) == 0 {
		t.Fatal("nothing is exported")
	}
	for name, file := range exported {
		if !used[name] {
			t.Errorf("%s: %s is exported, and no other room uses it", file, path.Base(name))
		}
	}
}

// exports are the functions, variables and constants that a file exports.
func exports(f *ast.File) []string {
	var names []string
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						if name.IsExported() {
							names = append(names, name.Name)
						}
					}
				}
			}
		}
	}
	return names
}
