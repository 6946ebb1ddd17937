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
// is its value in any. The rest becomes an expression of the native syntax, with
// each template parsed once. Expressions of other files, and those with errors,
// are returned as they are.
func (d *Definition) unwrapJSON(expr hcl.Expression) (_ hcl.Expression, literal bool) {
	text := d.jsonText(expr.Range())
	switch {
	case text == nil:
		return expr, false
	case plainJSON(text):
		return expr, true
	case !isASCII(text): // cty would normalise the text, which moves columns
		return expr, false
	}
	if native := d.nativeJSON(expr); native != nil {
		return native, false
	}
	return expr, false
}

// jsonText is the text of an expression in a JSON file, nil if it is in none.
func (d *Definition) jsonText(rng hcl.Range) []byte {
	text := d.json[rng.Filename]
	if rng.Start.Byte >= rng.End.Byte || rng.End.Byte > len(text) {
		return nil
	}
	return text[rng.Start.Byte:rng.End.Byte]
}

// nativeJSON is an expression of a JSON file in native syntax, nil if there is
// anything unusual about it.
func (d *Definition) nativeJSON(expr hcl.Expression) hclsyntax.Expression {
	rng := expr.Range()
	text := d.jsonText(rng)
	switch {
	case text == nil:
		return nil
	case plainJSON(text):
		val, diags := expr.Value(nil)
		if len(diags) > 0 {
			return nil
		}
		return &hclsyntax.LiteralValueExpr{Val: val, SrcRange: rng}
	case text[0] == '[':
		return d.nativeList(expr)
	case text[0] == '{':
		return d.nativeObject(expr)
	}
	val, diags := expr.Value(nil)
	if len(diags) > 0 || val.IsNull() || val.Type() != cty.String {
		return nil
	}
	start := rng.Start // the template begins behind the quotation mark
	start.Byte++
	start.Column++
	template, diags := hclsyntax.ParseTemplate([]byte(val.AsString()), rng.Filename, start)
	if len(diags) > 0 {
		return nil
	}
	return template
}

func (d *Definition) nativeList(expr hcl.Expression) hclsyntax.Expression {
	elements, diags := hcl.ExprList(expr)
	list := &hclsyntax.TupleConsExpr{SrcRange: expr.Range(), OpenRange: expr.StartRange()}
	for _, element := range elements {
		native := d.nativeJSON(element)
		if native == nil {
			return nil
		}
		list.Exprs = append(list.Exprs, native)
	}
	if len(diags) > 0 {
		return nil
	}
	return list
}

// nativeObject is nativeList for an object. One with a key twice, or with a
// template for a key, is unusual.
func (d *Definition) nativeObject(expr hcl.Expression) hclsyntax.Expression {
	pairs, diags := hcl.ExprMap(expr)
	object := &hclsyntax.ObjectConsExpr{SrcRange: expr.Range(), OpenRange: expr.StartRange()}
	keys := map[string]bool{}
	for _, pair := range pairs {
		text := d.jsonText(pair.Key.Range())
		key, value := d.nativeJSON(pair.Key), d.nativeJSON(pair.Value)
		if text == nil || !plainJSON(text) || key == nil || value == nil || keys[string(text)] {
			return nil
		}
		keys[string(text)] = true
		object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: value})
	}
	if len(diags) > 0 {
		return nil
	}
	return object
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
