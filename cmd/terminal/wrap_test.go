package terminal

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	got := Wrap("one two three four\n  bake --set a.b=c --set d.e=f\nfive", 9)
	want := "one two\nthree\nfour\n  bake --set a.b=c --set d.e=f\nfive"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// In a log a sentence stays on its line, where programs look for it.
func TestProse(t *testing.T) {
	text := strings.Repeat("word ", 50)
	for name, tt := range map[string]struct {
		streams Streams
		lines   int
	}{
		"log":              {Streams{}, 1},
		"log with a width": {Streams{Width: 50}, 5},
		"wide":             {Streams{Width: 500}, 3},
	} {
		if got := len(strings.Split(Wrap(text, tt.streams.Prose()), "\n")); got != tt.lines {
			t.Errorf("%s: %d lines, want %d", name, got, tt.lines)
		}
	}
}

func TestClip(t *testing.T) {
	tests := []struct {
		text  string
		width int
		end   string
		mid   string
	}{
		{"short", 10, "short", "short"},
		{"0123456789", 10, "0123456789", "0123456789"},
		{"registry.example/app:v1", 16, "registry.exam...", "regi...e/app:v1"},
		{"名名名名名名名名", 12, "名名名名...", "名...名名名"},
	}
	for _, tt := range tests {
		if got := Clip(tt.text, tt.width); got != tt.end || Columns(got) > tt.width {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.end)
		}
		if got := ClipMiddle(tt.text, tt.width); Columns(got) > tt.width {
			t.Errorf("clipMiddle(%q, %d) = %q, too wide", tt.text, tt.width, got)
		}
	}
}
