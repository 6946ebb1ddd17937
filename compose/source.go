package compose

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"go.yaml.in/yaml/v4"
)

// source is one YAML file: its text and its documents.
type source struct {
	name  string
	data  []byte
	lines []int // offset of the first byte of each line
	docs  []*yaml.Node
}

const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle

// newSource reads the documents of a file. The source is never nil: after a
// syntax error it has the documents before the error.
func newSource(name string, data []byte) (*source, *hcl.Diagnostic) {
	s := &source{name: name, data: data, lines: lineStarts(data)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := decode(dec, &doc)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, s.syntaxError(err)
		}
		if len(doc.Content) == 1 {
			s.docs = append(s.docs, doc.Content[0])
		}
	}
}

func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// decode reads the next document. The parser is a young release: should it
// panic on a malformed file, that is an error of the file, not of the program.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the YAML parser cannot read this file")
		}
	}()
	return dec.Decode(doc)
}

var errorPlace = regexp.MustCompile(`line (\d+)(?:, column (\d+))?`)

// syntaxError takes the place out of the parser's message.
func (s *source) syntaxError(err error) *hcl.Diagnostic {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line, column := 1, 1
	if all := errorPlace.FindAllStringSubmatchIndex(text, -1); len(all) > 0 {
		m := all[len(all)-1]
		line, _ = strconv.Atoi(text[m[2]:m[3]])
		if m[4] >= 0 {
			column, _ = strconv.Atoi(text[m[4]:m[5]])
		}
		if m[0] == 0 {
			text = strings.TrimPrefix(text[m[1]:], ": ")
		}
	}
	rng := s.lineRange(line, column)
	hint := ""
	if line := s.line(rng.Start.Line); strings.HasPrefix(strings.TrimLeft(line, " "), "\t") {
		hint = " This line is indented with a tab; YAML allows only spaces."
	}
	return diagnostic(hcl.DiagError, "compose-syntax", rng, "Invalid YAML", "The file cannot be read as YAML: "+text+"."+hint)
}

func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.data)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	return strings.TrimRight(string(s.data[s.lines[n-1]:end]), "\r\n")
}

// pos is the position of a line and column (both from 1, the column in
// characters) as the YAML parser counts them.
func (s *source) pos(line, column int) hcl.Pos {
	line = max(1, min(line, len(s.lines)))
	at, end := s.lines[line-1], len(s.data)
	if line == 1 && bytes.HasPrefix(s.data, []byte("\ufeff")) { // not a character to the parser
		at += len("\ufeff")
	}
	if line < len(s.lines) {
		end = s.lines[line] - 1
	}
	column = max(1, column)
	for i := 1; i < column && at < end; i++ {
		_, n := utf8.DecodeRune(s.data[at:])
		at += n
	}
	return hcl.Pos{Line: line, Column: column, Byte: at}
}

// lineRange is from a position to the end of its line.
func (s *source) lineRange(line, column int) hcl.Range {
	start := s.pos(line, column)
	rest := s.line(start.Line)
	rest = strings.TrimRight(rest[min(start.Byte-s.lines[start.Line-1], len(rest)):], " \t")
	return s.span(start, len(rest))
}

func (s *source) span(start hcl.Pos, length int) hcl.Range {
	end := start
	end.Byte += length
	end.Column += utf8.RuneCount(s.data[start.Byte:end.Byte])
	return hcl.Range{Filename: s.name, Start: start, End: end}
}

// rangeOf is where a node is written: a scalar of one line from its first to
// its last character, anything else to the end of its first line.
func (s *source) rangeOf(n *yaml.Node) hcl.Range {
	if n == nil {
		return hcl.Range{Filename: s.name, Start: hcl.InitialPos, End: hcl.InitialPos}
	}
	whole := s.lineRange(n.Line, n.Column)
	text := s.data[whole.Start.Byte:whole.End.Byte]
	switch {
	case n.Kind == yaml.AliasNode:
		return s.span(whole.Start, min(len(n.Value)+1, len(text)))
	case n.Kind != yaml.ScalarNode:
		return whole
	case n.Style&quoted != 0:
		if length := quotedLength(text); length > 0 {
			return s.span(whole.Start, length)
		}
	case n.Value != "" && bytes.HasPrefix(text, []byte(n.Value)):
		return s.span(whole.Start, len(n.Value))
	}
	return whole
}

// quotedLength is the length of the quoted scalar that text starts with, or 0
// when it does not end on this line.
func quotedLength(text []byte) int {
	if len(text) == 0 {
		return 0
	}
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return 0
}
