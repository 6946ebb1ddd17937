package github

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// obeyed is what a runner takes for commands: a line that begins with "::", or
// one with "##[" anywhere.
var obeyed = regexp.MustCompile(`(?m)^[\s\x{85}\x{a0}\x{2000}-\x{200a}\x{2028}\x{3000}]*::|##\[`)

// commandsIn are the lines that a runner would obey; it ends lines at a
// carriage return, too.
func commandsIn(text string) []string {
	var found []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if obeyed.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}

func TestGuard(t *testing.T) {
	const text = "a\n::set-output name=x::y\n \t::error::no\n#5 0.1 ok\r::add-mask::e\n" +
		"\u00a0\u3000::stop-commands::x\nsee ##[set-output name=x]y\n##[error]\n:::debug::\n: ::x\na::b c::d [::1]:80 ## [x]\n"
	if got := len(commandsIn(text)); got != 7 {
		t.Fatalf("the test knows %d commands in its text, want 7", got)
	}
	for size := 1; size < 8; size++ {
		var b bytes.Buffer
		g := &Guard{W: &b}
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if wrote, err := g.Write([]byte(rest[:n])); wrote != n || err != nil {
				t.Fatal(wrote, err)
			}
			rest = rest[n:]
		}
		if found := commandsIn(b.String()); len(found) > 0 {
			t.Errorf("in pieces of %d a runner obeys %q", size, found)
		}
		if got := strings.ReplaceAll(b.String(), noWidth, ""); got != text {
			t.Errorf("the text changed to %q", got)
		}
		if !strings.HasSuffix(b.String(), "a::b c::d [::1]:80 ## [x]\n") {
			t.Errorf("harmless text changed: %q", b.String())
		}
	}
}
