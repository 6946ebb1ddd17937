package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bake/bake/build"
)

// writeSummary shows what became of each target, after the progress:
//
//	TARGET  RESULT  TIME  DIGEST        WHERE
//	base    cached  0.1s
//	app     built   2.3s  1a2b3c4d5e6f  pushed 127.0.0.1:5000/app:1
//	                                    out/app.tar
//	2 targets in 2.4s: 1 built, 1 cached; 12 steps, 7 of them cached
func (a *app) writeSummary(report *build.Report) {
	if len(report.Targets) == 0 {
		return
	}
	var b strings.Builder
	b.WriteByte('\n')
	t := newSummaryTable(report)
	t.write(&b, a.streams)
	fmt.Fprintln(&b, tallyTargets(report))
	writeWarnings(&b, a.streams, report)
	io.WriteString(a.err, b.String())
}

// summaryRow is one target; the first line of where stands beside it.
type summaryRow struct {
	name, result, time, digest string
	where                      []string
}

// summaryTable is the rows and how wide their columns are.
type summaryTable struct {
	rows   []summaryRow
	widths [4]int
}

// maxNameWidth bounds the first column, so that a table of long names still
// fits a terminal of 80 columns.
const maxNameWidth = 30

func newSummaryTable(report *build.Report) *summaryTable {
	t := &summaryTable{}
	t.add(summaryRow{name: "TARGET", result: "RESULT", time: "TIME", digest: "DIGEST", where: []string{"WHERE"}})
	for _, r := range report.Targets {
		t.add(summaryRow{
			name:   clip(r.Name, maxNameWidth),
			result: resultText(r),
			time:   timeText(r),
			digest: shortDigest(r.Digest),
			where:  r.Where,
		})
	}
	return t
}

func (t *summaryTable) add(r summaryRow) {
	t.rows = append(t.rows, r)
	for i, cell := range []string{r.name, r.result, r.time, r.digest} {
		t.widths[i] = max(t.widths[i], columns(cell))
	}
}

// write draws the table in the width of the terminal.
func (t *summaryTable) write(b *strings.Builder, st streams) {
	indent := 0
	for _, w := range t.widths {
		indent += w + 2
	}
	room := max(20, st.columns()-indent)
	for i, r := range t.rows {
		line := pad(r.name, t.widths[0]) + "  " + st.paint(resultStyle(r.result), pad(r.result, t.widths[1])) + "  " +
			pad(r.time, t.widths[2]) + "  " + pad(r.digest, t.widths[3]) + "  "
		if i == 0 {
			line = st.paint(styleFaint, line+"WHERE")
			fmt.Fprintln(b, line)
			continue
		}
		where := r.where
		if len(where) == 0 {
			where = []string{""}
		}
		for _, text := range where {
			fmt.Fprintln(b, strings.TrimRight(line+clipMiddle(text, room), " "))
			line = strings.Repeat(" ", indent)
		}
	}
}

// tallyTargets sums the run up in one line.
func tallyTargets(report *build.Report) string {
	var steps, cached int
	byResult := map[build.Result]int{}
	for _, r := range report.Targets {
		steps += r.Steps
		cached += r.Cached
		byResult[r.Result]++
	}
	var parts []string
	for _, result := range []build.Result{build.Built, build.Cached, build.Failed, build.Canceled, build.Skipped} {
		if n := byResult[result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	text := fmt.Sprintf("%s in %s: %s", count(len(report.Targets), "target"), seconds(report.Duration), strings.Join(parts, ", "))
	if steps > 0 {
		text += fmt.Sprintf("; %s, %d of them cached", count(steps, "step"), cached)
	}
	return text
}

// maxWarnings bounds how many warnings of Dockerfiles are shown.
const maxWarnings = 10

// writeWarnings shows what the Dockerfile checks found.
func writeWarnings(b *strings.Builder, st streams, report *build.Report) {
	lines := slices.Clone(report.Warnings)
	for _, r := range report.Targets {
		for _, w := range r.Warnings {
			line := string(w.Short)
			if w.SourceInfo != nil && len(w.Range) > 0 {
				line = fmt.Sprintf("%s (%s:%d)", line, w.SourceInfo.Filename, w.Range[0].Start.Line)
			}
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	for i, line := range lines {
		if i == maxWarnings {
			fmt.Fprintf(b, "... and %s\n", count(len(lines)-i, "more warning"))
			return
		}
		fmt.Fprintf(b, "%s: %s\n", st.paint(styleWarning, "warning"), printable(line))
	}
}

// resultText is the result of a target, as far as it is known.
func resultText(r build.TargetReport) string { return string(r.Result) }

func resultStyle(result string) string {
	switch build.Result(result) {
	case build.Failed:
		return styleError
	case build.Canceled, build.Skipped:
		return styleWarning
	case build.Built, build.Cached:
		return styleGood
	}
	return ""
}

// timeText is how long a target took, empty if it never began.
func timeText(r build.TargetReport) string {
	if r.Started.IsZero() {
		return ""
	}
	return seconds(r.Duration)
}

// seconds writes a duration as people read it: "0.3s", "2m05s".
func seconds(d time.Duration) string {
	if d >= time.Minute {
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// shortDigest is enough of a digest to tell it from others.
func shortDigest(digest string) string {
	_, hex, ok := strings.Cut(digest, ":")
	if !ok {
		hex = digest
	}
	return hex[:min(len(hex), 12)]
}

// cancelledText says what an interruption has stopped.
func cancelledText(report *build.Report) string {
	var names []string
	if report != nil {
		for _, r := range report.Targets {
			if r.Result != build.Built && r.Result != build.Cached {
				names = append(names, r.Name)
			}
		}
	}
	if len(names) == 0 {
		return "interrupted"
	}
	const most = 8
	text := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return "interrupted; canceled: " + text
}
