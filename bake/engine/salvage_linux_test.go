package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSeal tells databases that are as they were left from others.
func TestSeal(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cache.db", "history.db"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeSeal(dir); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "history.db"), past, past); err != nil {
		t.Fatal(err)
	}
	s := takeSeal(dir)
	if !s.holds(dir, "cache.db") || s.holds(dir, "history.db") || s.holds(dir, "runc-native/metadata_v2.db") {
		t.Errorf("%+v", s)
	}
	if again := takeSeal(dir); again != nil {
		t.Errorf("an engine that is killed would leave %+v", again)
	}
}

func TestExplainDamage(t *testing.T) {
	if got := explainDamage("/state", errors.New("cannot open the solver cache: invalid")).Error(); !strings.Contains(got, "rm -r /state") {
		t.Error(got)
	}
	if got := explainDamage("/state", errors.New("no space left")).Error(); strings.Contains(got, "rm") {
		t.Error(got)
	}
}
