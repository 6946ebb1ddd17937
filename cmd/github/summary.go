package github

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"bake/bake/submit/failure"
	"bake/bake/submit/report"
	"bake/cmd/tally"
	"bake/cmd/terminal"
)

// maxStepSummary is how large the summary of a step may be. GitHub shows
// nothing of a larger one.
const maxStepSummary = 1 << 20

// WriteStepSummary appends what became of each target to the summary of the
// step, as Markdown: a table, and for each failure the end of its log.
func (w *Workflow) WriteStepSummary(outcome *report.Report) error {
	if w == nil || w.summary == "" || len(outcome.Targets) == 0 {
		return nil
	}
	room := int64(maxStepSummary)
	if st, err := os.Stat(w.summary); err == nil {
		room -= st.Size()
	}
	return appendFile(w.summary, stepSummary(outcome, int(max(room, 0))))
}

// appendFile adds to the end of a file that may not be there yet.
func appendFile(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// stepSummary is the Markdown, of at most room bytes. Failures come before
// rows of the table when not all find room.
func stepSummary(outcome *report.Report, room int) string {
	head := "### bake: " + markdownText(tally.Targets(outcome)) + "\n\n"
	const rest = 100 // for the line that tells what is left out
	if room < len(head)+rest {
		return ""
	}
	room -= len(head) + rest
	details := failureDetails(outcome, room/2)
	return head + summaryRows(outcome, room-len(details)) + "\n" + details
}

// summaryRows is the table.
func summaryRows(outcome *report.Report, room int) string {
	var b strings.Builder
	b.WriteString("| Target | Result | Time | Digest | Where | Platforms | Cached steps |\n|---|---|--:|---|---|---|--:|\n")
	for i, t := range outcome.Targets {
		row := summaryMarkdown(t)
		if b.Len()+len(row) > room {
			fmt.Fprintf(&b, "\n... and %s.\n", terminal.Count(len(outcome.Targets)-i, "more target"))
			break
		}
		b.WriteString(row)
	}
	return b.String()
}

func summaryMarkdown(t report.Target) string {
	where := markdownCodes(t.Where)
	if t.Result == report.Skipped && t.Err != nil {
		where = markdownText(t.Err.Error())
	}
	if left := tally.Unwritten(t); len(left) > 0 {
		where = markdownText(strings.Join(left, ", "))
	}
	steps := ""
	if t.Steps > 0 {
		steps = fmt.Sprintf("%d of %d", t.Cached, t.Steps)
	}
	cells := []string{
		markdownCode(t.Name), resultMark(&t) + " " + string(t.Result), tally.Time(t),
		markdownCode(t.Digest), where, markdownCodes(t.Platforms), steps,
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// failureDetails is the folded end of the log of each target that failed.
func failureDetails(outcome *report.Report, room int) string {
	var b strings.Builder
	left := 0
	for _, t := range outcome.Targets {
		if t.Result != report.Failed || t.Err == nil {
			continue
		}
		if left == 0 {
			text := failureMarkdown(t)
			if b.Len()+len(text) <= room {
				b.WriteString(text)
				continue
			}
		}
		left++
	}
	if left > 0 {
		fmt.Fprintf(&b, "... and %s.\n", terminal.Count(left, "more failure"))
	}
	return b.String()
}

func failureMarkdown(t report.Target) string {
	title := fmt.Sprintf("target %s: %s", markdownCode(t.Name), markdownText(failure.Text(t.Err)))
	var logged *terminal.LoggedError
	if !errors.As(t.Err, &logged) || len(logged.Log) == 0 {
		return "- " + title + "\n\n"
	}
	return fmt.Sprintf("<details><summary>%s</summary>\n\nThe last lines of %s:\n\n<pre>%s</pre>\n\n</details>\n\n",
		title, markdownCode(logged.Step), markdownEscape(strings.Join(logged.Log, "\n"), "\n"))
}

// resultMark is a picture of a result.
func resultMark(t *report.Target) string {
	switch {
	case t.Complete():
		return "✅"
	case t.Result == report.Failed:
		return "❌"
	}
	return "⏹️"
}

// markdownText is text as it is, whatever Markdown would make of it, in one
// line.
func markdownText(text string) string {
	const most = 500
	return markdownEscape(terminal.Clip(strings.Join(strings.Fields(text), " "), most), "")
}

// markdownCode is text in the type of code.
func markdownCode(text string) string {
	if text == "" {
		return ""
	}
	return "<code>" + markdownText(text) + "</code>"
}

func markdownCodes(list []string) string {
	var out []string
	for _, text := range list {
		out = append(out, markdownCode(text))
	}
	return strings.Join(out, "<br>")
}

// markdownEscape writes all signs that could mean something to Markdown, to HTML
// or to GitHub as numbers of characters. What is in keep stays.
func markdownEscape(text, keep string) string {
	const harmless = ` .,;/-+="'()%`
	var b strings.Builder
	for _, r := range text {
		switch {
		case strings.ContainsRune(keep, r):
			b.WriteRune(r)
		case r >= 'a' && r <= 'z' || r == ' ':
			b.WriteRune(r)
		case r < '!' || r > '~' || strings.ContainsRune(harmless, r) || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteString(terminal.Printable(string(r)))
		default:
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}
