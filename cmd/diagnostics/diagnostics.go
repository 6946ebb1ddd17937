package diagnostics

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"bake/bake"
	"bake/cmd/exit"
	"bake/cmd/terminal"
)

// Finding is a diagnostic made ready for showing, in whichever form.
type Finding struct {
	Severity string // "error" or "warning"
	Id       string // stable name of the kind of problem, may be empty
	Summary  string
	Detail   string
	Subject  *hcl.Range
	context  *hcl.Range
	Snippet  *snippet
	also     []hcl.Range // further places
	values   []valueNote // the values that the expression in question read
	notes    []string    // further facts, one line each
	log      []string    // the last lines of a log
	Hint     string
	advice   bool // no matter for --strict
	inSource bool // the subject is in a source that the reporter has
	rest     int  // how many others this stands for
}

// spread is what the Extra of a diagnostic implements that is about several places.
type spread interface{ DiagnosticPlaces() []hcl.Range }

// identified is what the Extra of a diagnostic implements to name its kind.
type identified interface{ DiagnosticID() string }

// Reporter collects the diagnostics of a run and shows them: as text as soon
// as they are complete, as JSON once at the end.
type Reporter struct {
	terminal.Streams
	JSON   bool
	Strict bool
	GitHub *Annotator // nil outside GitHub Actions

	Sources map[string][]byte   // by file name
	lines   map[string][]string // of those that were asked for
	order   map[string]int      // position of a file among those given

	Secrets *Secrets // what no diagnostic may tell; nil is nothing

	Pending []Finding
	shown   []Finding
	told    int // errors and
	warned  int // warnings that were shown until now
}

// Source makes the text of the definition files known, for excerpts.
func (r *Reporter) Source(files []bake.File) {
	if r.Sources == nil {
		r.Sources, r.order = map[string][]byte{}, map[string]int{}
	}
	r.lines = nil
	for _, f := range files {
		r.Sources[f.Name] = f.Data
		if _, seen := r.order[f.Name]; !seen {
			r.order[f.Name] = len(r.order)
		}
	}
}

// Add takes diagnostics in. With --strict a warning counts as an error.
func (r *Reporter) Add(diags hcl.Diagnostics) {
	for _, d := range diags {
		r.Pending = append(r.Pending, r.finding(d))
	}
}

// AddOnce takes in those diagnostics that were not shown before.
func (r *Reporter) AddOnce(diags hcl.Diagnostics) {
	for _, d := range diags {
		f := r.finding(d)
		if !slices.ContainsFunc(r.shown, func(g Finding) bool { return g.Summary == f.Summary && g.Detail == f.Detail }) {
			r.Pending = append(r.Pending, f)
		}
	}
}

// Failed says whether an error was reported, or a warning under --strict.
func (r *Reporter) Failed() bool {
	bad := func(f Finding) bool { return f.Severity == "error" || (r.Strict && !f.advice) }
	return slices.ContainsFunc(r.Pending, bad) || slices.ContainsFunc(r.shown, bad)
}

// Check shows what has been reported and ends the run if that was an error.
func (r *Reporter) Check() error {
	r.Flush()
	if r.Failed() {
		return exit.Reported(exit.Usage)
	}
	return nil
}

// Flush shows what has been added since the last time. JSON waits for finish.
func (r *Reporter) Flush() {
	batch := r.sorted(r.Pending)
	r.Pending = nil
	r.excerpt(batch)
	r.shown = append(r.shown, batch...)
	if !r.JSON {
		r.writeText(batch)
	}
	if r.GitHub != nil {
		r.annotate(batch)
	}
	r.note(batch)
}

// Advise takes in what the text form shows in another way.
func (r *Reporter) Advise(list []Finding) {
	for i := range list {
		list[i].advice = true
	}
	r.shown = append(r.shown, list...)
	if r.GitHub != nil {
		r.GitHub.write(list)
	}
}

// Finish shows what is left at the end of a run, its error included where that
// has to be part of the output: as JSON or as an annotation. It returns the
// error that is still to be told.
func (r *Reporter) Finish(err error) error {
	var own *exit.Error
	told := err == nil || (errors.As(err, &own) && own.Err == nil)
	if !told && (r.JSON || r.GitHub != nil) {
		f := Finding{Severity: "error", Summary: err.Error()}
		if own != nil {
			f.Hint = own.Hint
		}
		if r.JSON {
			r.Pending = append(r.Pending, f)
			err = exit.Reported(exit.CodeOf(err))
		} else {
			r.GitHub.write([]Finding{f})
		}
	}
	r.Flush()
	if r.JSON {
		r.writeJSON(r.shown)
	}
	return err
}

// sorted puts findings in the order of their places: file by file as they
// were given, those without a place at the end. Equal ones are shown once.
func (r *Reporter) sorted(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		if a.Subject == nil || b.Subject == nil {
			return cmp.Compare(btoi(a.Subject == nil), btoi(b.Subject == nil))
		}
		return cmp.Or(
			cmp.Compare(r.fileOrder(a.Subject.Filename), r.fileOrder(b.Subject.Filename)),
			cmp.Compare(a.Subject.Filename, b.Subject.Filename),
			cmp.Compare(a.Subject.Start.Line, b.Subject.Start.Line),
			cmp.Compare(a.Subject.Start.Column, b.Subject.Start.Column),
		)
	})
	return slices.CompactFunc(list, func(a, b Finding) bool {
		return a.Severity == b.Severity && a.Summary == b.Summary && a.Detail == b.Detail &&
			a.Subject != nil && b.Subject != nil && *a.Subject == *b.Subject
	})
}

// raised are the findings as programs see them: under --strict all are errors.
func (r *Reporter) raised(list []Finding) []Finding {
	list = slices.Clone(list)
	for i := range list {
		if r.Strict && !list[i].advice {
			list[i].Severity = "error"
		}
	}
	return list
}

func (r *Reporter) fileOrder(name string) int {
	if i, ok := r.order[name]; ok {
		return i
	}
	return len(r.order)
}

// finding translates a diagnostic.
func (r *Reporter) finding(d *hcl.Diagnostic) Finding {
	f := Finding{
		Severity: "error",
		Summary:  d.Summary,
		Detail:   clipProse(HideCredentials(r.Secrets.hide(d.Detail))),
		Subject:  d.Subject,
		context:  d.Context,
		values:   r.Secrets.valueNotes(d.Expression, d.EvalContext),
	}
	if d.Severity == hcl.DiagWarning {
		f.Severity = "warning"
	}
	if named, ok := hcl.DiagnosticExtra[identified](d); ok {
		f.Id = named.DiagnosticID()
	}
	if several, ok := hcl.DiagnosticExtra[spread](d); ok {
		f.also = several.DiagnosticPlaces()
	}
	f.inSource = d.Subject != nil
	return f
}

// linesOf are the lines of a source: there may be many findings in one.
func (r *Reporter) linesOf(name string) []string {
	lines, ok := r.lines[name]
	if !ok {
		if r.lines == nil {
			r.lines = map[string][]string{}
		}
		lines = splitLines(r.Sources[name])
		r.lines[name] = lines
	}
	return lines
}

// maxPlaces is how many further places a person is told of.
const maxPlaces = 5

// alsoAt tells the further places in words, or nothing.
func (f Finding) alsoAt() string {
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
		text += fmt.Sprintf(" and %s", terminal.Count(more, "more place"))
	}
	return text
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
