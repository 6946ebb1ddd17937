package bake

import (
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// plain parses what large files in HCL's native syntax consist of nearly
// wholly: blocks of attributes whose values are strings, references, calls,
// lists and objects. It builds the syntax tree that hclsyntax would, ranges
// included, in a seventh of the time. At anything else, an error first of all, it
// fails and leaves the text to hclsyntax.
type plain struct {
	name   string // of the file
	text   string
	at     int // the next byte
	line   int // that of the next byte, from 1
	start  int // of that line
	depth  int // how many expressions the next byte is in
	failed bool
}

// maxDepth is how deep expressions may be nested in plain text.
const maxDepth = 50

func (p *plain) fail() { p.failed = true }

// peek is the next byte, 0 at the end.
func (p *plain) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// pos is the place of the next byte. A byte is a column: what may stand before
// it in a line is ASCII.
func (p *plain) pos() hcl.Pos {
	return hcl.Pos{Line: p.line, Column: p.at - p.start + 1, Byte: p.at}
}

// since is the range from a place to the next byte.
func (p *plain) since(start hcl.Pos) hcl.Range {
	return hcl.Range{Filename: p.name, Start: start, End: p.pos()}
}

func (p *plain) newline() {
	p.at++
	p.line++
	p.start = p.at
}

// symbol reads the byte c.
func (p *plain) symbol(c byte) hcl.Range {
	start := p.pos()
	if p.peek() != c {
		p.fail()
		return hcl.Range{}
	}
	p.at++
	return p.since(start)
}

// spaces skips spaces within a line.
func (p *plain) spaces() {
	for p.peek() == ' ' || p.peek() == '\t' {
		p.at++
	}
}

// comment skips a comment and the newline at its end.
func (p *plain) comment() bool {
	rest := p.text[p.at:]
	if !strings.HasPrefix(rest, "#") && !strings.HasPrefix(rest, "//") {
		return false
	}
	end := strings.IndexByte(rest, '\n')
	if end < 0 || strings.IndexByte(rest[:end], '\r') >= 0 || !utf8.ValidString(rest[:end]) {
		p.fail()
		return false
	}
	p.at += end
	p.newline()
	return true
}

// blank skips spaces, newlines and comments.
func (p *plain) blank() {
	for !p.failed {
		p.spaces()
		if p.peek() == '\n' {
			p.newline()
		} else if !p.comment() {
			return
		}
	}
}

// endOfLine reads what ends an attribute or a block.
func (p *plain) endOfLine() {
	p.spaces()
	switch {
	case p.peek() == '\n':
		p.newline()
	case p.at < len(p.text) && !p.comment():
		p.fail()
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func (p *plain) identifier() string {
	start := p.at
	if !isLetter(p.peek()) {
		p.fail()
	}
	for c := p.peek(); isLetter(c) || isDigit(c) || c == '-'; c = p.peek() {
		p.at++
	}
	return p.text[start:p.at]
}

// block reads a block with one label in quotes, and the end of its line.
func (p *plain) block() *hclsyntax.Block {
	start := p.pos()
	b := &hclsyntax.Block{Type: p.identifier(), TypeRange: p.since(start)}
	p.spaces()
	start = p.pos()
	p.symbol('"')
	label := p.literal()
	p.symbol('"')
	b.Labels, b.LabelRanges = []string{label}, []hcl.Range{p.since(start)}
	p.spaces()
	b.OpenBraceRange = p.symbol('{')
	b.Body = p.body(b)
	p.endOfLine()
	return b
}

// body reads what is between the braces of a block, and the closing one:
// either one attribute in the same line, or attributes in lines of their own.
func (p *plain) body(b *hclsyntax.Block) *hclsyntax.Body {
	attributes := hclsyntax.Attributes{}
	p.spaces()
	if isLetter(p.peek()) {
		a := p.attribute()
		attributes[a.Name] = a
		p.spaces()
		b.CloseBraceRange = p.symbol('}')
		return &hclsyntax.Body{Attributes: attributes, SrcRange: a.SrcRange, EndRange: endOf(a.SrcRange)}
	}
	for p.blank(); !p.failed && p.peek() != '}'; p.blank() {
		a := p.attribute()
		p.endOfLine()
		if attributes[a.Name] != nil {
			p.fail()
		}
		attributes[a.Name] = a
	}
	b.CloseBraceRange = p.symbol('}')
	rng := hcl.RangeBetween(b.OpenBraceRange, b.CloseBraceRange)
	return &hclsyntax.Body{Attributes: attributes, Blocks: hclsyntax.Blocks{}, SrcRange: rng, EndRange: endOf(rng)}
}

// endOf is the empty range at the end of r.
func endOf(r hcl.Range) hcl.Range {
	return hcl.Range{Filename: r.Filename, Start: r.End, End: r.End}
}

func (p *plain) attribute() *hclsyntax.Attribute {
	start := p.pos()
	a := &hclsyntax.Attribute{Name: p.identifier(), NameRange: p.since(start)}
	p.spaces()
	a.EqualsRange = p.symbol('=')
	p.spaces()
	a.Expr = p.expression()
	a.SrcRange = p.since(start)
	return a
}
