package parity

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// readDifferences reads the ids of differences.md and checks its rows: every
// column filled, every id once, and the test named in the last column there.
func readDifferences(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile("differences.md")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		cells, ok := tableRow(line)
		if !ok {
			continue
		}
		id := cells[0]
		if len(cells) != 5 || ids[id] {
			t.Errorf("differences.md: bad or repeated row %q", id)
			continue
		}
		ids[id] = true
		for _, cell := range cells {
			if cell == "" {
				t.Errorf("differences.md: row %q has an empty cell", id)
			}
		}
		for _, name := range strings.Split(strings.ReplaceAll(cells[4], "`", ""), ", ") {
			if err := checkListed(id, name); err != nil {
				t.Errorf("differences.md: row %q: %v", id, err)
			}
		}
	}
	return ids
}

// checkListed returns an error when a test of the last column is not there. A
// test is one of
//
//   - NAME: an archive of testdata that names the row
//   - FILE/CASE: a case of ../../compose/testdata/FILE.txtar that differs
//   - tests/DIR/NAME: a script of that directory
//   - DIR/TestNAME: a test of the package in that directory
func checkListed(id, name string) error {
	dir, base := path.Split(name)
	switch {
	case dir == "":
		a, err := readArchive("testdata/" + name + ".txtar")
		if err == nil && a.differs != id {
			err = fmt.Errorf("%s differs by %q", name, a.differs)
		}
		return err
	case strings.HasPrefix(base, "Test"):
		return checkTestFunction(dir, base)
	case strings.HasPrefix(dir, "tests/"):
		_, err := os.Stat(filepath.Join("../..", dir, "testdata", base+".txtar"))
		return err
	}
	if !composeDiffers()[name] {
		return fmt.Errorf("no Compose case %s differs", name)
	}
	return nil
}

// checkTestFunction looks for a test function in the files of a package.
func checkTestFunction(dir, name string) error {
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.Contains(string(data), "\nfunc "+name+"(t *testing.T) {") {
			return nil
		}
	}
	return fmt.Errorf("no %s in %s", name, dir)
}

// composeDiffers are the cases of the Compose archives whose result is not the
// peer's, as FILE/CASE.
var composeDiffers = sync.OnceValue(func() map[string]bool {
	found := map[string]bool{}
	files, err := filepath.Glob("../../compose/testdata/*.txtar")
	if err != nil {
		return found
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			continue // the tests of compose tell
		}
		for _, f := range ar.Files {
			if name, ok := strings.CutSuffix(f.Name, "/differs"); ok {
				found[strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name] = true
			}
		}
	}
	return found
})

// TestComposeDifferencesListed fails when a Compose case that differs from the
// peer is in no row.
func TestComposeDifferencesListed(t *testing.T) {
	readDifferences(t)
	data, err := os.ReadFile("differences.md")
	if err != nil {
		t.Fatal(err)
	}
	named := strings.FieldsFunc(string(data), func(r rune) bool { return strings.ContainsRune("|, `\n", r) })
	all := composeDiffers()
	if len(all) == 0 {
		t.Error("no Compose case differs")
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(named, name) {
			t.Errorf("differences.md: the Compose case %s differs and is in no row", name)
		}
	}
}

// tableRow splits a line of a table into cells; the heading and its rule are
// no rows.
func tableRow(line string) ([]string, bool) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| id ") {
		return nil, false
	}
	const bar = "\x00"
	line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, bar)
	var cells []string
	for _, cell := range strings.Split(line, "|") {
		cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, bar, "|")))
	}
	return cells, true
}
