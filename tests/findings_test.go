package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const leastFindings = 7

// findingForm is the form of a finding: a sentence, the versions, the behaviour and
// the output, which the last command compares with what it sees.
var findingForm = regexp.MustCompile(`\A#!/bin/sh
# [A-Z][^\n]*\.
#
# Versions: [^\n]*[0-9]+\.[0-9]+[^\n]*\n(?:# [^\n]*\n)*#
# Behaviour: (?:[^\n]*\n# )*[^\n]*
#
# Seen:
(?:#   [^\n]*\n)+(?:#\n(?:# [^\n]*\n)+)?set -eu
`)

// TestFindings checks the form of the findings and runs none: they fetch what they
// run.
func TestFindings(t *testing.T) {
	paths, err := filepath.Glob(root + "/findings/*")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := os.ReadFile(root + "/findings/README.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+\.sh$`)
	n := 0
	for _, path := range paths {
		base := filepath.Base(path)
		if base == "README.md" {
			continue
		}
		n++
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o111 == 0 || !name.MatchString(base) {
			t.Errorf("%s: no program with a name in kebab-case: %v", base, err)
		}
		if !findingForm.MatchString(text) {
			t.Errorf("%s: not of the form of a finding", base)
			continue
		}
		title := strings.TrimPrefix(strings.Split(text, "\n")[1], "# ")
		if want := "- `" + base + "`: " + title + "\n"; !strings.Contains(string(pages), want) {
			t.Errorf("README.md of the findings has no line %q", want)
		}
		for _, want := range []string{"dir=$(mktemp -d)\n", "rm -rf \"$dir\"", "\ncd \"$dir\"\n", "sed -n '/^# Seen:/,/^set/s/^#   //p' \"$self\" | diff - got\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: has no %q", base, want)
			}
		}
		if !strings.HasSuffix(text, "| diff - got\n") {
			t.Errorf("%s: does not end with the comparison", base)
		}
		if strings.Contains(strings.ToLower(text), "bake") {
			t.Errorf("%s: is about this project, not about other software", base)
		}
		if regexp.MustCompile(`@(latest|main|master)\b`).MatchString(text) {
			t.Errorf("%s: names no version", base)
		}
	}
	if n < leastFindings {
		t.Errorf("%d findings, want at least %d", n, leastFindings)
	}
	if listed := strings.Count(string(pages), "\n- `"); listed != n {
		t.Errorf("README.md of the findings lists %d of %d", listed, n)
	}
}
