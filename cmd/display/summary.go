package display

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/tally"
	"bake/cmd/terminal"
)

// WriteSummary shows what became of each target, after the progress:
//
//	TARGET  RESULT  TIME  DIGEST        WHERE
//	base    cached  0.1s
//	app     built   2.3s  1a2b3c4d5e6f  pushed 127.0.0.1:5000/app:1
//	                                    out/app.tar
//	2 targets in 2.4s: 1 built, 1 cached; 12 steps, 7 of them cached
//
// Targets whose frontend answered a call are left out: the answer tells all.
func WriteSummary(a *app.App, outcome *report.Report, found []diagnostics.Finding) {
	if outcome = builtOnly(outcome); len(outcome.Targets)+len(outcome.Warnings) == 0 {
		return
	}
	var b strings.Builder
	b.WriteByte('\n')
	if len(outcome.Targets) > 0 {
		t := newSummaryTable(outcome)
		if len(t.rows) > 1 {
			t.write(&b, a.Streams)
		}
		if t.silent > 0 {
			fmt.Fprintf(&b, "%s not shown: cached, and without outputs\n", terminal.Count(t.silent, "target"))
		}
		fmt.Fprintln(&b, terminal.Wrap(tally.Targets(outcome), a.Prose()))
	}
	writeWarnings(&b, a.Streams, outcome, found)
	io.WriteString(a.Err, b.String())
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
	return r.Result == report.Cached && r.Digest == "" && len(r.Where)+len(r.Unwritten) == 0
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
			cells:  []string{terminal.ClipMiddle(r.Name, maxNameWidth), string(r.Result), tally.Time(r), tally.ShortDigest(r.Digest)},
			where:  slices.Clone(r.Where),
		}
		if r.Result == report.Skipped && r.Err != nil {
			row.where = []string{r.Err.Error()}
		}
		row.where = printable(append(row.where, tally.Unwritten(r)...))
		for i, cell := range row.cells {
			if cell != "" {
				t.widths[i] = max(t.widths[i], terminal.Columns(cell), terminal.Columns(head[i]))
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

// printable is what people wrote, names of files above all, fit for a table.
func printable(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = terminal.OneLine(text)
	}
	return out
}

// write draws the table in the width of the terminal. Where the outputs went
// stands beside the row, or below it when there is no room for one of them.
func (t *summaryTable) write(b *strings.Builder, st terminal.Streams) {
	margin := 0
	for _, w := range t.widths {
		if w > 0 {
			margin += w + 2
		}
	}
	room := st.Columns() - margin
	below := slices.ContainsFunc(t.rows, func(r summaryRow) bool {
		return slices.ContainsFunc(r.where, func(text string) bool { return terminal.Columns(text) > room })
	})
	if below {
		margin, room = 4, st.Columns()-4
		t.rows[0].where = nil
	}
	for i, r := range t.rows {
		line := t.line(r, st)
		if i == 0 {
			line = st.Paint(terminal.StyleFaint, strings.TrimRight(line+strings.Join(r.where, ""), " "))
			r.where = nil
		}
		where := r.where
		if !below && len(where) > 0 {
			line, where = line+where[0], where[1:]
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
		for _, text := range where {
			if st.Terminal || st.Width > 0 { // a log keeps names whole
				text = terminal.ClipMiddle(text, room)
			}
			fmt.Fprintln(b, strings.Repeat(" ", margin)+text)
		}
	}
}

// line is the cells of a row, each as wide as its column.
func (t *summaryTable) line(r summaryRow, st terminal.Streams) string {
	line := ""
	for i, cell := range r.cells {
		if t.widths[i] == 0 {
			continue
		}
		cell = terminal.Pad(cell, t.widths[i])
		if i == 1 {
			cell = st.Paint(tally.Style(r.result), cell)
		}
		line += cell + "  "
	}
	return line
}

// CancelledText says what an interruption has stopped.
func CancelledText(outcome *report.Report) string {
	var canceled, unwritten []string
	if outcome != nil {
		for _, r := range outcome.Targets {
			switch {
			case !r.Result.Good():
				canceled = append(canceled, r.Name)
			case len(r.Unwritten) > 0:
				unwritten = append(unwritten, r.Name)
			}
		}
	}
	text := "interrupted"
	if len(canceled) > 0 {
		text += "; canceled: " + someNames(canceled)
	}
	if len(unwritten) > 0 {
		text += "; built but not written: " + someNames(unwritten)
	}
	return text
}

// someNames lists names, and how many there are besides.
func someNames(names []string) string {
	const most = 8
	text := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}
