package hclfuncs

import "github.com/zclconf/go-cty/cty/function/stdlib"

func stringFunctions() []Function {
	return append(wordingFunctions(), trimmingFunctions()...)
}

func wordingFunctions() []Function {
	return []Function{
		{
			Name: "format", Category: Strings, Func: stdlib.FormatFunc,
			Doc: "Fills a template in the style of printf. The verbs are `%s` string, `%q` quoted string, `%d` whole number, `%f` " +
				"`%e` `%g` number, `%x` `%o` `%b` other bases, `%t` bool, `%v` any value, `%#v` as JSON, `%%` a percent sign; " +
				"width, precision, the flags `+`, `-`, `0` and space, and argument positions such as `%[2]s` are understood.",
			Examples: []Example{
				{`format("%s:%s", "app", "1.2")`, `"app:1.2"`},
				{`format("%03d", 7)`, `"007"`},
				{`format("%.2f", 3.14159)`, `"3.14"`},
				{`format("%[2]s-%[1]s", "a", "b")`, `"b-a"`},
			},
		},
		{
			Name: "indent", Category: Strings, Func: guard(stdlib.IndentFunc, notNull, "the number of spaces is negative or too large"),
			Doc:      "Puts `spaces` spaces behind every line end, so every line but the first is indented.",
			Examples: []Example{{`indent(2, "a\nb\nc")`, `"a\n  b\n  c"`}},
		},
		{
			Name: "join", Category: Strings, Func: stdlib.JoinFunc,
			Doc: "Strings together the elements of one or more lists, with the separator between them.",
			Examples: []Example{
				{`join("-", ["a", "b", "c"])`, `"a-b-c"`},
				{`join(",", ["a"], ["b"])`, `"a,b"`},
			},
		},
		{
			Name: "lower", Category: Strings, Func: stdlib.LowerFunc,
			Doc:      "Turns all letters into lower case, as image names need it.",
			Examples: []Example{{`lower("ACME/App")`, `"acme/app"`}},
		},
		{
			Name: "replace", Category: Strings, Func: stdlib.ReplaceFunc,
			Doc: "Replaces every occurrence of `substr` by `replace`. Both are taken literally; for patterns use `regex_replace`.",
			Examples: []Example{
				{`replace("feature/login", "/", "-")`, `"feature-login"`},
				{`replace("1.2.3", ".", "")`, `"123"`},
			},
		},
		{
			Name: "split", Category: Strings, Func: stdlib.SplitFunc,
			Doc: "Cuts a string at every separator and gives the list of the pieces. A string without the separator is one piece, " +
				"even if it is empty. An empty separator cuts between all characters.",
			Examples: []Example{
				{`split("/", "linux/arm64")`, `["linux", "arm64"]`},
				{`split(",", "")`, `[""]`},
			},
		},
		{
			Name: "strlen", Category: Strings, Func: stdlib.StrlenFunc,
			Doc: "Counts the characters of a string as a reader sees them (grapheme clusters), not its bytes.",
			Examples: []Example{
				{`strlen("bake")`, `4`},
				{`strlen("für")`, `3`},
			},
		},
		{
			Name: "substr", Category: Strings, Func: stdlib.SubstrFunc,
			Doc: "Cuts out at most `length` characters from `offset` on. A negative offset counts from the end, a negative " +
				"length means the rest.",
			Examples: []Example{
				{`substr("0123abcdef", 0, 4)`, `"0123"`},
				{`substr("release", -3, -1)`, `"ase"`},
			},
		},
		{
			Name: "title", Category: Strings, Func: stdlib.TitleFunc,
			Doc:      "Turns the first letter of every word into upper case.",
			Examples: []Example{{`title("hello big world")`, `"Hello Big World"`}},
		},
		{
			Name: "upper", Category: Strings, Func: stdlib.UpperFunc,
			Doc:      "Turns all letters into upper case.",
			Examples: []Example{{`upper("go_version")`, `"GO_VERSION"`}},
		},
	}
}

func trimmingFunctions() []Function {
	return []Function{
		{
			Name: "chomp", Category: Strings, Func: stdlib.ChompFunc,
			Doc: "Removes all line ends (`\\n`, `\\r\\n`, `\\r`) from the end of a string.",
			Examples: []Example{
				{`chomp("1.2.3\n")`, `"1.2.3"`},
			},
		},
		{
			Name: "reverse", Category: Strings, Func: stdlib.ReverseFunc,
			Doc:      "Turns a string around, character by character. For lists use `reverselist`.",
			Examples: []Example{{`reverse("bake")`, `"ekab"`}},
		},
		{
			Name: "trim", Category: Strings, Func: stdlib.TrimFunc,
			Doc: "Removes from both ends all characters that occur in `cutset`, in whatever order. To remove a word use " +
				"`trimprefix` or `trimsuffix`.",
			Examples: []Example{{`trim("--a-b--", "-")`, `"a-b"`}},
		},
		{
			Name: "trimprefix", Category: Strings, Func: stdlib.TrimPrefixFunc,
			Doc: "Removes `prefix` from the start of a string, once, if it is there.",
			Examples: []Example{
				{`trimprefix("v1.2.3", "v")`, `"1.2.3"`},
				{`trimprefix("1.2.3", "v")`, `"1.2.3"`},
			},
		},
		{
			Name: "trimspace", Category: Strings, Func: stdlib.TrimSpaceFunc,
			Doc:      "Removes spaces, tabs and line ends from both ends.",
			Examples: []Example{{`trimspace("  a b\n")`, `"a b"`}},
		},
		{
			Name: "trimsuffix", Category: Strings, Func: stdlib.TrimSuffixFunc,
			Doc:      "Removes `suffix` from the end of a string, once, if it is there.",
			Examples: []Example{{`trimsuffix("app.tar", ".tar")`, `"app"`}},
		},
	}
}
