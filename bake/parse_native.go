package bake

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// pieceSize is about how many bytes of a file in HCL's native syntax hclsyntax
// parses at a time. Its scanner keeps 100 bytes of token for every few bytes of
// text, in a slice that is copied as it grows, until the parser is done: for a
// large file at once, that would be most of the memory of a run.
const pieceSize = 2 << 10

// largeFile is the size from which on a file is parsed in pieces.
const largeFile = 32 << 10

// blockEnd is a closing brace that stands alone at the start of a line: nearly
// always the end of a top-level block.
const blockEnd = "\n}\n"

func parseHCL(f File) (hcl.Body, hcl.Diagnostics) {
	if body := parsePieces(f); body != nil {
		return body, nil
	}
	if diags := deepText(f.Data, hclsyntax.LexConfig, f.Name, hcl.InitialPos); diags != nil {
		return nil, diags
	}
	file, diags := hclsyntax.ParseConfig(f.Data, f.Name, hcl.InitialPos)
	if file == nil {
		return nil, diags
	}
	return file.Body, diags
}

// parsePieces parses a large file piece by piece: each block that is plain, and
// what is not together with some of what follows. It returns nil if the file is
// small, if it has an error, or if it was cut where it must not be. A cut that
// went wrong, in a heredoc or within parentheses, leaves something open, which
// is an error of the piece before it: so pieces without errors are to the
// scanner and the parser what the file is.
func parsePieces(f File) *hclsyntax.Body {
	if len(f.Data) < largeFile {
		return nil
	}
	whole := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, Blocks: hclsyntax.Blocks{}}
	p := &plain{name: f.Name, text: string(f.Data), line: 1}
	for p.blocks(whole); p.at < len(p.text); p.blocks(whole) {
		if !p.piece(whole) {
			return nil
		}
	}
	return whole
}

// blocks reads all blocks up to the first that is not plain.
func (p *plain) blocks(whole *hclsyntax.Body) {
	done, read := *p, len(whole.Blocks)
	p.spaces()
	start := p.pos()
	for p.blank(); p.at < len(p.text); p.blank() {
		b := p.block()
		if p.failed {
			break
		}
		whole.Blocks = append(whole.Blocks, b)
		done = *p
	}
	if p.failed || len(whole.Blocks) == read {
		*p = done
	}
	if len(whole.Blocks) > read {
		extend(whole, p.since(start))
	}
}

// piece has the next piece parsed by hclsyntax. It fails if there is an error.
func (p *plain) piece(whole *hclsyntax.Body) bool {
	piece := p.text[p.at:]
	piece = piece[:cut(piece)]
	if deepText([]byte(piece), hclsyntax.LexConfig, p.name, p.pos()) != nil {
		return false
	}
	file, diags := hclsyntax.ParseConfig([]byte(piece), p.name, p.pos())
	if len(diags) > 0 || !join(whole, file.Body.(*hclsyntax.Body)) {
		return false
	}
	p.at += len(piece)
	p.line += strings.Count(piece, "\n")
	p.start = p.at
	return true
}

// cut is the length of the first piece of a text.
func cut(text string) int {
	if len(text) > pieceSize {
		if i := strings.Index(text[pieceSize:], blockEnd); i >= 0 {
			return pieceSize + i + len(blockEnd)
		}
	}
	return len(text)
}

// join adds a piece to the body of the pieces before it. It fails for an
// attribute that is there already.
func join(whole, piece *hclsyntax.Body) bool {
	for name, a := range piece.Attributes {
		if whole.Attributes[name] != nil {
			return false
		}
		whole.Attributes[name] = a
	}
	whole.Blocks = append(whole.Blocks, piece.Blocks...)
	extend(whole, piece.SrcRange)
	return true
}

// extend makes the range of a body that is being put together end where r does.
func extend(whole *hclsyntax.Body, r hcl.Range) {
	if whole.SrcRange.Empty() {
		whole.SrcRange = r
	}
	whole.SrcRange = hcl.RangeBetween(whole.SrcRange, r)
	whole.EndRange = endOf(r)
}
