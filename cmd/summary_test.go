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
	"bake/bake/build"
)

// testReport has a bit of everything.
func testReport() *build.Report {
	began := time.Unix(0, 0)
	digest := "sha256:1a2b3c4d5e6f" + strings.Repeat("0", 52)
	warning := client.VertexWarning{
		Short:      []byte("StageNameCasing: Stage name 'Base' should be lowercase (line 3)"),
		SourceInfo: &pb.SourceInfo{Filename: "Dockerfile", Data: []byte("# syntax\n\nFROM scratch AS Base\n")},
		Range:      []*pb.Range{{Start: &pb.Position{Line: 3}}},
	}
	return &build.Report{
		Duration: 64500 * time.Millisecond,
		Warnings: []string{"no output for base"},
		Targets: []build.TargetReport{
			{Name: "base", Result: build.Cached, Started: began, Duration: 40 * time.Millisecond, Steps: 4, Cached: 4, Warnings: []client.VertexWarning{warning}},
			{Name: "app", Result: build.Built, Started: began, Duration: 63200 * time.Millisecond, Steps: 8, Cached: 3, Digest: digest,
				Where: []string{"pushed registry.example.com:5000/team/application:v1.2.3-rc.1-linux-amd64", "out/app.tar"}, Warnings: []client.VertexWarning{warning}},
			{Name: "a-target-with-a-name-that-goes-on-and-on", Result: build.Failed, Started: began, Duration: 2 * time.Second, Steps: 1, Err: errors.New("no")},
			{Name: "web", Result: build.Canceled, Started: began, Duration: time.Second},
			{Name: "docs", Result: build.Skipped},
		},
	}
}

func TestSummary(t *testing.T) {
	for _, width := range []int{80, 140} {
		a, _, stderr := newTestApp(t)
		a.streams.width = width
		report := testReport()
		a.writeSummary(report, dockerfileFindings(&bake.Plan{}, report))
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
	report := &build.Report{}
	for i := range 500 {
		report.Targets = append(report.Targets, build.TargetReport{Name: fmt.Sprintf("target-%d", i), Result: build.Cached, Started: time.Unix(0, 0), Steps: 2, Cached: 2})
	}
	report.Targets[7].Result, report.Targets[7].Cached = build.Built, 1
	report.Targets[8].Where = []string{"out"}
	a, _, stderr := newTestApp(t)
	a.writeSummary(report, nil)
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
	report.Targets[7], report.Targets[8] = report.Targets[0], report.Targets[0]
	stderr.Reset()
	a.writeSummary(report, nil)
	if got := stderr.String(); !strings.HasPrefix(got, "\n500 targets not shown") {
		t.Errorf("got %q", got)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	a, _, stderr := newTestApp(t)
	a.writeSummary(&build.Report{}, nil)
	if stderr.Len() > 0 {
		t.Errorf("said %q about no targets", stderr)
	}
}

func TestManyWarnings(t *testing.T) {
	report := &build.Report{}
	for i := range 13 {
		report.Warnings = append(report.Warnings, fmt.Sprintf("w%d", i))
	}
	var b strings.Builder
	writeWarnings(&b, streams{}, report, nil)
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
	many := &build.Report{}
	for range 10 {
		many.Targets = append(many.Targets, build.TargetReport{Name: "t", Result: build.Canceled})
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
