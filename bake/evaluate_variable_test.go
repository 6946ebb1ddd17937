package bake

import (
	"errors"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestCaught takes a panic for an error, and changes nothing else. Values on
// which the library panics are kept nowhere.
func TestCaught(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		read func() (cty.Value, error)
		want cty.Value
		err  string
	}{
		"a value":  {func() (cty.Value, error) { return cty.True, nil }, cty.True, ""},
		"an error": {func() (cty.Value, error) { return cty.NilVal, refused }, cty.NilVal, "refused"},
		"a panic":  {func() (cty.Value, error) { panic("index out of range") }, cty.NilVal, "its structure is not that of the type"},
	} {
		got, err := caught(c.read)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != c.err || got != c.want {
			t.Errorf("%s: got %#v, %q", name, got, text)
		}
	}
}
