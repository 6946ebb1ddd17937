package hclfuncs

import (
	"github.com/Masterminds/semver/v3"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func patternFunctions() []Function {
	return []Function{
		{
			Name: "regex", Category: Patterns, Func: stdlib.RegexFunc,
			Doc: "Gives the first match of a pattern (RE2 syntax): the matched text if the pattern has no groups, a tuple of the " +
				"groups if they are unnamed, an object if they are named. No match is an error; test with `can`.",
			Examples: []Example{
				{`regex("[0-9]+", "go1.26")`, `"1"`},
				{`regex("(\\d+)\\.(\\d+)", "v1.26.0")`, `["1", "26"]`},
				{`regex("(?P<name>[^:]+):(?P<tag>.+)", "app:dev")`, `{name = "app", tag = "dev"}`},
			},
		},
		{
			Name: "regex_replace", Category: Patterns, Func: stdlib.RegexReplaceFunc,
			Doc: "Replaces every match of a pattern (RE2 syntax). `$1` or `${name}` in the replacement stands for a group; in a " +
				"definition write `$${name}`.",
			Examples: []Example{
				{`regex_replace("feature/ABC-12", "[^a-zA-Z0-9]+", "-")`, `"feature-ABC-12"`},
				{`regex_replace("1.2", "(\\d)\\.(\\d)", "$2.$1")`, `"2.1"`},
				{`regex_replace("1.2", "(?P<major>\\d)\\.\\d", "$${major}.x")`, `"1.x"`},
			},
		},
		{
			Name: "regexall", Category: Patterns, Func: stdlib.RegexAllFunc,
			Doc: "Gives the list of all matches of a pattern, each in the form `regex` gives it. No match is an empty list.",
			Examples: []Example{
				{`regexall("[a-z]+", "a1bc2d")`, `["a", "bc", "d"]`},
				{`length(regexall("x", "abc"))`, `0`},
			},
		},
		{
			Name: "semvercmp", Category: Patterns, Func: semverCompare(),
			Doc: "True if a version satisfies a constraint, for example `>= 1.2, < 2`, `~1.4` (patch releases), `^1.4` (minor " +
				"releases) or `1.x || 3.x`. A pre-release satisfies only constraints that name one.",
			Examples: []Example{
				{`semvercmp("1.26.2", ">= 1.25")`, `true`},
				{`semvercmp("v2.0.0", "^1.4")`, `false`},
				{`semvercmp("1.3.0-rc1", ">= 1.2")`, `false`},
			},
		},
	}
}

// semverCompare checks a version against a constraint. The second parameter is
// misspelt in buildx, and HCL shows parameter names in diagnostics.
func semverCompare() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "version", Type: cty.String},
			{Name: "contraint", Type: cty.String},
		},
		Type: function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			version, err := semver.NewVersion(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			constraint, err := semver.NewConstraint(args[1].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			return cty.BoolVal(constraint.Check(version)), nil
		},
	})
}
