package bake

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// pieceSize is about how many bytes of a file in HCL's native syntax are parsed
// at a time. The scanner keeps 100 bytes of token for every few bytes of text, in
// a slice that is copied as it grows, until the parser is done: for a large file
// at once, that is most of the memory of a run.
const pieceSize = 2 << 10

// largeFile is the size from which on that is worth it.
const largeFile = 32 << 10

// blockEnd is a closing brace that stands alone at the start of a line: nearly
// always the end of a top-level block.
var blockEnd = []byte("\n}\n")

func parseHCL(f File) (hcl.Body, hcl.Diagnostics) {
	if body := parsePieces(f); body != nil {
		return body, nil
	}
	file, diags := hclsyntax.ParseConfig(f.Data, f.Name, hcl.InitialPos)
	if file == nil {
		return nil, diags
	}
	return file.Body, diags
}

// parsePieces parses a large file piece by piece. It returns nil if the file is
// small, if it has an error, or if it was cut where it must not be. A cut that
// went wrong, in a heredoc or within parentheses, leaves something open, which
// is an error of the piece before it: so pieces without errors are to the
// scanner and the parser what the file is.
func parsePieces(f File) *hclsyntax.Body {
	if len(f.Data) < largeFile {
		return nil
	}
	whole := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}}
	for pos, rest := hcl.InitialPos, f.Data; len(rest) > 0; {
		piece := rest[:cut(rest)]
		file, diags := hclsyntax.ParseConfig(piece, f.Name, pos)
		if len(diags) > 0 || !join(whole, file.Body.(*hclsyntax.Body)) {
			return nil
		}
		rest = rest[len(piece):]
		pos.Byte += len(piece)
		pos.Line += bytes.Count(piece, []byte("\n"))
	}
	return whole
}

// cut is the length of the first piece of a text.
func cut(text []byte) int {
	if len(text) > pieceSize {
		if i := bytes.Index(text[pieceSize:], blockEnd); i >= 0 {
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
	if whole.SrcRange.Empty() {
		whole.SrcRange = piece.SrcRange
	}
	whole.SrcRange = hcl.RangeBetween(whole.SrcRange, piece.SrcRange)
	whole.EndRange = piece.EndRange
	return true
}
