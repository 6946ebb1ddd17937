package runtime

import (
	"os"
	"testing"
)

func TestIs(t *testing.T) {
	args := os.Args
	t.Cleanup(func() { os.Args = args })
	for _, c := range []struct {
		args []string
		pipe string
		want bool
	}{
		{[]string{"bake", "engine"}, "", false},
		{[]string{"/state/bin/bake-runc", "run"}, "", true},
		{[]string{"bake-runc"}, "", true},
		{[]string{"bake", "init"}, "", false},
		{[]string{"bake", "init"}, "4", true},
		{[]string{"bake", "run"}, "4", false},
		{nil, "", false},
	} {
		t.Setenv("_LIBCONTAINER_INITPIPE", c.pipe)
		if os.Args = c.args; Is() != c.want {
			t.Errorf("%q with pipe %q: %v", c.args, c.pipe, !c.want)
		}
	}
}
