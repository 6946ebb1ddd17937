package parity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/tools/txtar"
)

// addTwin gives an archive that has hcl/ files and no json/ file its JSON
// twin. An archive that has no twins is left alone.
func addTwin(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parsed := txtar.Parse(data)
	var made []txtar.File
	for _, f := range parsed.Files {
		if strings.HasPrefix(f.Name, "json/") {
			return nil
		}
		name, ok := strings.CutPrefix(f.Name, "hcl/")
		if !ok {
			continue
		}
		text, err := toJSON(f.Data, f.Name)
		if err != nil {
			return err
		}
		name = strings.TrimSuffix(name, ".hcl")
		made = append(made, txtar.File{Name: "json/" + name + ".json", Data: text})
	}
	if len(made) == 0 {
		return nil
	}
	var files []txtar.File
	var last int
	for i, f := range parsed.Files {
		if strings.HasPrefix(f.Name, "hcl/") {
			last = i + 1
		}
	}
	files = append(files, parsed.Files[:last]...)
	files = append(files, made...)
	files = append(files, parsed.Files[last:]...)
	parsed.Files = files
	return os.WriteFile(path, txtar.Format(parsed), 0o644)
}

// toJSON writes an HCL definition in HCL's JSON syntax, block by block in the
// same order. Objects, lists and literals become JSON; any other expression
// becomes a template of its source.
func toJSON(src []byte, name string) ([]byte, error) {
	if string(src) == emptyFile {
		return src, nil
	}
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	c := &converter{src: src}
	out := c.body(file.Body.(*hclsyntax.Body), "")
	var buf bytes.Buffer
	if err := json.Indent(&buf, []byte(out), "", "  "); err != nil {
		return nil, fmt.Errorf("%w in %s", err, out)
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}

type converter struct{ src []byte }

// member is a property of a JSON object with the place it comes from.
type member struct {
	at   int
	text string
}

func (c *converter) body(b *hclsyntax.Body, block string) string {
	var members []member
	for _, a := range b.Attributes {
		members = append(members, member{a.SrcRange.Start.Byte, quote(a.Name) + ":" + c.attribute(block, a)})
	}
	first := map[string]int{}
	blocks := map[string][]string{}
	for _, child := range b.Blocks {
		if _, ok := first[child.Type]; !ok {
			first[child.Type] = child.TypeRange.Start.Byte
		}
		text := c.body(child.Body, child.Type)
		for i := len(child.Labels) - 1; i >= 0; i-- {
			text = "{" + quote(child.Labels[i]) + ":" + text + "}"
		}
		blocks[child.Type] = append(blocks[child.Type], text)
	}
	for kind, texts := range blocks {
		text := texts[0]
		if len(texts) > 1 {
			text = "[" + strings.Join(texts, ",") + "]"
		}
		members = append(members, member{first[kind], quote(kind) + ":" + text})
	}
	return object(members)
}

func object(members []member) string {
	for i := range members { // few members: insertion sort keeps it short
		for j := i; j > 0 && members[j].at < members[j-1].at; j-- {
			members[j], members[j-1] = members[j-1], members[j]
		}
	}
	texts := make([]string, len(members))
	for i, m := range members {
		texts[i] = m.text
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func (c *converter) attribute(block string, a *hclsyntax.Attribute) string {
	switch {
	case block == "variable" && a.Name == "type", block == "function" && a.Name == "variadic_params":
		return quote(c.text(a.Expr))
	case block == "function" && a.Name == "params":
		if list, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
			names := make([]string, len(list.Exprs))
			for i, e := range list.Exprs {
				names[i] = quote(c.text(e))
			}
			return "[" + strings.Join(names, ",") + "]"
		}
	}
	return c.expr(a.Expr)
}

func (c *converter) text(e hclsyntax.Expression) string {
	r := e.Range()
	return strings.TrimSpace(string(c.src[r.Start.Byte:r.End.Byte]))
}

func (c *converter) expr(e hclsyntax.Expression) string {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if text, ok := literal(e.Val); ok {
			return text
		}
	case *hclsyntax.TupleConsExpr:
		items := make([]string, len(e.Exprs))
		for i, item := range e.Exprs {
			items[i] = c.expr(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case *hclsyntax.ObjectConsExpr:
		members := make([]member, len(e.Items))
		for i, item := range e.Items {
			members[i] = member{i, c.key(item.KeyExpr) + ":" + c.expr(item.ValueExpr)}
		}
		return object(members)
	case *hclsyntax.TemplateExpr:
		if text, ok := c.template(e); ok {
			return quote(text)
		}
	case *hclsyntax.TemplateWrapExpr:
		return quote("${" + c.text(e.Wrapped) + "}")
	}
	return quote("${" + c.text(e) + "}")
}

func (c *converter) key(e hclsyntax.Expression) string {
	if wrap, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if word := hcl.ExprAsKeyword(wrap); word != "" && !wrap.ForceNonLiteral {
			return quote(word)
		}
		e = wrap.Wrapped
	}
	return c.expr(e)
}

func literal(v cty.Value) (string, bool) {
	switch {
	case v.IsNull():
		return "null", true
	case v.Type() == cty.Bool:
		return fmt.Sprint(v.True()), true
	case v.Type() == cty.Number:
		f := v.AsBigFloat()
		if f.IsInt() {
			return f.Text('f', 0), true
		}
		return new(big.Float).Copy(f).Text('g', 20), false
	}
	return "", false
}

// template writes a quoted or heredoc template as the text of a template,
// with the escapes of its literals as JSON will see them.
func (c *converter) template(e *hclsyntax.TemplateExpr) (string, bool) {
	var out strings.Builder
	for _, part := range e.Parts {
		lit, ok := part.(*hclsyntax.LiteralValueExpr)
		switch {
		case ok && lit.Val.Type() == cty.String:
			s := lit.Val.AsString()
			s = strings.ReplaceAll(s, "${", "$${")
			out.WriteString(strings.ReplaceAll(s, "%{", "%%{"))
		case isControl(part):
			return "", false
		default:
			out.WriteString("${" + c.text(part) + "}")
		}
	}
	return out.String(), true
}

// isControl reports whether a part of a template is a %{if} or %{for}, which
// have no source text of their own.
func isControl(e hclsyntax.Expression) bool {
	switch e := e.(type) {
	case *hclsyntax.TemplateJoinExpr:
		return true
	case *hclsyntax.ConditionalExpr:
		return e.Range().Start.Byte != e.Condition.Range().Start.Byte
	}
	return false
}

func quote(s string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(buf.String(), "\n")
}
