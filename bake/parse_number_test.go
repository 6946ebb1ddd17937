package bake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestUnusualNumbers finds all that may be a number whose text is another.
func TestUnusualNumbers(t *testing.T) {
	for text, want := range map[string][]int{
		"": nil, "x = 1": nil, "1.5": nil, "0": nil, "0.5": nil, "100": nil, "10.01": nil,
		"3.10": {0}, "a = 1.0": {4}, "007": {0}, "1e3": {0}, "1E-3": {0}, "${2.50}": {2}, "1.5, 2.0, 3": {5},
		"é 1.0": {3}, "01": {0}, "1.0": {0},
	} {
		if got := unusualNumbers([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestNumberParts: a part of a version is no number of its own.
func TestNumberParts(t *testing.T) {
	for text, want := range map[string][]string{
		"3.1":            {"3.1"},
		"py3.1-slim":     {"py3.1-slim", "3.1"},
		"1.2.3":          {"1.2.3"},
		"v1.2.3 of 4.":   {"v1.2.3 of 4.", "1.2.3", "4"},
		"reg:5000/a:1.2": {"reg:5000/a:1.2", "5000", "1.2"},
		"none":           {"none"},
	} {
		if got := slices.Collect(numberParts(text)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestManyChangedNumbers: each of many targets has such a number, and each is
// looked for in its own place only.
func TestManyChangedNumbers(t *testing.T) {
	const n = 2000
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "target \"t%d\" {\n  args = { V = 1.0, A = 2, B = \"1\" }\n  tags = [\"a:1\", \"b:1\", \"c:1\"]\n}\n", i)
	}
	def, _ := Parse([]File{{Name: "docker-bake.hcl", Data: []byte(text.String())}}, nil)
	config, diags := def.Evaluate(Scope{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	start := time.Now()
	_, diags = config.Plan(Request{Targets: []string{"t*"}})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if len(diags) != n {
		t.Errorf("%d warnings, want one for each of %d targets", len(diags), n)
	}
}
