package bake

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// expression reads one of the expressions that are plain, nil if it is another.
// What follows it, an operator for one, has to be refused by the caller.
func (p *plain) expression() hclsyntax.Expression {
	p.depth++
	defer func() { p.depth-- }()
	c := p.peek()
	switch {
	case p.failed || p.depth > maxDepth:
	case c == '"':
		return p.template()
	case c == '[':
		return p.tuple()
	case c == '{':
		return p.object()
	case isDigit(c):
		return p.number()
	case isLetter(c):
		return p.named()
	}
	p.fail()
	return nil
}

// literal reads the text of a string up to a quote or a reference.
func (p *plain) literal() string {
	start := p.at
	for ; ; p.at++ {
		c := p.peek()
		if c == '"' || c == '$' {
			return p.text[start:p.at]
		}
		if c < ' ' || c > '~' || c == '\\' || c == '%' {
			p.fail()
			return ""
		}
	}
}

// quoted is a template of one literal, with all that it consists of: most
// templates are so.
type quoted struct {
	template hclsyntax.TemplateExpr
	literal  hclsyntax.LiteralValueExpr
	parts    [1]hclsyntax.Expression
}

// template reads a string with or without references.
func (p *plain) template() hclsyntax.Expression {
	start := p.pos()
	p.symbol('"')
	q := &quoted{}
	parts := q.parts[:0]
	for !p.failed && p.peek() != '"' {
		if p.peek() == '$' {
			parts = append(parts, p.reference())
			continue
		}
		node := &hclsyntax.LiteralValueExpr{}
		if len(parts) == 0 {
			node = &q.literal
		}
		start := p.pos()
		node.Val = cty.StringVal(p.literal())
		node.SrcRange = p.since(start)
		parts = append(parts, node)
	}
	p.symbol('"')
	if len(parts) == 0 {
		q.literal = hclsyntax.LiteralValueExpr{Val: cty.StringVal(""), SrcRange: endOf(p.since(start))}
		parts = append(parts, &q.literal)
	}
	if len(parts) == 1 && parts[0] != hclsyntax.Expression(&q.literal) {
		return &hclsyntax.TemplateWrapExpr{Wrapped: parts[0], SrcRange: p.since(start)}
	}
	q.template = hclsyntax.TemplateExpr{Parts: parts, SrcRange: p.since(start)}
	return &q.template
}

// reference reads an expression in a template.
func (p *plain) reference() hclsyntax.Expression {
	p.symbol('$')
	p.symbol('{')
	p.spaces()
	e := p.expression()
	p.spaces()
	p.symbol('}')
	return e
}

// number reads a whole number.
func (p *plain) number() hclsyntax.Expression {
	start := p.pos()
	for isDigit(p.peek()) {
		p.at++
	}
	if c := p.peek(); c == '.' || isLetter(c) {
		p.fail()
	}
	v, err := cty.ParseNumberVal(p.text[start.Byte:p.at])
	if err != nil {
		p.fail()
	}
	return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: p.since(start)}
}

// named reads a keyword, a reference to a variable and its attributes, or a
// call of a function.
func (p *plain) named() hclsyntax.Expression {
	start := p.pos()
	name := p.identifier()
	rng := p.since(start)
	next := p.peek()
	var v cty.Value
	switch {
	case name == "for":
		p.fail()
		return nil
	case next == '(':
		return p.call(name, rng)
	case name == "true":
		v = cty.True
	case name == "false":
		v = cty.False
	case name == "null":
		v = cty.NullVal(cty.DynamicPseudoType)
	default:
		return p.traversal(name, rng)
	}
	if next == '.' {
		p.fail()
	}
	return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: rng}
}

func (p *plain) traversal(name string, rng hcl.Range) hclsyntax.Expression {
	steps := hcl.Traversal{hcl.TraverseRoot{Name: name, SrcRange: rng}}
	for p.peek() == '.' && !p.failed {
		start := p.pos()
		p.at++
		name := p.identifier()
		steps = append(steps, hcl.TraverseAttr{Name: name, SrcRange: p.since(start)})
	}
	return &hclsyntax.ScopeTraversalExpr{Traversal: steps, SrcRange: p.since(rng.Start)}
}

func (p *plain) call(name string, rng hcl.Range) hclsyntax.Expression {
	open := p.symbol('(')
	args := p.list(')')
	return &hclsyntax.FunctionCallExpr{Name: name, Args: args, NameRange: rng, OpenParenRange: open, CloseParenRange: p.symbol(')')}
}

func (p *plain) tuple() hclsyntax.Expression {
	open := p.symbol('[')
	list := p.list(']')
	p.symbol(']')
	return &hclsyntax.TupleConsExpr{Exprs: list, SrcRange: p.since(open.Start), OpenRange: open}
}

// list reads expressions up to the byte that ends the list. Newlines mean
// nothing in it.
func (p *plain) list(end byte) []hclsyntax.Expression {
	var out []hclsyntax.Expression
	for p.blank(); !p.failed && p.peek() != end; p.blank() {
		out = append(out, p.expression())
		if p.blank(); p.peek() == end {
			break
		}
		p.symbol(',')
	}
	return out
}

// object reads pairs that end with a comma or a newline.
func (p *plain) object() hclsyntax.Expression {
	open := p.symbol('{')
	var items []hclsyntax.ObjectConsItem
	for p.blank(); !p.failed && p.peek() != '}'; p.blank() {
		items = append(items, p.item())
		if p.spaces(); p.peek() == '}' {
			break
		}
		if p.peek() == ',' {
			p.at++
		} else {
			p.endOfLine()
		}
	}
	p.symbol('}')
	return &hclsyntax.ObjectConsExpr{Items: items, SrcRange: p.since(open.Start), OpenRange: open}
}

func (p *plain) item() hclsyntax.ObjectConsItem {
	key := &hclsyntax.ObjectConsKeyExpr{Wrapped: p.expression()}
	p.spaces()
	if p.peek() == ':' {
		p.symbol(':')
	} else {
		p.symbol('=')
	}
	if next := p.peek(); next == '=' || next == ':' || next == '>' {
		p.fail()
	}
	p.spaces()
	return hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: p.expression()}
}
