package bake

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// byteOrderMark is how some editors begin a text in UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// parseFile reads one file that is no Compose file by the syntax its name
// says, or by the one that fits when the name does not say.
func parseFile(f File) (hcl.Body, hcl.Diagnostics) {
	if bytes.HasPrefix(f.Data, []byte("\xff\xfe")) || bytes.HasPrefix(f.Data, []byte("\xfe\xff")) {
		return nil, hcl.Diagnostics{notUTF8(f)}
	}
	switch strings.ToLower(path.Ext(f.Name)) {
	case ".json":
		return parseJSON(f)
	case ".hcl":
		return parseHCL(f)
	}
	body, diags := parseHCL(f)
	if !diags.HasErrors() {
		return body, diags
	}
	asJSON, jsonDiags := parseJSON(f)
	if !jsonDiags.HasErrors() || startsJSON(f.Data) {
		return asJSON, jsonDiags
	}
	return body, diags
}

func parseJSON(f File) (hcl.Body, hcl.Diagnostics) {
	if bytes.HasPrefix(f.Data, []byte(byteOrderMark)) {
		return nil, hcl.Diagnostics{jsonByteOrderMark(f)}
	}
	if diags := deepJSON(f); diags != nil {
		return nil, diags
	}
	file, diags := hcljson.Parse(f.Data, f.Name)
	if file == nil || diags.HasErrors() {
		return nil, jsonErrors(diags)
	}
	return file.Body, diags
}

// jsonErrors drops what only follows from another error, and says how to write
// a comment.
func jsonErrors(diags hcl.Diagnostics) hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, d := range diags {
		if d.Summary == "Root value must be object" && len(diags) > 1 {
			continue
		}
		if d.Summary == "Invalid object property name" {
			d.Detail = "The name of a property must be a string in quotes. A comment is a property named \"//\"."
		}
		out = append(out, d)
	}
	return out
}

// repeatedBlocks warns of a key that is in one object of a JSON file twice and
// stands for a block. Unlike other keys it may be: both count, which is not what
// other programs make of JSON. Elements of a list are repeated on purpose.
func repeatedBlocks(f File, body hcl.Body) hcl.Diagnostics {
	content, _, _ := body.PartialContent(rootSchema)
	type name struct{ kind, label string }
	first := map[name]*hcl.Block{}
	var diags hcl.Diagnostics
	for _, b := range content.Blocks {
		if len(b.Labels) != 1 {
			continue
		}
		n := name{b.Type, b.Labels[0]}
		if a := first[n]; a != nil && (sameObject(f.Data, a.LabelRanges[0], b.LabelRanges[0]) || sameObject(f.Data, a.TypeRange, b.TypeRange)) {
			diags = append(diags, repeatedBlock(b, a.LabelRanges[0]))
		}
		first[n] = b
	}
	return diags
}

// sameObject reports whether two keys of a JSON text, one behind the other, are
// keys of one object: what is opened between them is closed, and nothing else.
func sameObject(text []byte, a, b hcl.Range) bool {
	depth, quoted := 0, false
	for i := a.End.Byte; i < b.Start.Byte; i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return a.Start.Byte < b.Start.Byte
}

// twice finds what HCL says of a key that is in an object of JSON twice.
var twice = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(.+)" was already (?:set|defined) at .*:(\d+),\d+-`)
})

// explainTwice words that.
func explainTwice(d *hcl.Diagnostic) {
	if m := twice().FindStringSubmatch(d.Detail); m != nil {
		d.Summary, d.Extra = "Duplicate key", diagID("duplicate-key")
		d.Detail = "The key \"" + m[1] + "\" is already in this object, at line " + m[2] + ". Remove one of the two."
		d.Expression, d.EvalContext = nil, nil
	}
}

// clarifySyntax gives a diagnostic of HCL's parsers an identity.
func clarifySyntax(d *hcl.Diagnostic) {
	d.Extra = diagID("syntax")
	if d.Summary == "Duplicate attribute definition" {
		explainTwice(d)
	}
}
