package bake

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReference keeps REFERENCE.md equal to what the attribute table and the
// sections in testdata/reference say. BAKE_UPDATE=1 writes it anew.
func TestReference(t *testing.T) {
	got := referencePage(t)
	if os.Getenv("BAKE_UPDATE") != "" {
		if err := os.WriteFile("REFERENCE.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("REFERENCE.md is out of date; run BAKE_UPDATE=1 go test ./bake (-is +should be):\n%s", diff)
	}
}

func referencePage(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(
		"{{attributes}}\n", attributeTable(),
		"{{details}}\n", attributeDetails(),
		"{{merge}}\n", mergeTable(),
		"{{set}}\n", setTable(),
	).Replace(string(data))
}

var shapeText = map[shape]string{
	shapeString: "string", shapeBool: "bool", shapeList: "list of strings", shapeMap: "map of strings",
	shapeEntries: "list of strings or objects", shapeFields: "object",
}

func attributeTable() string {
	var b strings.Builder
	b.WriteString("| attribute | type | default |\n|---|---|---|\n")
	for _, row := range table {
		deflt := ""
		if row.deflt != "" {
			deflt = "`" + row.deflt + "`"
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", row.name, row.name, shapeText[row.shape], deflt)
	}
	return b.String()
}

func attributeDetails() string {
	var b strings.Builder
	for i, row := range table {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", row.name, row.doc)
		fmt.Fprintf(&b, "- Type: %s.\n- Set again: %s.\n- `--set`: %s.\n", shapeText[row.shape], mergeText[row.merge], setText(&row))
	}
	return b.String()
}

func setText(row *attribute) string {
	key := "TARGET." + row.setKey()
	switch row.set {
	case setValue:
		return "`" + key + "=VALUE`"
	case setList:
		return "`" + key + "=VALUE` replaces, `" + key + "+=VALUE` appends, `" + key + "=` clears; may be repeated"
	case setAppend:
		return "`" + key + "=VALUE` appends, `" + key + "=` clears; may be repeated"
	case setKey:
		return "`" + key + ".NAME=VALUE`"
	}
	return "cannot be set"
}

func mergeTable() string {
	var b strings.Builder
	b.WriteString("| rule | attributes |\n|---|---|\n")
	for rule := mergeReplace; rule <= mergeAll; rule++ {
		var names []string
		for _, row := range table {
			if row.merge == rule {
				names = append(names, "`"+row.name+"`")
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", mergeText[rule], strings.Join(names, " "))
	}
	return b.String()
}

func setTable() string {
	var b strings.Builder
	b.WriteString("| key | form |\n|---|---|\n")
	for i := range table {
		if row := &table[i]; row.set != setNone {
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(row.keys(), "` `"), setText(row))
		}
	}
	b.WriteString("| `secret` | `TARGET.secret.ID=env=NAME` or `TARGET.secret.ID=src=FILE` changes where a declared secret comes from |\n")
	b.WriteString("| `push` `load` | `TARGET.push=true`, `TARGET.load=true`: what the flags `--push` and `--load` stand for |\n")
	return b.String()
}

// TestReferenceExamples plans every example of the page, all targets of it.
func TestReferenceExamples(t *testing.T) {
	blocks := fenced(referencePage(t))
	if len(blocks) < 10 {
		t.Fatalf("only %d examples found", len(blocks))
	}
	for i, block := range blocks {
		t.Run(fmt.Sprintf("%d_%s", i+1, block.lang), func(t *testing.T) {
			plan, cfg := planAll(t, "docker-bake."+block.lang, []byte(block.text))
			if cfg == nil || plan == nil {
				t.Errorf("this example does not plan:\n%s", block.text)
			}
		})
	}
}

type fencedBlock struct{ lang, text string }

// fenced returns the hcl and json blocks of a page.
func fenced(page string) []fencedBlock {
	var out []fencedBlock
	for _, part := range strings.Split("\n"+page, "\n```")[1:] {
		lang, text, ok := strings.Cut(part, "\n")
		if ok && (lang == "hcl" || lang == "json") {
			out = append(out, fencedBlock{lang, text + "\n"})
		}
	}
	return out
}
