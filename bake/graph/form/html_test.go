package form_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"bake/bake/graph/look"
)

// TestPageRunsItsOwnScriptOnly reads the page as a browser does: whatever the names
// are, it has two script elements, of which one is data that is JSON, and nothing
// that loads from elsewhere.
func TestPageRunsItsOwnScriptOnly(t *testing.T) {
	for of, g := range graphs() {
		page := string(render(t, "html", g, look.Options{Legend: true, Layers: true}))
		scripts := regexp.MustCompile(`(?is)<script[^>]*>(.*?)</script`).FindAllStringSubmatch(page, -1)
		if len(scripts) != 2 {
			t.Fatalf("%s: %d scripts", of, len(scripts))
		}
		var document struct{ Version int }
		if err := json.Unmarshal([]byte(scripts[0][1]), &document); err != nil || document.Version != 1 {
			t.Errorf("%s: data: %v", of, err)
		}
		if !strings.HasPrefix(strings.TrimSpace(scripts[1][1]), `"use strict"`) {
			t.Errorf("%s: the second script is not that of the page", of)
		}
		if !strings.Contains(page, `content="default-src &#39;none&#39;; script-src &#39;sha256-`) {
			t.Errorf("%s: no policy", of)
		}
		if m := regexp.MustCompile(`(?i)<[a-z][^>]*\s(href|src|on[a-z]+)\s*=`).FindString(page); m != "" {
			t.Errorf("%s: %s", of, m)
		}
	}
}
