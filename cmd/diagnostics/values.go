package diagnostics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bake/cmd/terminal"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// maxValueNotes bounds how many values are told with one diagnostic.
const maxValueNotes = 6

// maxValueText is how much of a string is told.
const maxValueText = 60

// valueNote is a variable that an expression read, and its value for people.
type valueNote struct{ Name, Value string }

// valueNotes lists the values that an expression read, by name. What cannot be
// evaluated or is not known is left out: another diagnostic speaks of it.
func (s *Secrets) valueNotes(expr hcl.Expression, ctx *hcl.EvalContext) []valueNote {
	if expr == nil || ctx == nil {
		return nil
	}
	var notes []valueNote
	for _, traversal := range expr.Variables() {
		value, diags := traversal.TraverseAbs(ctx)
		if diags.HasErrors() || value.IsMarked() || !value.IsKnown() {
			continue
		}
		note := valueNote{Name: traversalText(traversal), Value: s.valueText(value)}
		if slices.ContainsFunc(names(traversal), s.is) {
			note.Value = "not shown, as it is a secret or named like one"
		}
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	slices.SortFunc(notes, func(a, b valueNote) int { return strings.Compare(a.Name, b.Name) })
	return notes[:min(len(notes), maxValueNotes)]
}

// traversalText writes a reference as the definition would.
func traversalText(traversal hcl.Traversal) string {
	var b strings.Builder
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + (*Secrets)(nil).valueText(step.Key) + "]")
		}
	}
	return terminal.Clip(b.String(), maxValueText)
}

// names are those that a reference leads through.
func names(traversal hcl.Traversal) []string {
	var out []string
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			out = append(out, step.Name)
		case hcl.TraverseAttr:
			out = append(out, step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
				out = append(out, step.Key.AsString())
			}
		}
	}
	return out
}

// valueText describes a value in a few words.
func (s *Secrets) valueText(v cty.Value) string {
	ty := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case !v.IsKnown():
		return "unknown"
	case ty == cty.String:
		return quoteShort(HideCredentials(s.hide(v.AsString())))
	case ty == cty.Number:
		return v.AsBigFloat().Text('f', -1)
	case ty == cty.Bool:
		return strconv.FormatBool(v.True())
	case ty.IsObjectType():
		return "an object with " + strings.Join(attributeNames(ty), ", ")
	case v.CanIterateElements() && v.LengthInt() == 0:
		return "an empty " + ty.FriendlyName()
	case v.CanIterateElements():
		return s.collectionText(v)
	}
	return ty.FriendlyName()
}

// collectionText shows a short list of simple values whole and tells the size
// of any other collection.
func (s *Secrets) collectionText(v cty.Value) string {
	var parts []string
	length := 0
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if !element.Type().IsPrimitiveType() || v.Type().IsMapType() {
			parts = nil
			break
		}
		text := s.valueText(element)
		length += len(text)
		parts = append(parts, text)
	}
	if len(parts) > 0 && length <= maxValueText {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprintf("%s with %s", ty(v), terminal.Count(v.LengthInt(), "element"))
}

func ty(v cty.Value) string { return v.Type().FriendlyName() }

func attributeNames(ty cty.Type) []string {
	var names []string
	for name := range ty.AttributeTypes() {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > 5 {
		names = append(names[:5], "...")
	}
	if len(names) == 0 {
		return []string{"no attributes"}
	}
	return names
}

func quoteShort(text string) string {
	runes := []rune(text)
	if len(runes) > maxValueText {
		return strconv.Quote(string(runes[:maxValueText])) + "..."
	}
	return strconv.Quote(text)
}
