package tally

import (
	"fmt"
	"strings"
	"time"

	"bake/bake/submit/report"
	"bake/cmd/terminal"
)

// Targets sums the run up in one line.
func Targets(outcome *report.Report) string {
	var steps, cached int
	byResult := map[report.Result]int{}
	unwritten := 0
	for _, r := range outcome.Targets {
		steps += r.Steps
		cached += r.Cached
		byResult[r.Result]++
		if len(r.Unwritten) > 0 {
			unwritten++
		}
	}
	var parts []string
	for _, result := range []report.Result{report.Built, report.Cached, report.Failed, report.Canceled, report.Skipped} {
		if n := byResult[result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	if unwritten > 0 {
		parts = append(parts, fmt.Sprintf("%d not written", unwritten))
	}
	text := fmt.Sprintf("%s in %s: %s", terminal.Count(len(outcome.Targets), "target"), seconds(outcome.Duration), strings.Join(parts, ", "))
	if steps > 0 {
		text += fmt.Sprintf("; %s, %d of them cached", terminal.Count(steps, "step"), cached)
	}
	return text
}

// Unwritten says which outputs a target lacks that was built, and why if that
// is known: "not written: out/app.tar".
func Unwritten(t report.Target) []string {
	var out []string
	for _, o := range t.Unwritten {
		where := o.Dest
		if where == "" {
			where = strings.Join(o.Names, ", ")
		}
		text := "not " + o.Done()
		if where != "" {
			text += ": " + where
		}
		out = append(out, text)
	}
	if t.Err != nil && len(out) > 0 {
		out = append(out, t.Err.Error())
	}
	return out
}

// Style is the colour of a result.
func Style(result report.Result) string {
	switch result {
	case report.Failed:
		return terminal.StyleError
	case report.Canceled, report.Skipped:
		return terminal.StyleWarning
	case report.Built, report.Cached:
		return terminal.StyleGood
	}
	return ""
}

// Time is how long a target took, empty if it never began.
func Time(r report.Target) string {
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

// ShortDigest is enough of a digest to tell it from others.
func ShortDigest(digest string) string {
	_, hex, ok := strings.Cut(digest, ":")
	if !ok {
		hex = digest
	}
	return hex[:min(len(hex), 12)]
}
