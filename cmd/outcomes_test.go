package cmd

import (
	"errors"
	"strings"
	"testing"

	"bake/bake/build"
)

func TestResults(t *testing.T) {
	report := &build.Report{Targets: []build.TargetReport{
		{Name: "built", Result: build.Built, Begun: true},
		{Name: "cached", Result: build.Cached, Begun: true},
		{Name: "answered", Result: build.Answered},
		{Name: "failed", Result: build.Failed, Err: errors.New("no")},
		{Name: "user", Result: build.Skipped, Err: errors.New("skipped because failed failed")},
		{Name: "running", Result: build.Canceled, Begun: true},
		{Name: "waiting", Result: build.Canceled},
		{Name: "untried", Result: build.Skipped},
	}}
	want := []string{
		"built: succeeded", "cached: succeeded", "answered: succeeded", "failed: failed",
		"user: aborted", "running: aborted", "waiting: not started", "untried: not started",
	}
	shown := func(mode displayMode, terminal bool, report *build.Report) string {
		a, _, stderr := newTestApp(t)
		d, err := a.newDisplay(mode, &selection{})
		if err != nil {
			t.Fatal(err)
		}
		d.drawn = terminal
		d.results(report)
		d.close()
		return stderr.String()
	}
	got := shown("plain", false, report)
	if all := "#1 [internal] target results\n#1 " + strings.Join(want, " done\n#1 ") + " done\n"; !strings.Contains(got, all) {
		t.Errorf("want\n%s\ngot\n%s", all, got)
	}
	got = shown("rawjson", false, report)
	for _, id := range want {
		_, word, _ := strings.Cut(id, ": ")
		if !strings.Contains(got, `"id":"`+id+`"`) || !strings.Contains(got, `"name":"`+word+`"`) {
			t.Errorf("no status %q in:\n%s", id, got)
		}
	}
	untried := &build.Report{Targets: []build.TargetReport{{Name: "a", Result: build.Skipped}, {Name: "b", Result: build.Skipped}}}
	one := &build.Report{Targets: report.Targets[:1]}
	for name, text := range map[string]string{
		"quiet":       shown("quiet", false, report),
		"at terminal": shown("plain", true, report),
		"of one":      shown("plain", false, one),
		"untried":     shown("plain", false, untried),
		"of nothing":  shown("plain", false, nil),
	} {
		if strings.Contains(text, "results") {
			t.Errorf("%s: shown:\n%s", name, text)
		}
	}
}
