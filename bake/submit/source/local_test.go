package source

import "testing"

func TestLookupDir(t *testing.T) {
	var s Sources
	tree := MemoryFS{}
	s.add("api-0123-context", tree)
	for name, want := range map[string]bool{
		"api-0123-context": true, "api-0123-api-0123-context": true, "api-0123-api-0123-api-0123-context": true,
		"context": false, "api-0123-other-context": false, "api-0123-api-0123-dockerfile": false,
	} {
		if _, ok := s.LookupDir(name); ok != want {
			t.Errorf("LookupDir(%q) is %v", name, ok)
		}
	}
}
