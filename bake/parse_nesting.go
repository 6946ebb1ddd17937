package bake

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Limits of what a definition says in one expression. hclsyntax reads and
// evaluates by recursion, and so does what works with its values; a text that goes
// deeper than their stack ends the process. A person nests a few levels.
const (
	// maxNesting bounds how many brackets, templates, conditionals, directives,
	// prefixes and blocks are open at one place.
	maxNesting = 500
	// maxOperators bounds how many operators and indexes stand in a row, each of
	// which is applied to the result of those before.
	maxOperators = 5000
)

// nesting follows, token by token, how deep a text in HCL's native syntax is
// nested. A closing bracket that does not fit closes nothing, so that what is
// told is never less than what the parser does.
type nesting struct {
	open   []bracket // the first is the text as a whole
	depth  int
	before hclsyntax.TokenType // the token before, of those that are in an expression
}

// bracket is something open, and what is known of the item in it that is read.
type bracket struct {
	kind       hclsyntax.TokenType // what opened it
	comment    bool                // newlines in it say nothing
	directives int                 // "if" and "for" of a template that have no end yet
	levels     int                 // conditionals, and prefixes of the next operand
	prefixes   int                 // the latter
	chain      int                 // operators in a row
	operand    int                 // the height of the highest operand of these
	height     int                 // the highest of the items before
}

// closes is what closes a bracket.
var closes = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace: hclsyntax.TokenCBrace, hclsyntax.TokenOBrack: hclsyntax.TokenCBrack, hclsyntax.TokenOParen: hclsyntax.TokenCParen,
	hclsyntax.TokenTemplateInterp: hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenTemplateControl: hclsyntax.TokenTemplateSeqEnd,
	hclsyntax.TokenOQuote: hclsyntax.TokenCQuote, hclsyntax.TokenOHeredoc: hclsyntax.TokenCHeredoc,
}

// tooDeep reports where tokens exceed a limit, nil if they do not.
func tooDeep(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	n := nesting{open: []bracket{{kind: hclsyntax.TokenNil}}}
	for _, t := range tokens {
		n.token(t)
		switch {
		case n.depth > maxNesting:
			return nestedTooDeeply(t.Range)
		case n.top().total() > maxOperators:
			return tooManyOperators(t.Range)
		}
	}
	return nil
}

func (n *nesting) top() *bracket { return &n.open[len(n.open)-1] }

// total is the height of what is between the brackets so far.
func (b *bracket) total() int { return max(b.height, b.operand+b.chain+b.levels) }

func (n *nesting) token(t hclsyntax.Token) {
	top := n.top()
	switch t.Type {
	case hclsyntax.TokenComment:
		return
	case hclsyntax.TokenNewline:
		if top.comment || !slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenNil, hclsyntax.TokenOBrace}, top.kind) {
			return
		}
		n.endItem()
	case hclsyntax.TokenComma, hclsyntax.TokenEqual, hclsyntax.TokenFatArrow:
		n.endItem()
	case hclsyntax.TokenQuestion:
		n.endOperand()
		n.level(1)
	case hclsyntax.TokenBang, hclsyntax.TokenMinus:
		if n.afterOperand() {
			n.operator()
			break
		}
		top.prefixes++
		n.level(1)
	case hclsyntax.TokenIdent:
		n.word(string(t.Bytes))
	default:
		switch {
		case closes[t.Type] != 0:
			n.opening(t.Type)
		case t.Type == closes[top.kind]:
			n.closing()
		case operators[t.Type]:
			n.operator()
		}
	}
	n.before = t.Type
}

// operators are those that stand between two operands, and the end of one.
var operators = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenStar: true, hclsyntax.TokenSlash: true, hclsyntax.TokenPlus: true, hclsyntax.TokenPercent: true,
	hclsyntax.TokenEqualOp: true, hclsyntax.TokenNotEqual: true, hclsyntax.TokenLessThan: true, hclsyntax.TokenLessThanEq: true,
	hclsyntax.TokenGreaterThan: true, hclsyntax.TokenGreaterThanEq: true, hclsyntax.TokenAnd: true, hclsyntax.TokenOr: true,
	hclsyntax.TokenColon: true,
}

// afterOperand reports whether the token before ends an operand.
func (n *nesting) afterOperand() bool {
	switch n.before {
	case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenStar, hclsyntax.TokenCBrace, hclsyntax.TokenCBrack,
		hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
		return n.before != hclsyntax.TokenStar
	}
	return false
}

func (n *nesting) level(by int) {
	n.top().levels += by
	n.depth += by
}

// operator notes that the next operand begins, and is applied to all before.
func (n *nesting) operator() {
	n.endOperand()
	n.top().chain++
}

func (n *nesting) endOperand() {
	n.level(-n.top().prefixes)
	n.top().prefixes = 0
}

// endItem notes that what follows is beside what was read.
func (n *nesting) endItem() {
	top := n.top()
	top.height = top.total()
	n.level(-top.levels)
	top.prefixes, top.chain, top.operand = 0, 0, 0
}

func (n *nesting) opening(kind hclsyntax.TokenType) {
	if kind == hclsyntax.TokenOBrack && n.afterOperand() {
		n.top().chain++ // an index
	}
	if kind != hclsyntax.TokenOQuote && kind != hclsyntax.TokenOHeredoc {
		n.depth++
	}
	n.open = append(n.open, bracket{kind: kind})
}

func (n *nesting) closing() {
	n.endItem()
	top := *n.top()
	n.open = n.open[:len(n.open)-1]
	if top.kind != hclsyntax.TokenOQuote && top.kind != hclsyntax.TokenOHeredoc {
		n.depth--
	}
	n.depth -= top.directives
	n.top().operand = max(n.top().operand, top.height+1)
}

// word notes what words begin and end.
func (n *nesting) word(word string) {
	top := n.top()
	switch {
	case n.before == hclsyntax.TokenOBrace && word == "for" && top.kind == hclsyntax.TokenOBrace:
		top.comment = true
	case n.before != hclsyntax.TokenTemplateControl:
	case word == "if" || word == "for":
		n.open[len(n.open)-2].directives++
		n.depth++
	case word == "endif" || word == "endfor":
		if out := &n.open[len(n.open)-2]; out.directives > 0 {
			out.directives--
			n.depth--
		}
	}
}

// deepText is tooDeep for a text of a file, read by a scanner of hclsyntax. Most
// texts have not enough of what nests, which a glance tells.
func deepText(text []byte, scan func([]byte, string, hcl.Pos) (hclsyntax.Tokens, hcl.Diagnostics), file string, start hcl.Pos) hcl.Diagnostics {
	if shallow(text) {
		return nil
	}
	tokens, _ := scan(text, file, start)
	if d := tooDeep(tokens); d != nil {
		return hcl.Diagnostics{d}
	}
	return nil
}

// shallow reports whether a text surely keeps the limits.
func shallow(text []byte) bool {
	nests, others := 0, 0
	for i, c := range text {
		switch c {
		case '(', '[', '{', '?', '!':
			nests++
		case '-':
			if i == 0 || i+1 == len(text) || !wordByte(text[i-1]) || !wordByte(text[i+1]) {
				nests++
			}
			others++
		case '+', '*', '/', '%', '<', '>', '=', '&', '|', ':':
			others++
		}
	}
	return nests <= maxNesting && nests+others <= maxOperators
}

func wordByte(c byte) bool { return isLetter(c) || isDigit(c) }

func nestedTooDeeply(rng hcl.Range) *hcl.Diagnostic {
	return errorAt("too-deep", rng, "Nested too deeply",
		"More than %d brackets, templates, conditionals, prefixes or blocks are open here. Close those before this place, or give inner parts names of their own as top-level attributes: NAME = VALUE.", maxNesting)
}

func tooManyOperators(rng hcl.Range) *hcl.Diagnostic {
	return errorAt("too-deep", rng, "Too many operators",
		"This expression applies more than %d operators or indexes to the results of each other. Split it, or use a list and a function such as anytrue, sum or join.", maxOperators)
}
