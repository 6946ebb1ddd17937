package compose

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// diagID identifies a diagnostic independent of its wording. It is kept in
// hcl.Diagnostic.Extra.
type diagID string

// DiagnosticID returns the stable identity of the diagnostic, such as
// "compose-unknown-key".
func (id diagID) DiagnosticID() string { return string(id) }

func diagnostic(severity hcl.DiagnosticSeverity, id diagID, rng hcl.Range, summary, detail string) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: severity, Summary: summary, Detail: detail, Extra: id}
	if rng.Filename != "" {
		d.Subject = &rng
	}
	return d
}

func (l *loader) errorAt(id diagID, rng hcl.Range, summary, format string, args ...any) {
	l.diags = append(l.diags, diagnostic(hcl.DiagError, id, rng, summary, fmt.Sprintf(format, args...)))
}

func (l *loader) warnAt(id diagID, rng hcl.Range, summary, format string, args ...any) {
	l.diags = append(l.diags, diagnostic(hcl.DiagWarning, id, rng, summary, fmt.Sprintf(format, args...)))
}

// ignored tells the caller about an attribute that is left out on purpose.
func (l *loader) ignored(rng hcl.Range, format string, args ...any) {
	if l.opt.Ignored != nil {
		l.opt.Ignored(rng, fmt.Sprintf(format, args...))
	}
}

// sorted orders diagnostics by place and drops repetitions: a source that is
// included or extended twice is read twice.
func sorted(diags hcl.Diagnostics) hcl.Diagnostics {
	place := func(d *hcl.Diagnostic) hcl.Range {
		if d.Subject == nil {
			return hcl.Range{}
		}
		return *d.Subject
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		ra, rb := place(a), place(b)
		return cmp.Or(cmp.Compare(ra.Filename, rb.Filename), cmp.Compare(ra.Start.Byte, rb.Start.Byte),
			cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	})
	return slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return a.Summary == b.Summary && a.Detail == b.Detail && place(a) == place(b)
	})
}

// didYouMean is a trailing sentence with the most similar name, or empty.
func didYouMean(given string, known []string) string {
	if s := suggest(given, known); s != "" {
		return fmt.Sprintf(" Did you mean %q?", s)
	}
	return ""
}

// suggest returns the known name closest to the given one, the first of
// several equally close, or "" when none is near enough to be a typo.
func suggest(given string, known []string) string {
	best, nearest := "", 3
	if len(given) <= 4 {
		nearest = 2
	}
	for _, name := range known {
		if diff := len(name) - len(given); diff >= nearest || -diff >= nearest {
			continue
		}
		if d := distance(given, name); d < nearest {
			best, nearest = name, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace, or of
// neighbours to swap, to turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
