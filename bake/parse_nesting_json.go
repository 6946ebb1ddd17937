package bake

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// deepJSON reports where a JSON text, or a template in one of its strings, is
// nested too deeply.
func deepJSON(f File) hcl.Diagnostics {
	depth, pos := 0, hcl.InitialPos
	for pos.Byte < len(f.Data) {
		start := pos
		c := f.Data[pos.Byte]
		switch c {
		case '"':
			end := endOfString(f.Data, pos.Byte)
			if diags := deepString(f.Data[pos.Byte:end], f.Name, start); diags != nil {
				return diags
			}
			pos.Column += end - pos.Byte
			pos.Byte = end
			continue
		case '{', '[':
			if depth++; depth > maxNesting {
				pos.Byte++
				pos.Column++
				return hcl.Diagnostics{nestedTooDeeply(hcl.Range{Filename: f.Name, Start: start, End: pos})}
			}
		case '}', ']':
			depth--
		}
		pos.Byte++
		pos.Column++
		if c == '\n' {
			pos.Line, pos.Column = pos.Line+1, 1
		}
	}
	return nil
}

// endOfString is the offset behind a JSON string that begins at another.
func endOfString(text []byte, at int) int {
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		case '\n':
			return at // which no string may have
		}
	}
	return len(text)
}

// deepString is deepJSON for a string, quotes included. An escape may stand for
// anything that nests.
func deepString(text []byte, file string, start hcl.Pos) hcl.Diagnostics {
	if len(text) <= maxNesting {
		return nil
	}
	var template string
	if json.Unmarshal(text, &template) != nil {
		return nil // which the parser tells
	}
	start.Byte++
	start.Column++
	return deepText([]byte(template), hclsyntax.LexTemplate, file, start)
}

// deepType is tooDeep for the type of a variable, which in JSON is a string with
// an expression.
func deepType(expr hcl.Expression) hcl.Diagnostics {
	if _, native := expr.(hclsyntax.Expression); native {
		return nil
	}
	val, diags := expr.Value(nil)
	if diags.HasErrors() || !isString(val) {
		return nil
	}
	return deepText([]byte(val.AsString()), hclsyntax.LexExpression, expr.Range().Filename, expr.Range().Start)
}
