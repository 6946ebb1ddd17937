package compose

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// body is an [hcl.Body] whose content is known: blocks or attributes.
type body struct {
	blocks hcl.Blocks
	attrs  hcl.Attributes
	rng    hcl.Range
}

// Content returns what the schema asks for and reports everything else.
func (b *body) Content(schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, remain, diags := b.PartialContent(schema)
	rest := remain.(*body)
	for _, block := range rest.blocks {
		diags = append(diags, diagnostic(hcl.DiagError, "compose-schema", block.DefRange, "Unsupported block type",
			fmt.Sprintf("Blocks of type %q are not expected here.", block.Type)))
	}
	for name, attr := range rest.attrs {
		diags = append(diags, diagnostic(hcl.DiagError, "compose-schema", attr.NameRange, "Unsupported argument",
			fmt.Sprintf("An argument named %q is not expected here.", name)))
	}
	return content, diags
}

// PartialContent returns what the schema asks for and a body with the rest.
func (b *body) PartialContent(schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Body, hcl.Diagnostics) {
	content := &hcl.BodyContent{Attributes: hcl.Attributes{}, MissingItemRange: b.rng}
	rest := &body{attrs: hcl.Attributes{}, rng: b.rng}
	var diags hcl.Diagnostics
	for _, want := range schema.Attributes {
		if attr, ok := b.attrs[want.Name]; ok {
			content.Attributes[want.Name] = attr
		} else if want.Required {
			diags = append(diags, diagnostic(hcl.DiagError, "compose-schema", b.rng, "Missing required argument",
				fmt.Sprintf("The argument %q is required, but no definition was found.", want.Name)))
		}
	}
	for name, attr := range b.attrs {
		if content.Attributes[name] == nil {
			rest.attrs[name] = attr
		}
	}
	wanted := map[string]bool{}
	for _, want := range schema.Blocks {
		wanted[want.Type] = true
	}
	for _, block := range b.blocks {
		if wanted[block.Type] {
			content.Blocks = append(content.Blocks, block)
		} else {
			rest.blocks = append(rest.blocks, block)
		}
	}
	return content, rest, diags
}

// JustAttributes returns the attributes and reports blocks.
func (b *body) JustAttributes() (hcl.Attributes, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	for _, block := range b.blocks {
		diags = append(diags, diagnostic(hcl.DiagError, "compose-schema", block.DefRange, "Unexpected block",
			fmt.Sprintf("A block of type %q is not allowed here.", block.Type)))
	}
	return b.attrs, diags
}

// MissingItemRange is where a missing attribute would have stood.
func (b *body) MissingItemRange() hcl.Range { return b.rng }

// literal is an expression that is its own value: nothing in it is evaluated,
// so a "$" that interpolation left stays a "$". It answers [hcl.ExprList] and
// [hcl.ExprMap], so that elements and entries have places of their own.
type literal struct {
	val   cty.Value
	rng   hcl.Range
	items []hcl.Expression
	pairs []hcl.KeyValuePair
}

// Value returns the value, in whatever context.
func (e *literal) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return e.val, nil }

// Variables is empty: a literal refers to nothing.
func (e *literal) Variables() []hcl.Traversal { return nil }

// Range is where the value is written.
func (e *literal) Range() hcl.Range { return e.rng }

// StartRange is where the value is written.
func (e *literal) StartRange() hcl.Range { return e.rng }

// ExprList returns the elements of a list, nil for anything else.
func (e *literal) ExprList() []hcl.Expression { return e.items }

// ExprMap returns the entries of a map, nil for anything else.
func (e *literal) ExprMap() []hcl.KeyValuePair { return e.pairs }

func textExpr(text string, rng hcl.Range) *literal {
	return &literal{val: cty.StringVal(text), rng: rng}
}

func boolExpr(b bool, rng hcl.Range) *literal {
	return &literal{val: cty.BoolVal(b), rng: rng}
}

func listExpr(items []hcl.Expression, rng hcl.Range) *literal {
	vals := make([]cty.Value, len(items))
	for i, x := range items {
		vals[i] = x.(*literal).val
	}
	if items == nil {
		items = []hcl.Expression{}
	}
	return &literal{val: cty.TupleVal(vals), rng: rng, items: items}
}

func mapExpr(pairs []hcl.KeyValuePair, rng hcl.Range) *literal {
	vals := make(map[string]cty.Value, len(pairs))
	for _, p := range pairs {
		vals[p.Key.(*literal).val.AsString()] = p.Value.(*literal).val
	}
	if pairs == nil {
		pairs = []hcl.KeyValuePair{}
	}
	return &literal{val: cty.ObjectVal(vals), rng: rng, pairs: pairs}
}
