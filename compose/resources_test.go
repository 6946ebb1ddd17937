package compose

import (
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestIntegers takes whole numbers, as a text too, where a number is due, and
// refuses everything else at its place.
func TestIntegers(t *testing.T) {
	src, _ := newSource("compose.yaml", []byte("a:\n  b:\n    soft: 1\n"))
	for _, tt := range []struct {
		scalar any
		want   int
		ok     bool
	}{{7, 7, true}, {"8", 8, true}, {"-1", -1, true}, {"x", 0, false}, {"", 0, false}, {"1.5", 0, false}, {1.5, 0, false}, {true, 0, false}, {nil, 0, false}} {
		b := &build{loader: &loader{}}
		node := &yaml.Node{Line: 3, Column: 11}
		got, ok := b.integer(&value{scalar: tt.scalar, src: src, node: node}, "soft")
		if got != tt.want || ok != tt.ok || ok == b.diags.HasErrors() {
			t.Errorf("%#v: got %d, %v, %v", tt.scalar, got, ok, b.diags)
		}
		if !ok && (len(b.diags) != 1 || b.diags[0].Summary != "Number expected" || b.diags[0].Subject.Start.Line != 3) {
			t.Errorf("%#v: got %v", tt.scalar, b.diags)
		}
	}
}
