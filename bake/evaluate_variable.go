package bake

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/tonistiigi/go-csvvalue"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"bake/hclfuncs"
)

const jsonSuffix = "_JSON"

// lookup is an override of a variable found in --var or the environment.
type lookup struct {
	name string // as found: the variable's name, or that with _JSON
	text string
	kind Kind // KindFlag for --var, KindEnv
	json bool
}

// lookup finds the override of a variable: --var before the environment, and
// within each the _JSON form first for a typed variable, last for another.
func (e *evaluator) lookup(g *global) *lookup {
	withJSON := e.def.variables[g.name+jsonSuffix] == nil
	if _, builtin := e.scope.Builtins[g.name+jsonSuffix]; builtin {
		withJSON = false
	}
	if g.typed {
		for _, place := range e.places() {
			if l := place.find(g.name+jsonSuffix, withJSON); l != nil {
				l.json = true
				return l
			}
			if l := place.find(g.name, true); l != nil {
				return l
			}
		}
		return nil
	}
	for _, suffix := range []string{"", jsonSuffix} {
		for _, place := range e.places() {
			if l := place.find(g.name+suffix, suffix == "" || withJSON); l != nil {
				l.json = suffix != ""
				return l
			}
		}
	}
	return nil
}

type place struct {
	kind   Kind
	values map[string]string
}

func (e *evaluator) places() []place {
	return []place{{KindFlag, e.scope.Vars}, {KindEnv, e.scope.Env}}
}

func (p place) find(name string, allowed bool) *lookup {
	if text, ok := p.values[name]; ok && allowed {
		return &lookup{name: name, text: text, kind: p.kind}
	}
	return nil
}

// value converts the override to the variable's type: the declared one, or
// that of its default.
func (l *lookup) value(g *global, deflt cty.Value) (cty.Value, error) {
	if err := hclfuncs.CheckJSONNesting(l.text); l.json && err != nil {
		return cty.NilVal, fmt.Errorf("it is %w", err)
	}
	switch {
	case g.typed && l.json:
		val, err := fromJSON(l.text, g.typ)
		if err != nil {
			return val, fmt.Errorf("it is not JSON for the type %s: %w", g.typ.FriendlyName(), err)
		}
		return val, nil
	case g.typed && isCSVType(g.typ):
		return fromCSV(l.text, g.typ)
	case g.typed && g.typ.IsPrimitiveType():
		return fromText(l.text, g.typ)
	case g.typed:
		return cty.NilVal, fmt.Errorf("a value of type %s can only be given as JSON: set %s%s", g.typ.FriendlyName(), g.name, jsonSuffix)
	case g.attr == nil, deflt.Type() == cty.DynamicPseudoType:
		return cty.StringVal(l.text), nil
	case deflt.Type().IsPrimitiveType():
		return fromText(l.text, deflt.Type())
	case l.json:
		ty, err := ctyjson.ImpliedType([]byte(l.text))
		if err != nil {
			return cty.NilVal, fmt.Errorf("it is not JSON: %w", err)
		}
		return fromJSON(l.text, ty)
	}
	return cty.NilVal, fmt.Errorf("its default is %s and it has no type; declare one, for example type = list(string), or set %s%s to a JSON value",
		describe(deflt), g.name, jsonSuffix)
}

// fromJSON reads a value of the given type.
func fromJSON(text string, want cty.Type) (cty.Value, error) {
	return caught(func() (cty.Value, error) { return ctyjson.Unmarshal([]byte(text), want) })
}

// caught is what read returns. The library panics on some values that are not
// of the structure of their type, which here is an error like any other.
func caught(read func() (cty.Value, error)) (val cty.Value, err error) {
	defer func() {
		if recover() != nil {
			val, err = cty.NilVal, errors.New("its structure is not that of the type")
		}
	}()
	return read()
}

func isCSVType(t cty.Type) bool {
	return t.IsListType() || t.IsSetType() || t.IsTupleType() || t.IsMapType()
}

// fromText reads one primitive value.
func fromText(text string, want cty.Type) (cty.Value, error) {
	switch want {
	case cty.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return cty.NilVal, fmt.Errorf("%q is not a bool; write true or false", text)
		}
		return cty.BoolVal(b), nil
	case cty.Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != n || n-n != 0 {
			return cty.NilVal, fmt.Errorf("%q is not a number", text)
		}
		return cty.NumberVal(big.NewFloat(n)), nil
	}
	return cty.StringVal(text), nil
}

// fromCSV reads a list, set, tuple or map of primitive values: one record of
// comma-separated values, for maps of KEY:VALUE.
func fromCSV(text string, want cty.Type) (cty.Value, error) {
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		if text == "" {
			err = errors.New("it is empty")
		}
		return cty.NilVal, fmt.Errorf("%q is not a record of comma-separated values: %w", text, err)
	}
	switch {
	case want.IsTupleType():
		return tupleFromCSV(fields, want)
	case !want.ElementType().IsPrimitiveType():
		return cty.NilVal, fmt.Errorf("a %s cannot be written as comma-separated values; use the %s form", want.FriendlyName(), jsonSuffix)
	case want.IsMapType():
		return mapFromCSV(fields, want.ElementType())
	}
	elems := make([]cty.Value, len(fields))
	for i, f := range fields {
		if elems[i], err = fromText(f, want.ElementType()); err != nil {
			return cty.NilVal, err
		}
	}
	if want.IsSetType() {
		return cty.SetVal(elems), nil
	}
	return cty.ListVal(elems), nil
}

func tupleFromCSV(fields []string, want cty.Type) (cty.Value, error) {
	types := want.TupleElementTypes()
	if len(types) != len(fields) {
		return cty.NilVal, fmt.Errorf("it has %s where the tuple needs %d", count(len(fields), "value"), len(types))
	}
	elems := make([]cty.Value, len(fields))
	for i, f := range fields {
		if !types[i].IsPrimitiveType() {
			return cty.NilVal, fmt.Errorf("a %s cannot be written as comma-separated values; use the %s form", want.FriendlyName(), jsonSuffix)
		}
		v, err := fromText(f, types[i])
		if err != nil {
			return cty.NilVal, err
		}
		elems[i] = v
	}
	return cty.TupleVal(elems), nil
}

func mapFromCSV(fields []string, elem cty.Type) (cty.Value, error) {
	pairs := csvvalue.Parser{Comma: ':'}
	m := make(map[string]cty.Value, len(fields))
	for _, f := range fields {
		kv, err := pairs.Fields(f, nil)
		if err != nil {
			return cty.NilVal, fmt.Errorf("%q is not of the form KEY:VALUE: %w", f, err)
		}
		if len(kv) != 2 {
			return cty.NilVal, fmt.Errorf("%q is not of the form KEY:VALUE: it has %s", f, count(len(kv), "part"))
		}
		if m[kv[0]], err = fromText(kv[1], elem); err != nil {
			return cty.NilVal, err
		}
	}
	return cty.MapVal(m), nil
}

// noLookupVar switches off that environment variables override variables and
// stand in for --set NAME.args.KEY without a value.
const noLookupVar = "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP"

// overriding is the environment as a source of overrides: empty when that is
// switched off.
func (e Env) overriding() Env {
	if off, err := strconv.ParseBool(e[noLookupVar]); err == nil && off {
		return nil
	}
	return e
}

// sourceDateEpoch is the build argument that makes builds reproducible. Set
// in the environment, it goes to every target that does not set it.
const sourceDateEpoch = "SOURCE_DATE_EPOCH"
