package diagnostics

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
)

// jsonFinding is the form of `--diagnostics json`. Fields are only ever added.
type jsonFinding struct {
	Severity string       `json:"severity"`
	ID       string       `json:"id,omitempty"`
	Summary  string       `json:"summary"`
	Detail   string       `json:"detail,omitempty"`
	Range    *jsonRange   `json:"range,omitempty"`
	Also     []*jsonRange `json:"also,omitempty"` // further places
	Context  *jsonRange   `json:"context,omitempty"`
	Snippet  *jsonSnippet `json:"snippet,omitempty"`
	Values   []jsonValue  `json:"values,omitempty"`
	Notes    []string     `json:"notes,omitempty"`
	Log      []string     `json:"log,omitempty"`
	Hint     string       `json:"hint,omitempty"`
	Count    int          `json:"count,omitempty"` // how many others this stands for, of which nothing else is told
}

// jsonRange is a place in a file. Lines and columns count from 1, bytes from
// 0; the end is the first place after the range.
type jsonRange struct {
	File  string  `json:"file"`
	Start jsonPos `json:"start"`
	End   jsonPos `json:"end"`
}

type jsonPos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// jsonSnippet is the excerpt that the text form would show.
type jsonSnippet struct {
	Lines []jsonLine `json:"lines"`
}

// jsonLine is one line of an excerpt; From and To bound its marked bytes. Of a
// long line the text is a part: Offset is how many bytes are before it, and Cut
// tells that there are more behind it.
type jsonLine struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
	From   int    `json:"from,omitempty"`
	To     int    `json:"to,omitempty"`
	Offset int    `json:"offset,omitempty"`
	Cut    bool   `json:"cut,omitempty"`
}

type jsonValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// writeJSON writes all findings of the run as one array. Without any it is
// empty, so that a program always finds one.
func (r *Reporter) writeJSON(list []Finding) {
	shown, rest := bounded(list, maxListed, maxListed)
	out := []jsonFinding{}
	for _, f := range r.raised(append(shown, rest...)) {
		out = append(out, f.json())
	}
	enc := json.NewEncoder(r.Err)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(out) // there is nowhere left to tell that standard error is gone
}

func (f Finding) json() jsonFinding {
	out := jsonFinding{
		Severity: f.Severity,
		ID:       f.Id,
		Summary:  f.Summary,
		Detail:   f.Detail,
		Range:    newJSONRange(f.Subject),
		Context:  newJSONRange(f.context),
		Notes:    f.notes,
		Log:      f.log,
		Hint:     f.Hint,
		Count:    f.rest,
	}
	for i := range f.also {
		out.Also = append(out.Also, newJSONRange(&f.also[i]))
	}
	if f.Snippet != nil {
		out.Snippet = &jsonSnippet{}
		for _, l := range f.Snippet.lines {
			out.Snippet.Lines = append(out.Snippet.Lines, jsonLine{l.number, l.text, l.from, l.to, l.offset, l.cut})
		}
	}
	for _, v := range f.values {
		out.Values = append(out.Values, jsonValue(v))
	}
	return out
}

func newJSONRange(r *hcl.Range) *jsonRange {
	if r == nil {
		return nil
	}
	pos := func(p hcl.Pos) jsonPos { return jsonPos{Line: p.Line, Column: p.Column, Byte: p.Byte} }
	return &jsonRange{File: r.Filename, Start: pos(r.Start), End: pos(r.End)}
}
