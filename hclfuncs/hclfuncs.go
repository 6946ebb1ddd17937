// Package hclfuncs is the function library of build definitions: the functions
// that an expression such as tag = "app:${substr(COMMIT, 0, 7)}" may call.
//
// Every function is one row of a table: its name, its category, a paragraph of
// documentation, examples that the tests execute, and the implementation. The
// evaluator takes [Map]; help, completion and REFERENCE.md read [All].
//
// Names, parameters, results and error texts are those of docker buildx bake,
// because a definition that works there must mean the same here. The parameter
// names are part of that: HCL puts them into its diagnostics. Where the
// implementation behind a function crashes, bake reports an ordinary error.
package hclfuncs

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty/function"
)

// A Category says what a function is about. It groups the reference.
type Category string

// The categories, in the order of the reference.
const (
	Strings     Category = "Strings"
	Patterns    Category = "Patterns and versions"
	Numbers     Category = "Numbers"
	Logic       Category = "Logic and comparison"
	Collections Category = "Collections"
	Sets        Category = "Sets"
	Values      Category = "Values and expressions"
	Encodings   Category = "Encodings"
	Hashes      Category = "Hashes and identifiers"
	Times       Category = "Dates and times"
	Networks    Category = "Network addresses"
	Paths       Category = "Paths and names"
)

// Categories lists every category in the order of the reference.
func Categories() []Category {
	return []Category{Strings, Patterns, Numbers, Logic, Collections, Sets,
		Values, Encodings, Hashes, Times, Networks, Paths}
}

// A Function is one function of the library with its documentation.
type Function struct {
	Name     string
	Category Category
	// Doc is one paragraph of prose, with `code` in backquotes.
	Doc string
	// Examples holds at least one call and what it gives.
	Examples []Example
	// Func is the implementation. Its parameters carry the names and types.
	Func function.Function
	// Volatile is true if the result does not depend on the arguments alone, but
	// also on the clock, on chance or on the machine.
	Volatile bool
}

// An Example is an expression and its value, both written in HCL. Sequences of
// all kinds are written as [a, b], maps and objects as {k = v} in order of key.
type Example struct {
	Expr, Result string
}

// All returns the whole library sorted by name. The result is shared: callers
// must not change it.
func All() []Function {
	return library()
}

// library is built on first use, so that a run which evaluates nothing does not
// pay for it.
var library = sync.OnceValue(func() []Function {
	all := slices.Concat(
		stringFunctions(), patternFunctions(), numberFunctions(), logicFunctions(),
		collectionFunctions(), setFunctions(), valueFunctions(), encodingFunctions(),
		hashFunctions(), timeFunctions(), networkFunctions(), pathFunctions(),
	)
	slices.SortFunc(all, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return all
})

var byName = sync.OnceValue(func() map[string]function.Function {
	m := make(map[string]function.Function, len(library()))
	for _, f := range library() {
		m[f.Name] = f.Func
	}
	return m
})

// Map returns the implementations by name, as an hcl.EvalContext wants them.
// Each call returns a map of its own, to which a caller may add functions.
func Map() map[string]function.Function {
	return maps.Clone(byName())
}

// Lookup finds a function by its exact name.
func Lookup(name string) (Function, bool) {
	all := library()
	i, found := slices.BinarySearchFunc(all, name, func(f Function, name string) int {
		return strings.Compare(f.Name, name)
	})
	if !found {
		return Function{}, false
	}
	return all[i], true
}

// Signature returns the call with the parameter names and types, for example
// "join(separator: string, lists: list of string...)". A type followed by ?
// accepts null.
func (f Function) Signature() string {
	var params []string
	for _, p := range f.Func.Params() {
		params = append(params, declaration(p))
	}
	if p := f.Func.VarParam(); p != nil {
		params = append(params, declaration(*p)+"...")
	}
	return f.Name + "(" + strings.Join(params, ", ") + ")"
}

func declaration(p function.Parameter) string {
	text := p.Name + ": " + typeName(p.Type)
	if p.AllowNull {
		text += "?"
	}
	return text
}
