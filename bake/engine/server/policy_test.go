//go:build linux

package server

import (
	"testing"
	"time"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/session/auth"
)

// How long the engine waits for credentials is set for the whole process.
func TestSessionAuthTimeout(t *testing.T) {
	usual := auth.SessionAuthTimeout
	defer func() { auth.SessionAuthTimeout = usual }()
	if err := applySystem(config.Config{}); err != nil || auth.SessionAuthTimeout != usual {
		t.Errorf("without a setting: %v, %v", auth.SessionAuthTimeout, err)
	}
	set := config.Config{System: &config.SystemConfig{SessionAuthTimeout: &config.Duration{Duration: 7 * time.Second}}}
	if err := applySystem(set); err != nil || auth.SessionAuthTimeout != 7*time.Second {
		t.Errorf("set to 7 s: %v, %v", auth.SessionAuthTimeout, err)
	}
}
