package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"bake/bake"
)

// finding is a diagnostic made ready for showing, in whichever form.
type finding struct {
	severity string // "error" or "warning"
	id       string // stable name of the kind of problem, may be empty
	summary  string
	detail   string
	subject  *hcl.Range
	context  *hcl.Range
	snippet  *snippet
	also     []hcl.Range // further places
	values   []valueNote // the values that the expression in question read
	notes    []string    // further facts, one line each
	log      []string    // the last lines of a log
	hint     string
	advice   bool // no matter for --strict
}

// spread is what the Extra of a diagnostic implements that is about several places.
type spread interface{ DiagnosticPlaces() []hcl.Range }

// identified is what the Extra of a diagnostic implements to name its kind.
type identified interface{ DiagnosticID() string }

// reporter collects the diagnostics of a run and shows them: as text as soon
// as they are complete, as JSON once at the end.
type reporter struct {
	streams
	json   bool
	strict bool
	github *annotator // nil outside GitHub Actions

	sources map[string][]byte   // by file name
	lines   map[string][]string // of those that were asked for
	order   map[string]int      // position of a file among those given

	pending []finding
	shown   []finding
}

// source makes the text of the definition files known, for excerpts.
func (r *reporter) source(files []bake.File) {
	if r.sources == nil {
		r.sources, r.order = map[string][]byte{}, map[string]int{}
	}
	r.lines = nil
	for _, f := range files {
		r.sources[f.Name] = f.Data
		if _, seen := r.order[f.Name]; !seen {
			r.order[f.Name] = len(r.order)
		}
	}
}

// add takes diagnostics in. With --strict a warning counts as an error.
func (r *reporter) add(diags hcl.Diagnostics) {
	for _, d := range diags {
		r.pending = append(r.pending, r.finding(d))
	}
}

// addOnce takes in those diagnostics that were not shown before.
func (r *reporter) addOnce(diags hcl.Diagnostics) {
	for _, d := range diags {
		f := r.finding(d)
		if !slices.ContainsFunc(r.shown, func(g finding) bool { return g.summary == f.summary && g.detail == f.detail }) {
			r.pending = append(r.pending, f)
		}
	}
}

// failed says whether an error was reported, or a warning under --strict.
func (r *reporter) failed() bool {
	bad := func(f finding) bool { return f.severity == "error" || (r.strict && !f.advice) }
	return slices.ContainsFunc(r.pending, bad) || slices.ContainsFunc(r.shown, bad)
}

// check shows what has been reported and ends the run if that was an error.
func (r *reporter) check() error {
	r.flush()
	if r.failed() {
		return reported(ExitUsage)
	}
	return nil
}

// flush shows what has been added since the last time. JSON waits for finish.
func (r *reporter) flush() {
	batch := r.sorted(r.pending)
	r.pending = nil
	r.shown = append(r.shown, batch...)
	if !r.json {
		r.writeText(batch)
	}
	if r.github != nil {
		r.github.write(r.raised(batch))
	}
}

// advise takes in what the text form shows in another way.
func (r *reporter) advise(list []finding) {
	for i := range list {
		list[i].advice = true
	}
	r.shown = append(r.shown, list...)
	if r.github != nil {
		r.github.write(list)
	}
}

// finish shows what is left at the end of a run, its error included where that
// has to be part of the output: as JSON or as an annotation. It returns the
// error that is still to be told.
func (r *reporter) finish(err error) error {
	var own *exitError
	told := err == nil || (errors.As(err, &own) && own.err == nil)
	if !told && (r.json || r.github != nil) {
		f := finding{severity: "error", summary: err.Error()}
		if own != nil {
			f.hint = own.hint
		}
		if r.json {
			r.pending = append(r.pending, f)
			err = reported(exitCode(err))
		} else {
			r.github.write([]finding{f})
		}
	}
	r.flush()
	if r.json {
		r.writeJSON(r.shown)
	}
	return err
}

// sorted puts findings in the order of their places: file by file as they
// were given, those without a place at the end. Equal ones are shown once.
func (r *reporter) sorted(list []finding) []finding {
	slices.SortStableFunc(list, func(a, b finding) int {
		if a.subject == nil || b.subject == nil {
			return cmp.Compare(btoi(a.subject == nil), btoi(b.subject == nil))
		}
		return cmp.Or(
			cmp.Compare(r.fileOrder(a.subject.Filename), r.fileOrder(b.subject.Filename)),
			cmp.Compare(a.subject.Filename, b.subject.Filename),
			cmp.Compare(a.subject.Start.Line, b.subject.Start.Line),
			cmp.Compare(a.subject.Start.Column, b.subject.Start.Column),
		)
	})
	return slices.CompactFunc(list, func(a, b finding) bool {
		return a.severity == b.severity && a.summary == b.summary && a.detail == b.detail &&
			a.subject != nil && b.subject != nil && *a.subject == *b.subject
	})
}

// raised are the findings as programs see them: under --strict all are errors.
func (r *reporter) raised(list []finding) []finding {
	list = slices.Clone(list)
	for i := range list {
		if r.strict && !list[i].advice {
			list[i].severity = "error"
		}
	}
	return list
}

func (r *reporter) fileOrder(name string) int {
	if i, ok := r.order[name]; ok {
		return i
	}
	return len(r.order)
}

// finding translates a diagnostic.
func (r *reporter) finding(d *hcl.Diagnostic) finding {
	f := finding{
		severity: "error",
		summary:  d.Summary,
		detail:   d.Detail,
		subject:  d.Subject,
		context:  d.Context,
		values:   valueNotes(d.Expression, d.EvalContext),
	}
	if d.Severity == hcl.DiagWarning {
		f.severity = "warning"
	}
	if named, ok := hcl.DiagnosticExtra[identified](d); ok {
		f.id = named.DiagnosticID()
	}
	if several, ok := hcl.DiagnosticExtra[spread](d); ok {
		f.also = several.DiagnosticPlaces()
	}
	if d.Subject != nil {
		f.snippet = newSnippet(r.linesOf(d.Subject.Filename), *d.Subject, d.Context)
	}
	return f
}

// linesOf are the lines of a source: there may be many findings in one.
func (r *reporter) linesOf(name string) []string {
	lines, ok := r.lines[name]
	if !ok {
		if r.lines == nil {
			r.lines = map[string][]string{}
		}
		lines = splitLines(r.sources[name])
		r.lines[name] = lines
	}
	return lines
}

// maxPlaces is how many further places a person is told of.
const maxPlaces = 5

// alsoAt tells the further places in words, or nothing.
func (f finding) alsoAt() string {
	if len(f.also) == 0 {
		return ""
	}
	var list []string
	file := ""
	for _, rng := range f.also[:min(len(f.also), maxPlaces)] {
		place := fmt.Sprintf("%d:%d", rng.Start.Line, rng.Start.Column)
		if rng.Filename != file {
			place, file = rng.Filename+":"+place, rng.Filename
		}
		list = append(list, place)
	}
	text := "also at " + strings.Join(list, ", ")
	if more := len(f.also) - len(list); more > 0 {
		text += fmt.Sprintf(" and %s", count(more, "more place"))
	}
	return text
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
