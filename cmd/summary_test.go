package cmd

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"

	"bake/bake"
	"bake/bake/submit/report"
)

// testReport has a bit of everything.
func testReport() *report.Report {
	began := time.Unix(0, 0)
	digest := "sha256:1a2b3c4d5e6f" + strings.Repeat("0", 52)
	warning := client.VertexWarning{
		Short:      []byte("StageNameCasing: Stage name 'Base' should be lowercase (line 3)"),
		SourceInfo: &pb.SourceInfo{Filename: "Dockerfile", Data: []byte("# syntax\n\nFROM scratch AS Base\n")},
		Range:      []*pb.Range{{Start: &pb.Position{Line: 3}}},
	}
	return &report.Report{
		Duration: 64500 * time.Millisecond,
		Warnings: []string{"no output for base"},
		Targets: []report.Target{
			{Name: "base", Result: report.Cached, Started: began, Duration: 40 * time.Millisecond, Steps: 4, Cached: 4, Warnings: []client.VertexWarning{warning}},
			{Name: "app", Result: report.Built, Started: began, Duration: 63200 * time.Millisecond, Steps: 8, Cached: 3, Digest: digest,
				Where: []string{"pushed registry.example.com:5000/team/application:v1.2.3-rc.1-linux-amd64", "out/app.tar"}, Warnings: []client.VertexWarning{warning}},
			{Name: "a-target-with-a-name-that-goes-on-and-on", Result: report.Failed, Started: began, Duration: 2 * time.Second, Steps: 1, Err: errors.New("no")},
			{Name: "web", Result: report.Canceled, Started: began, Duration: time.Second},
			{Name: "docs", Result: report.Skipped},
		},
	}
}

func TestSummary(t *testing.T) {
	for _, width := range []int{80, 140} {
		a, _, stderr := newTestApp(t)
		a.streams.width = width
		outcome := testReport()
		a.writeSummary(outcome, dockerfileFindings(&bake.Plan{}, outcome))
		golden(t, fmt.Sprintf("testdata/summary/%d.txt", width), stderr.String())
		for _, line := range strings.Split(stderr.String(), "\n") {
			if columns(line) > width {
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
	a, _, stderr := newTestApp(t)
	a.writeSummary(outcome, nil)
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
	a.writeSummary(outcome, nil)
	if got := stderr.String(); !strings.HasPrefix(got, "\n500 targets not shown") {
		t.Errorf("got %q", got)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	a, _, stderr := newTestApp(t)
	a.writeSummary(&report.Report{}, nil)
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
	writeWarnings(&b, streams{}, outcome, nil)
	if got := b.String(); strings.Count(got, "\n") != 11 || !strings.HasSuffix(got, "warning: w9\n... and 3 more warnings\n") {
		t.Errorf("got %q", got)
	}
}

func TestCancelledText(t *testing.T) {
	if got, want := cancelledText(testReport()), "interrupted; canceled: a-target-with-a-name-that-goes-on-and-on, web, docs"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := cancelledText(nil); got != "interrupted" {
		t.Errorf("got %q", got)
	}
	many := &report.Report{}
	for range 10 {
		many.Targets = append(many.Targets, report.Target{Name: "t", Result: report.Canceled})
	}
	if got, want := cancelledText(many), "interrupted; canceled: t, t, t, t, t, t, t, t and 2 more"; got != want {
		t.Errorf("got %q, want %q", got, want)
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
		if got := clip(tt.text, tt.width); got != tt.end || columns(got) > tt.width {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.end)
		}
		if got := clipMiddle(tt.text, tt.width); columns(got) > tt.width {
			t.Errorf("clipMiddle(%q, %d) = %q, too wide", tt.text, tt.width, got)
		}
	}
}
