package source

import "testing"

func TestSplitArchive(t *testing.T) {
	for _, tt := range []struct{ in, url, sub string }{
		{"https://example.com/x.tar", "https://example.com/x.tar", ""},
		{"https://example.com/x.tar#:.", "https://example.com/x.tar", "."},
		{"https://example.com/x.tar#:", "https://example.com/x.tar", "."},
		{"https://example.com/x.tar?a=1#:sub/", "https://example.com/x.tar?a=1", "sub"},
		{"https://example.com/x.tar#:../../etc", "https://example.com/x.tar", "etc"},
		{"https://example.com/page#part", "https://example.com/page#part", ""},
		{"https://example.com/x.git#:sub", "https://example.com/x.git#:sub", ""},
		{"git@example.com:x.git#:sub", "git@example.com:x.git#:sub", ""},
	} {
		if url, sub := SplitArchive(tt.in); url != tt.url || sub != tt.sub {
			t.Errorf("%s: got %q and %q, want %q and %q", tt.in, url, sub, tt.url, tt.sub)
		}
	}
}
