package cmd

import (
	"bytes"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/cmd/exit"
)

// asked is a plan of one target, and what its frontend answered.
func asked(method string, values map[string]string) (*bake.Plan, *report.Report) {
	plan := &bake.Plan{Targets: []*bake.Target{{Name: "app", Context: "dir", Dockerfile: "Dockerfile"}}}
	return plan, &report.Report{Targets: []report.Target{{Name: "app", Result: report.Answered, Call: method, Exporter: values}}}
}

// A frontend may be anybody's: whatever it answers is printed, or said to be
// wrong.
func TestAnswers(t *testing.T) {
	const place = `"location":{"sourceIndex":7,"ranges":[{"start":{"line":1},"end":{"line":99}}]}`
	tests := []struct {
		name, method string
		values       map[string]string
		text, json   string // parts of what is printed
		code         int
	}{
		{"nothing", "lint", nil, "Check complete, no warnings found.", `"check": {}`, exit.OK},
		{"no JSON", "lint", map[string]string{"result.json": "{"}, "error: the frontend's answer cannot be read", `"error": "the frontend's answer`, exit.Usage},
		{"no place", "lint", map[string]string{"result.json": `{"warnings":[{"ruleName":"R","detail":"d"}]}`, "result.statuscode": "1"}, "WARNING: R\nd\n", `"ruleName": "R"`, exit.Check},
		{"a place elsewhere", "lint", map[string]string{"result.json": `{"warnings":[{"ruleName":"R","detail":"d",` + place + `}],"buildError":{"message":"oops",` + place + `}}`}, "error: oops", `"error": "oops\n"`, exit.Usage},
		{"found", "lint", map[string]string{"result.json": `{"buildError":{"message":"lint violation found for rules: R"}}`}, "error: lint violation", `"buildError"`, exit.Check},
		{"no network", "lint", map[string]string{"result.json": `{"buildError":{"message":"dial tcp: lookup r: no such host"}}`}, "no such host", `"buildError"`, exit.Unreachable},
		{"newer", "outline", map[string]string{"result.json": `{"unknown":1}`, "result.txt": "as text\n", "version": "99.0.0"}, "app\n\nas text\n", `"unknown": 1`, exit.OK},
		{"another method", "licences", map[string]string{"result.json": `{"a":1}`, "result.txt": "a is 1\n", "result.statuscode": "42"}, "app\n\na is 1\n", `"licences": {`, 42},
		{"JSON only", "licences", map[string]string{"result.json": `[1,2]`}, "app\n\n[1,2]\n", `"licences": [`, exit.OK},
		{"text only", "licences", map[string]string{"result.txt": "a <b>\n"}, "a <b>\n", `"licences": "a \u003cb\u003e\n"`, exit.OK},
	}
	for _, tt := range tests {
		list := answersOf(asked(tt.method, tt.values))
		var text, doc bytes.Buffer
		if err := writeAnswers(&text, list); err != nil || !strings.Contains(text.String(), tt.text) {
			t.Errorf("%s: %v, text:\n%s", tt.name, err, text.String())
		}
		plan, _ := asked("", nil)
		if err := writeAnswersJSON(&doc, plan, list); err != nil || !strings.Contains(doc.String(), tt.json) {
			t.Errorf("%s: %v, JSON:\n%s", tt.name, err, doc.String())
		}
		list[0].warnings()
		list[0].failures()
		if code := verdict(list, false); code != tt.code {
			t.Errorf("%s: exit code %d, want %d", tt.name, code, tt.code)
		}
	}
}

// The first answer that is bad counts, but a broken Dockerfile counts for more.
func TestVerdict(t *testing.T) {
	found := &answer{lint: &lintAnswer{}, values: map[string]string{"result.statuscode": "1"}}
	custom := &answer{values: map[string]string{"result.statuscode": "7"}}
	broken := &answer{lint: readLint(nil, "{")}
	for _, tt := range []struct {
		list   []*answer
		ignore bool
		want   int
	}{
		{[]*answer{found, custom}, false, exit.Check},
		{[]*answer{custom, found}, false, 7},
		{[]*answer{custom, found, broken}, false, exit.Usage},
		{[]*answer{custom, found}, true, exit.OK},
		{[]*answer{found, broken}, true, exit.Usage},
		{nil, false, exit.OK},
	} {
		if got := verdict(tt.list, tt.ignore); got != tt.want {
			t.Errorf("got %d, want %d", got, tt.want)
		}
	}
}
