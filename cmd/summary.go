package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bake/bake/submit/report"
)

// writeSummary shows what became of each target, after the progress:
//
//	TARGET  RESULT  TIME  DIGEST        WHERE
//	base    cached  0.1s
//	app     built   2.3s  1a2b3c4d5e6f  pushed 127.0.0.1:5000/app:1
//	                                    out/app.tar
//	2 targets in 2.4s: 1 built, 1 cached; 12 steps, 7 of them cached
//
// Targets whose frontend answered a call are left out: the answer tells all.
func (a *app) writeSummary(outcome *report.Report, found []finding) {
	if outcome = builtOnly(outcome); len(outcome.Targets)+len(outcome.Warnings) == 0 {
		return
	}
	var b strings.Builder
	b.WriteByte('\n')
	if len(outcome.Targets) > 0 {
		t := newSummaryTable(outcome)
		if len(t.rows) > 1 {
			t.write(&b, a.streams)
		}
		if t.silent > 0 {
			fmt.Fprintf(&b, "%s not shown: cached, and without outputs\n", count(t.silent, "target"))
		}
		fmt.Fprintln(&b, wrap(tallyTargets(outcome), a.prose()))
	}
	writeWarnings(&b, a.streams, outcome, found)
	io.WriteString(a.err, b.String())
}

// builtOnly is the report without targets that are not built but answered.
func builtOnly(outcome *report.Report) *report.Report {
	out := *outcome
	out.Targets = slices.DeleteFunc(slices.Clone(outcome.Targets), func(t report.Target) bool { return t.Result == report.Answered })
	return &out
}

// summaryRow is one target: its cells, and where its outputs went.
type summaryRow struct {
	result report.Result
	cells  []string
	where  []string
}

// summaryTable is the rows and how wide their columns are. A column without
// any text is left out.
type summaryTable struct {
	rows   []summaryRow
	widths []int
	silent int // how many targets have no row
}

// manyTargets is from when on targets have no row if it would say nothing.
const manyTargets = 50

// saysNothing reports whether a target was cached and has no output.
func saysNothing(r report.Target) bool {
	return r.Result == report.Cached && r.Digest == "" && len(r.Where) == 0
}

// maxNameWidth bounds the first column, so that a table of long names still
// fits a terminal of 80 columns.
const maxNameWidth = 40

func newSummaryTable(outcome *report.Report) *summaryTable {
	head := []string{"TARGET", "RESULT", "TIME", "DIGEST"}
	t := &summaryTable{widths: make([]int, len(head))}
	silent := 0
	for _, r := range outcome.Targets {
		if len(outcome.Targets) > manyTargets && saysNothing(r) {
			silent++
			continue
		}
		row := summaryRow{
			result: r.Result,
			cells:  []string{clipMiddle(r.Name, maxNameWidth), string(r.Result), timeText(r), shortDigest(r.Digest)},
			where:  r.Where,
		}
		if r.Result == report.Skipped && r.Err != nil {
			row.where = []string{r.Err.Error()}
		}
		for i, cell := range row.cells {
			if cell != "" {
				t.widths[i] = max(t.widths[i], columns(cell), columns(head[i]))
			}
		}
		t.rows = append(t.rows, row)
	}
	t.silent = silent
	var where []string
	if slices.ContainsFunc(t.rows, func(r summaryRow) bool { return len(r.where) > 0 }) {
		where = []string{"WHERE"}
	}
	t.rows = append([]summaryRow{{cells: head, where: where}}, t.rows...)
	return t
}

// write draws the table in the width of the terminal. Where the outputs went
// stands beside the row, or below it when there is no room for one of them.
func (t *summaryTable) write(b *strings.Builder, st streams) {
	margin := 0
	for _, w := range t.widths {
		if w > 0 {
			margin += w + 2
		}
	}
	room := st.columns() - margin
	below := slices.ContainsFunc(t.rows, func(r summaryRow) bool {
		return slices.ContainsFunc(r.where, func(text string) bool { return columns(text) > room })
	})
	if below {
		margin, room = 4, st.columns()-4
		t.rows[0].where = nil
	}
	for i, r := range t.rows {
		line := t.line(r, st)
		if i == 0 {
			line = st.paint(styleFaint, strings.TrimRight(line+strings.Join(r.where, ""), " "))
			r.where = nil
		}
		where := r.where
		if !below && len(where) > 0 {
			line, where = line+where[0], where[1:]
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
		for _, text := range where {
			if st.terminal || st.width > 0 { // a log keeps names whole
				text = clipMiddle(text, room)
			}
			fmt.Fprintln(b, strings.Repeat(" ", margin)+text)
		}
	}
}

// line is the cells of a row, each as wide as its column.
func (t *summaryTable) line(r summaryRow, st streams) string {
	line := ""
	for i, cell := range r.cells {
		if t.widths[i] == 0 {
			continue
		}
		cell = pad(cell, t.widths[i])
		if i == 1 {
			cell = st.paint(resultStyle(r.result), cell)
		}
		line += cell + "  "
	}
	return line
}

// tallyTargets sums the run up in one line.
func tallyTargets(outcome *report.Report) string {
	var steps, cached int
	byResult := map[report.Result]int{}
	for _, r := range outcome.Targets {
		steps += r.Steps
		cached += r.Cached
		byResult[r.Result]++
	}
	var parts []string
	for _, result := range []report.Result{report.Built, report.Cached, report.Failed, report.Canceled, report.Skipped} {
		if n := byResult[result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	text := fmt.Sprintf("%s in %s: %s", count(len(outcome.Targets), "target"), seconds(outcome.Duration), strings.Join(parts, ", "))
	if steps > 0 {
		text += fmt.Sprintf("; %s, %d of them cached", count(steps, "step"), cached)
	}
	return text
}

// resultStyle is the colour of a result.
func resultStyle(result report.Result) string {
	switch result {
	case report.Failed:
		return styleError
	case report.Canceled, report.Skipped:
		return styleWarning
	case report.Built, report.Cached:
		return styleGood
	}
	return ""
}

// timeText is how long a target took, empty if it never began.
func timeText(r report.Target) string {
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
func cancelledText(outcome *report.Report) string {
	var names []string
	if outcome != nil {
		for _, r := range outcome.Targets {
			if !r.Result.Good() {
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
