package display

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bake/tests/golden"
	"bake/tests/sample"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/cmd/terminal"
	"bake/tests/apptest"

	"github.com/google/go-cmp/cmp"
)

func TestSummary(t *testing.T) {
	for _, width := range []int{80, 140} {
		a, _, stderr := apptest.New(t)
		a.Streams.Width = width
		outcome := sample.Report()
		WriteSummary(a, outcome, DockerfileFindings(&bake.Plan{}, outcome))
		golden.Check(t, fmt.Sprintf("testdata/summary/%d.txt", width), stderr.String())
		for _, line := range strings.Split(stderr.String(), "\n") {
			if terminal.Columns(line) > width {
				t.Errorf("wider than %d columns: %s", width, line)
			}
		}
	}
}

// Among many targets, only those that there is something to say about have rows.
func TestSummaryOfMany(t *testing.T) {
	outcome := &report.Report{}
	for i := range 500 {
		outcome.Targets = append(outcome.Targets, report.Target{Name: fmt.Sprintf("target-%d", i), Result: report.Cached, Started: time.Unix(0, 0), Steps: 2, Cached: 2})
	}
	outcome.Targets[7].Result, outcome.Targets[7].Cached = report.Built, 1
	outcome.Targets[8].Where = []string{"out"}
	a, _, stderr := apptest.New(t)
	WriteSummary(a, outcome, nil)
	want := `
TARGET    RESULT  TIME  WHERE
target-7  built   0.0s
target-8  cached  0.0s  out
498 targets not shown: cached, and without outputs
500 targets in 0.0s: 1 built, 499 cached; 1000 steps, 999 of them cached
`
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Error(diff)
	}
	outcome.Targets[7], outcome.Targets[8] = outcome.Targets[0], outcome.Targets[0]
	stderr.Reset()
	WriteSummary(a, outcome, nil)
	if got := stderr.String(); !strings.HasPrefix(got, "\n500 targets not shown") {
		t.Errorf("got %q", got)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	a, _, stderr := apptest.New(t)
	WriteSummary(a, &report.Report{}, nil)
	if stderr.Len() > 0 {
		t.Errorf("said %q about no targets", stderr)
	}
}

func TestManyWarnings(t *testing.T) {
	outcome := &report.Report{}
	for i := range 13 {
		outcome.Warnings = append(outcome.Warnings, fmt.Sprintf("w%d", i))
	}
	var b strings.Builder
	writeWarnings(&b, terminal.Streams{}, outcome, nil)
	if got := b.String(); strings.Count(got, "\n") != 11 || !strings.HasSuffix(got, "warning: w9\n... and 3 more warnings\n") {
		t.Errorf("got %q", got)
	}
}

func TestCancelledText(t *testing.T) {
	if got, want := CancelledText(sample.Report()), "interrupted; canceled: a-target-with-a-name-that-goes-on-and-on, web, docs"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := CancelledText(nil); got != "interrupted" {
		t.Errorf("got %q", got)
	}
	many := &report.Report{}
	for range 10 {
		many.Targets = append(many.Targets, report.Target{Name: "t", Result: report.Canceled})
	}
	if got, want := CancelledText(many), "interrupted; canceled: t, t, t, t, t, t, t, t and 2 more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
