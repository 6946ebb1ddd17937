package bake

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// keepJSON notes that a file has JSON syntax. Of files of one name with
// different texts, none is noted: an expression knows its file by name only.
func (d *Definition) keepJSON(f File) {
	if d.json == nil {
		d.json = map[string][]byte{}
	}
	if text, ok := d.json[f.Name]; ok && !bytes.Equal(text, f.Data) {
		d.json[f.Name] = nil
		return
	}
	d.json[f.Name] = f.Data
}

// unwrapJSON spares work with an expression of a JSON file, where each string is
// a template that is scanned and parsed whenever somebody asks for its variables
// or its value. What holds no template is literal: its value without a context
// is its value in any. A single string becomes the template in it, parsed once.
// Expressions of other files, and those with errors, are returned as they are.
func (d *Definition) unwrapJSON(expr hcl.Expression) (_ hcl.Expression, literal bool) {
	rng := expr.Range()
	text := d.json[rng.Filename]
	if rng.Start.Byte >= rng.End.Byte || rng.End.Byte > len(text) {
		return expr, false
	}
	text = text[rng.Start.Byte:rng.End.Byte]
	if plainJSON(text) {
		return expr, true
	}
	if text[0] != '"' || !isASCII(text) {
		return expr, false // also where cty would normalise the text, and move columns
	}
	val, diags := expr.Value(nil)
	if diags.HasErrors() || val.IsNull() || val.Type() != cty.String {
		return expr, false
	}
	start := rng.Start // the template begins behind the quotation mark
	start.Byte++
	start.Column++
	template, diags := hclsyntax.ParseTemplate([]byte(val.AsString()), rng.Filename, start)
	if len(diags) > 0 {
		return expr, false
	}
	return template, false
}

// plainJSON reports whether JSON text surely holds no template: nothing in it
// begins one, and no escape can.
func plainJSON(text []byte) bool {
	for i, c := range text {
		if c >= 0x80 || c == '\\' || (c == '$' || c == '%') && i+1 < len(text) && text[i+1] == '{' {
			return false
		}
	}
	return true
}

func isASCII(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}
