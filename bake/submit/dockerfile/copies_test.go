package dockerfile

import "testing"

func TestCopied(t *testing.T) {
	for text, want := range map[string]string{
		"FROM scratch\n":                                          "",
		"FROM scratch\nCOPY b a /\nADD a /x\n":                    "a\nb",
		"FROM scratch\nCOPY --chown=1 a/ /\n":                     "a",
		"FROM scratch\nCOPY a /\nCOPY . /\n":                      "",
		"FROM scratch\nCOPY a /\nCOPY ./ /\n":                     "",
		"FROM scratch\nCOPY a /\nCOPY $X /\n":                     "",
		"FROM x\nCOPY --from=y . /\nCOPY a /\n":                   "a",
		"FROM x\nADD https://example.com/f /\nCOPY a /\n":         "a",
		"FROM x\nCOPY <<EOT /x\ntext\nEOT\nCOPY a /\n":            "a",
		"FROM x\nCOPY a /\nRUN --mount=target=/src ls\n":          "",
		"FROM x\nCOPY a /\nRUN --mount=type=cache,target=/c ls\n": "a",
		"nonsense {": "",
	} {
		if got := Copied([]byte(text)); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}
