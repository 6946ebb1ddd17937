package bake

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

var (
	listOfString = cty.List(cty.String)
	mapOfString  = cty.Map(cty.String)
)

// convert turns an evaluated value into cells by the row's shape. The result
// is nil when the value is null and null means "not set".
func (row *attribute) convert(val cty.Value, src *source) (*attr, error) {
	if val.IsNull() {
		return nil, row.checkNull(val.Type())
	}
	switch row.shape {
	case shapeString:
		return scalar(val, cty.String, src)
	case shapeBool:
		return scalar(val, cty.Bool, src)
	case shapeList:
		return listCells(val, src)
	case shapeMap:
		return mapCells(val, src, row.name != "contexts")
	case shapeEntries:
		return entryCells(row.entry, val, src)
	}
	return fieldCells(row.fields, val, src)
}

// nullTypes are the types that a null of each shape must be convertible to.
var nullTypes = map[shape]cty.Type{
	shapeString: cty.String, shapeBool: cty.Bool, shapeList: listOfString, shapeMap: mapOfString,
}

// checkNull tells whether null means "not set" here: where it may, and where a
// value of its type could stand.
func (row *attribute) checkNull(ty cty.Type) error {
	if row.notNull {
		return errors.New("null is not allowed here; leave the attribute out instead")
	}
	if want := nullTypes[row.shape]; convert.GetConversionUnsafe(ty, want) == nil && !ty.Equals(want) {
		return fmt.Errorf("%s is required, but this is a null of type %s", withArticle(want.FriendlyName()), ty.FriendlyName())
	}
	return nil
}

func scalar(val cty.Value, want cty.Type, src *source) (*attr, error) {
	val, err := to(val, want)
	if err != nil {
		return nil, err
	}
	return &attr{cells: []cell{{val: val, src: src}}, src: src}, nil
}

// to converts a value and says in one sentence why it cannot.
func to(val cty.Value, want cty.Type) (cty.Value, error) {
	if want.IsPrimitiveType() && val.Type() == want {
		return val, nil
	}
	out, err := convert.Convert(val, want)
	if err == nil {
		return out, nil
	}
	var perr cty.PathError
	if errors.As(err, &perr) && len(perr.Path) > 0 {
		return out, fmt.Errorf("%s: %w", strings.TrimPrefix(hclPath(perr.Path), "."), err)
	}
	return out, fmt.Errorf("%s is required, but this is %s", withArticle(want.FriendlyName()), describe(val))
}

// hclPath writes a path into a value as an expression would.
func hclPath(p cty.Path) string {
	var b strings.Builder
	for _, s := range p {
		switch s := s.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + s.Name)
		case cty.IndexStep:
			b.WriteString("[" + renderValue(s.Key) + "]")
		}
	}
	return b.String()
}

func describe(val cty.Value) string {
	ty := val.Type()
	switch {
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return "a list"
	case ty.IsObjectType() || ty.IsMapType():
		return "an object"
	}
	return withArticle(ty.FriendlyName())
}

func withArticle(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// elementText names one element of a list, map or object.
func elementText(key cty.Value) string {
	switch {
	case !key.IsKnown() || !key.Type().IsPrimitiveType():
		return "an element"
	case key.Type() == cty.String:
		return fmt.Sprintf("element %q", key.AsString())
	}
	return fmt.Sprintf("element [%s]", key.AsBigFloat().Text('f', -1))
}

// elementError is an error about one element of a list, map or object.
type elementError struct {
	key cty.Value
	err error
}

func (e *elementError) Error() string { return elementText(e.key) + ": " + e.err.Error() }
func (e *elementError) Unwrap() error { return e.err }

func inElement(key cty.Value, format string, args ...any) error {
	return &elementError{key, fmt.Errorf(format, args...)}
}

// listCells converts element by element: the library's conversion of a whole
// tuple compares every type with every other.
func listCells(val cty.Value, src *source) (*attr, error) {
	if ty := val.Type(); !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		hint := bracketHint(ty)
		if ty.IsObjectType() {
			hint = ""
		}
		return nil, fmt.Errorf("a list of strings is required, but this is %s%s", describe(val), hint)
	}
	a := &attr{src: src, cells: make([]cell, 0, val.LengthInt())}
	for it := val.ElementIterator(); it.Next(); {
		i, v := it.Element()
		if v.IsNull() {
			return nil, inElement(i, "null is not allowed; use compact() to drop elements that may be null")
		}
		s, err := to(v, cty.String)
		if err != nil {
			return nil, &elementError{i, err}
		}
		a.cells = append(a.cells, cell{val: s, src: src})
	}
	return a, nil
}

func bracketHint(ty cty.Type) string {
	if ty.IsPrimitiveType() || ty.IsObjectType() {
		return "; put it in brackets to make it a list of one"
	}
	return ""
}

// mapCells keeps null entries where they are allowed: references see them,
// merging and the plan do not.
func mapCells(val cty.Value, src *source, nullable bool) (*attr, error) {
	if ty := val.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, fmt.Errorf("an object of strings is required, but this is %s", describe(val))
	}
	a := &attr{src: src, cells: make([]cell, 0, val.LengthInt())}
	for it := val.ElementIterator(); it.Next(); {
		k, v := it.Element()
		if v.IsNull() && !nullable {
			return nil, inElement(k, "null is not allowed; an empty string removes a named context")
		}
		s, err := to(v, cty.String)
		if err != nil {
			return nil, &elementError{k, err}
		}
		a.cells = append(a.cells, cell{key: k.AsString(), val: s, src: src})
	}
	return a, nil
}

func entryCells(kind *entryKind, val cty.Value, src *source) (*attr, error) {
	if ty := val.Type(); !ty.IsTupleType() && !ty.IsListType() {
		return nil, fmt.Errorf("a list of strings or objects is required, but this is %s%s", describe(val), bracketHint(ty))
	}
	a := &attr{src: src}
	place := 0
	for it := val.ElementIterator(); it.Next(); {
		i, v := it.Element()
		place++
		if v.IsNull() {
			return nil, inElement(i, "null is not allowed; drop it, for example with a for expression and an if")
		}
		entries, err := kind.fromValue(v)
		if err != nil {
			return nil, &elementError{i, err}
		}
		for _, e := range entries {
			e.place = place
			a.cells = append(a.cells, cell{entry: e, src: src})
		}
	}
	return a, nil
}

// field is one field of a shapeFields attribute.
type field struct {
	name   string
	typ    cty.Type
	decode func(*Resources, *cell)
}

// resourceFields are sorted by name, as cells are.
var resourceFields = []field{
	{"cpu-period", cty.Number, func(r *Resources, c *cell) { r.CPUPeriod = c.integer() }},
	{"cpu-quota", cty.Number, func(r *Resources, c *cell) { r.CPUQuota = c.integer() }},
	{"cpu-shares", cty.Number, func(r *Resources, c *cell) { r.CPUShares = c.integer() }},
	{"cpuset-cpus", cty.String, func(r *Resources, c *cell) { r.CPUSetCPUs = c.text() }},
	{"cpuset-mems", cty.String, func(r *Resources, c *cell) { r.CPUSetMems = c.text() }},
	{"memory", cty.String, func(r *Resources, c *cell) { r.Memory = c.text() }},
	{"memory-swap", cty.String, func(r *Resources, c *cell) { r.MemorySwap = c.text() }},
}

func (c *cell) integer() *int64 {
	n, _ := c.val.AsBigFloat().Int64()
	return &n
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

func fieldCells(fields []field, val cty.Value, src *source) (*attr, error) {
	if ty := val.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, fmt.Errorf("an object with some of %s is required, but this is %s", list(fieldNames(fields)), describe(val))
	}
	m := val.AsValueMap()
	a := &attr{src: src}
	for _, f := range fields {
		v, ok := m[f.name]
		if !ok || v.IsNull() {
			continue
		}
		v, err := f.check(v)
		if err != nil {
			return nil, &elementError{cty.StringVal(f.name), err}
		}
		a.cells = append(a.cells, cell{key: f.name, val: v, src: src})
	}
	return a, nil
}

func (f field) check(v cty.Value) (cty.Value, error) {
	v, err := to(v, f.typ)
	if err != nil {
		return v, err
	}
	if f.typ == cty.Number && !v.AsBigFloat().IsInt() {
		return v, fmt.Errorf("a whole number is required, but this is %s", v.AsBigFloat().Text('f', -1))
	}
	return v, nil
}

// parse reads a field's value from the command line.
func (f field) parse(text string) (cty.Value, error) {
	if f.typ == cty.String {
		return cty.StringVal(text), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return cty.NilVal, fmt.Errorf("a whole number is required, but this is %q", text)
	}
	return cty.NumberIntVal(n), nil
}
