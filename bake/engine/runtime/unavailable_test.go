//go:build !linux || !cgo

package runtime

import (
	"strings"
	"testing"
)

func TestBuildWithoutARuntimeSaysSo(t *testing.T) {
	if Available() || SeccompEnabled() {
		t.Error("this build has no runtime")
	}
	if text := why(); !strings.Contains(text, "CGO_ENABLED=1") && !strings.Contains(text, "Linux") {
		t.Errorf("it does not say what to do: %s", text)
	}
}
