package bake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// diagID identifies a diagnostic independent of its wording. It is kept in
// hcl.Diagnostic.Extra.
type diagID string

// DiagnosticID returns the stable identity of the diagnostic, such as
// "unknown-target".
func (id diagID) DiagnosticID() string { return string(id) }

// undeclared is the identity of a diagnostic about a name that nothing declares:
// a variable, a function or a target. However often it is used, one name makes
// one diagnostic, at its first use.
type undeclared struct {
	diagID
	name string
	also []hcl.Range // further uses
}

func (u *undeclared) String() string { return u.DiagnosticID() }

// DiagnosticPlaces returns the further places that the diagnostic is about.
func (u *undeclared) DiagnosticPlaces() []hcl.Range { return u.also }

// naming marks a diagnostic as one about an undeclared name.
func naming(d *hcl.Diagnostic, name string) *hcl.Diagnostic {
	if id, ok := d.Extra.(diagID); ok {
		d.Extra = &undeclared{diagID: id, name: name}
	}
	return d
}

func errorAt(id diagID, rng hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   sentence(fmt.Sprintf(format, args...)),
		Subject:  subject(rng),
		Extra:    id,
	}
}

// sentence drops the full stop that a template adds to text that ends itself.
func sentence(text string) string {
	for _, end := range []string{"?", ".", "!"} {
		if t, ok := strings.CutSuffix(text, end+"."); ok {
			return t + end
		}
	}
	return text
}

func warningAt(id diagID, rng hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := errorAt(id, rng, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// subject returns nil for an empty range: values from the command line and
// the environment have no place in a file.
func subject(rng hcl.Range) *hcl.Range {
	if rng.Filename == "" {
		return nil
	}
	return &rng
}

// sortDiagnostics orders by file, line and column, errors and warnings mixed,
// drops exact repetitions and folds what is about one undeclared name, so that
// output does not depend on the order in which things were evaluated.
func sortDiagnostics(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		ra, rb := position(a), position(b)
		return cmp.Or(
			cmp.Compare(ra.Filename, rb.Filename),
			cmp.Compare(ra.Start.Byte, rb.Start.Byte),
			cmp.Compare(a.Summary, b.Summary),
			cmp.Compare(a.Detail, b.Detail),
		)
	})
	return foldUses(slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return a.Summary == b.Summary && a.Detail == b.Detail && position(a) == position(b)
	}))
}

// foldUses keeps the first of the diagnostics about each undeclared name, with
// the places of the others.
func foldUses(diags hcl.Diagnostics) hcl.Diagnostics {
	type use struct {
		id   diagID
		name string
	}
	first := map[use]*hcl.Diagnostic{}
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
		u, ok := d.Extra.(*undeclared)
		if !ok {
			return false
		}
		key := use{u.diagID, u.name}
		f := first[key]
		if f == nil {
			first[key] = d
			return false
		}
		at := f.Extra.(*undeclared)
		for _, rng := range append([]hcl.Range{position(d)}, u.also...) {
			if rng.Filename != "" && rng != position(f) && !slices.Contains(at.also, rng) {
				at.also = append(at.also, rng)
			}
		}
		return true
	})
}

func position(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}

// at renders a position for use inside a sentence.
func at(rng hcl.Range) string {
	if rng.Filename == "" {
		return "the command line"
	}
	return fmt.Sprintf("%s:%d,%d", rng.Filename, rng.Start.Line, rng.Start.Column)
}

// list renders names for a sentence, at most ten of them.
func list(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// count writes a number with its noun, in the plural where that is right.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// cycleText renders a chain of addresses that ends where it began.
func cycleText(members []frame) string {
	var b strings.Builder
	for _, m := range members {
		fmt.Fprintf(&b, "%s (%s) -> ", m.addr, at(m.rng))
	}
	b.WriteString(members[0].addr.String())
	return b.String()
}
