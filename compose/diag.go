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
