package bake

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// groupAttributes are the attributes of a group block, by position in
// block.attrs.
var groupAttributes = []string{"targets", "description"}

const (
	groupTargets = iota
	groupDescription
)

// parseBlock reads a target or group block: which attributes are set, where.
func parseBlock(b *hcl.Block) (*block, hcl.Diagnostics) {
	known, size := groupAttributes, len(groupAttributes)
	if b.Type == "target" {
		known, size = attributeNames(), len(table)
	}
	bl := &block{
		kind:  b.Type,
		label: b.Labels[0],
		rng:   b.LabelRanges[0],
		def:   b.DefRange,
		attrs: make([]*hcl.Attribute, size),
	}
	attrs, _, diags := bodyAttributes(b.Body, b.Type, nil, known)
	if !namePattern.MatchString(bl.label) {
		diags = append(diags, invalidName(b.Type, bl.label, bl.rng))
	}
	for _, a := range attrs {
		switch i := slices.Index(known, a.Name); {
		case i >= 0 && i < size:
			bl.attrs[i] = a
		case a.Name == "matrix":
			bl.matrix = a
		case a.Name == "name":
			bl.name = a
		default:
			diags = append(diags, unknownAttribute(a, b.Type, known))
		}
	}
	return bl, append(diags, checkMatrixUse(bl)...)
}

// checkMatrixUse reports a matrix or name where none may stand.
func checkMatrixUse(b *block) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if b.kind == "group" {
		for _, a := range []*hcl.Attribute{b.matrix, b.name} {
			if a != nil {
				diags = append(diags, groupHasNo(a))
			}
		}
		if b.attrs[groupTargets] == nil {
			diags = append(diags, groupNeedsTargets(b))
		}
		return diags
	}
	if b.name != nil && b.matrix == nil {
		diags = append(diags, nameNeedsMatrix(b.name))
	}
	return diags
}

var variableAttributes = []string{"type", "default", "description"}

func (d *Definition) addVariable(b *hcl.Block) hcl.Diagnostics {
	v := &variable{name: b.Labels[0], rng: b.LabelRanges[0]}
	attrs, blocks, diags := bodyAttributes(b.Body, "variable", []string{"validation"}, variableAttributes)
	for _, a := range attrs {
		switch a.Name {
		case "type":
			if deep := deepType(a.Expr); deep != nil {
				diags = append(diags, deep...)
				continue
			}
			v.typ = a.Expr
		case "default":
			v.def = a
		case "description":
			v.description = a
		default:
			diags = append(diags, unknownAttribute(a, "variable", variableAttributes))
		}
	}
	for _, vb := range blocks {
		val, more := parseValidation(vb)
		diags = append(diags, more...)
		if val.condition != nil {
			v.validations = append(v.validations, val)
		}
	}
	if _, ok := d.variables[v.name]; !ok {
		d.varOrder = append(d.varOrder, v.name)
	}
	d.variables[v.name] = v
	return diags
}

func parseValidation(b *hcl.Block) (validation, hcl.Diagnostics) {
	known := []string{"condition", "error_message"}
	val := validation{rng: b.DefRange}
	attrs, _, diags := bodyAttributes(b.Body, "validation", nil, known)
	for _, a := range attrs {
		switch a.Name {
		case "condition":
			val.condition = a.Expr
		case "error_message":
			val.message = a.Expr
		default:
			diags = append(diags, unknownAttribute(a, "validation", known))
		}
	}
	if val.condition == nil {
		diags = append(diags, missingAttribute("validation", "condition", b.DefRange))
	}
	if val.message == nil {
		diags = append(diags, missingAttribute("validation", "error_message", b.DefRange))
	}
	return val, diags
}

func (d *Definition) addFunction(b *hcl.Block) hcl.Diagnostics {
	f := &functionDef{name: b.Labels[0], rng: b.LabelRanges[0]}
	known := []string{"params", "variadic_params", "result"}
	attrs, _, diags := bodyAttributes(b.Body, "function", nil, known)
	for _, a := range attrs {
		switch a.Name {
		case "params":
			f.params = a
		case "variadic_params":
			f.variadic = a
		case "result":
			f.result = a
		default:
			e := unknownAttribute(a, "function", known)
			e.Severity = hcl.DiagError
			diags = append(diags, e)
		}
	}
	if f.params == nil {
		diags = append(diags, missingAttribute("function", "params", b.DefRange))
	}
	if f.result == nil {
		diags = append(diags, missingAttribute("function", "result", b.DefRange))
	}
	if _, ok := d.functions[f.name]; !ok {
		d.funcOrder = append(d.funcOrder, f.name)
	}
	d.functions[f.name] = f
	return diags
}
