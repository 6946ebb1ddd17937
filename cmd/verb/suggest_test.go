package verb

import "testing"

func TestSimilar(t *testing.T) {
	known := []string{"metadata-file", "print", "push", "pull"}
	for word, want := range map[string]string{"prnt": "print", "metdata-file": "metadata-file", "x": "", "pusl": "push", "completely-different": ""} {
		if got := Similar(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
