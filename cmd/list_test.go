package cmd

import "testing"

func TestParseList(t *testing.T) {
	tests := []struct {
		text string
		want listOptions
		err  string
	}{
		{"targets", listOptions{"targets", "table"}, ""},
		{"variables", listOptions{"variables", "table"}, ""},
		{"type=targets", listOptions{"targets", "table"}, ""},
		{"type=variables,format=json", listOptions{"variables", "json"}, ""},
		{"format=json,TYPE=targets", listOptions{"targets", "json"}, ""},
		{"ci-matrix", listOptions{"ci-matrix", "table"}, ""},
		{"foo", listOptions{}, `--list: invalid list type "foo", want targets, variables, ci-matrix or releases`},
		{"format=json", listOptions{}, `--list: invalid list type "", want targets, variables, ci-matrix or releases`},
		{"type=targets,format=xml", listOptions{}, `--list: invalid list format "xml", want table or json`},
		{"targets,format=json", listOptions{}, "--list targets,format=json: invalid value targets, want type=targets|variables|ci-matrix|releases[,format=table|json]"},
		{"type=targets,k=v", listOptions{}, `--list type=targets,k=v: unexpected key "k", want type or format`},
	}
	for _, tt := range tests {
		got, err := parseList(tt.text)
		switch {
		case tt.err != "":
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q: got %v, want %s", tt.text, err, tt.err)
			}
		case err != nil:
			t.Errorf("%q: %v", tt.text, err)
		case got != tt.want:
			t.Errorf("%q: got %+v, want %+v", tt.text, got, tt.want)
		}
	}
}
