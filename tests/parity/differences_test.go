package parity

import (
	"os"
	"strings"
	"testing"
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
			if !strings.HasPrefix(name, "Test") {
				checkListed(t, id, name)
			}
		}
	}
	return ids
}

func checkListed(t *testing.T, id, name string) {
	t.Helper()
	a, err := readArchive("testdata/" + name + ".txtar")
	if err != nil {
		t.Errorf("differences.md: row %q: %v", id, err)
		return
	}
	if a.differs != id {
		t.Errorf("differences.md: row %q names %s, which differs by %q", id, name, a.differs)
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
