package app

import (
	"errors"
	"os"
	"path/filepath"
)

// StateDir is where bake keeps what has to outlive it, apart from the engine:
// a directory below $XDG_STATE_HOME/bake, else below /var/lib/bake for root and
// ~/.local/state/bake for others. It need not exist.
func (a *App) StateDir(name string) (string, error) {
	if state := a.Env["XDG_STATE_HOME"]; filepath.IsAbs(state) {
		return filepath.Join(state, "bake", name), nil
	}
	if os.Geteuid() == 0 {
		return filepath.Join("/var/lib/bake", name), nil
	}
	home := a.Env["HOME"]
	if !filepath.IsAbs(home) {
		return "", errors.New("there is no state directory: neither $HOME nor $XDG_STATE_HOME is set")
	}
	return filepath.Join(home, ".local", "state", "bake", name), nil
}
