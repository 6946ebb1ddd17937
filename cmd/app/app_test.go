package app

import (
	"os"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
)

func TestReadEnv(t *testing.T) {
	got := ReadEnv([]string{"A=1", "B=", "C", "A=2", "=D=x", "E=a=b"})
	if diff := cmp.Diff(bake.Env{"A": "1", "B": "", "E": "a=b"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStateDir(t *testing.T) {
	a := &App{Env: bake.Env{}}
	a.Env["XDG_STATE_HOME"], a.Env["HOME"] = "/state", "/home/me"
	if dir, err := a.StateDir("x"); err != nil || dir != "/state/bake/x" {
		t.Errorf("%q, %v", dir, err)
	}
	delete(a.Env, "XDG_STATE_HOME")
	want := "/home/me/.local/state/bake/x"
	if os.Geteuid() == 0 {
		want = "/var/lib/bake/x"
	}
	if dir, err := a.StateDir("x"); err != nil || dir != want {
		t.Errorf("%q, %v", dir, err)
	}
}
