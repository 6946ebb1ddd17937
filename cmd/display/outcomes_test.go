package display

import (
	"errors"
	"strings"
	"testing"

	"bake/bake/submit/report"
	"bake/cmd/builders"
	"bake/tests/apptest"
)

func TestResults(t *testing.T) {
	outcome := &report.Report{Targets: []report.Target{
		{Name: "built", Result: report.Built, Begun: true},
		{Name: "cached", Result: report.Cached, Begun: true},
		{Name: "answered", Result: report.Answered},
		{Name: "failed", Result: report.Failed, Err: errors.New("no")},
		{Name: "user", Result: report.Skipped, Err: errors.New("skipped because failed failed")},
		{Name: "running", Result: report.Canceled, Begun: true},
		{Name: "waiting", Result: report.Canceled},
		{Name: "untried", Result: report.Skipped},
	}}
	want := []string{
		"built: succeeded", "cached: succeeded", "answered: succeeded", "failed: failed",
		"user: aborted", "running: aborted", "waiting: not started", "untried: not started",
	}
	shown := func(mode Mode, terminal bool, outcome *report.Report, interrupted ...bool) string {
		a, _, stderr := apptest.New(t)
		d, err := New(a, mode, &builders.Selection{})
		if err != nil {
			t.Fatal(err)
		}
		d.drawn = terminal
		d.Results(outcome, len(interrupted) > 0)
		d.Close()
		return stderr.String()
	}
	got := shown("plain", false, outcome)
	if all := "#1 [internal] target results\n#1 " + strings.Join(want, " done\n#1 ") + " done\n"; !strings.Contains(got, all) {
		t.Errorf("want\n%s\ngot\n%s", all, got)
	}
	if got = shown("plain", false, outcome, true); !strings.Contains(got, "#1 ERROR: got SIGTERM/SIGINT, forcing shutdown\n") {
		t.Errorf("interrupted:\n%s", got)
	}
	got = shown("rawjson", false, outcome)
	for _, id := range want {
		_, word, _ := strings.Cut(id, ": ")
		if !strings.Contains(got, `"id":"`+id+`"`) || !strings.Contains(got, `"name":"`+word+`"`) {
			t.Errorf("no status %q in:\n%s", id, got)
		}
	}
	untried := &report.Report{Targets: []report.Target{{Name: "a", Result: report.Skipped}, {Name: "b", Result: report.Skipped}}}
	one := &report.Report{Targets: outcome.Targets[:1]}
	for name, text := range map[string]string{
		"quiet":       shown("quiet", false, outcome),
		"at terminal": shown("plain", true, outcome),
		"of one":      shown("plain", false, one),
		"untried":     shown("plain", false, untried),
		"of nothing":  shown("plain", false, nil),
	} {
		if strings.Contains(text, "results") {
			t.Errorf("%s: shown:\n%s", name, text)
		}
	}
}
