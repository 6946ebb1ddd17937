package hclfuncs

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// domain holds, for functions that read a little language of their own, good and
// bad arguments for each parameter. All combinations are called.
func domain(t *testing.T) map[string][][]cty.Value {
	t.Helper()
	prefixes := texts("10.0.0.0/8", "10.1.2.3/24", "192.168.0.0/31", "1.2.3.4/32", "0.0.0.0/0", "fd00::/64", "::/0", "fe80::1/128",
		"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "010.0.0.0/8", "::ffff:1.2.3.4/100", "x", "")
	sizes := numbers(0, 1, 2, 8, 16, 24, 31, 32, 33, 64, 128, 256, -1, -2, -300, 1.5, 1e15, 1e19)
	times := append(texts("2026-02-03T04:05:06Z", "2024-02-29T23:59:59+05:30", "1969-12-31T23:59:59.25-08:00", "0001-01-01T00:00:00Z",
		"9999-12-31T12:00:00Z", "2026-02-03 04:05:06Z", "2026-02-30T00:00:00Z", "2026-02-03T04:05:06", "2026-02-03T24:00:00Z",
		"2026-2-3T4:5:6Z", "2026-02-03T04:05:06+25:00", "now", ""),
		numbers(0, 1, -1, 1770091506, 253402300800, -62135596801, 1.5, 1e19)...)
	times = append(times, cty.MustParseNumberVal("9223372036854775807"), cty.MustParseNumberVal("-9223372036854775808"), cty.PositiveInfinity)
	formats := texts("X", "x", "", "YYYY-MM-DD'T'hh:mm:ssZ", "YY M D h m s", "MMM MMMM EEE EEEE", "HH H AA aa", "ZZZZZ ZZZZ ZZZ Z", "'o''clock'",
		"'open", "Y", "YYYYY", "E", "hhh", "A", "ZZ", "XX", "X ", "日本 YYYY", "mmm sss", "DDD", "\n", "T", "HHH")
	patterns := texts("", "a", "[a-z]+", "(\\d+)\\.(\\d+)", "(?P<x>a)(?P<y>b)?", "(?P<x>a)(b)", "(a)|(b)", "(", "[z-a]", "a{1001}", "(?<n>.)",
		"\\p{Greek}", "(?i)ABC", "^$", ".*", "\\C", "(?P<x>a)(?P<x>b)", "(?=a)", "日", "\\b")
	subjects := texts("", "a", "ab", "abc 1.25 ABC", "v1.26.0", "αβγ", "日本", "a\nb")
	replacements := texts("", "x", "$1", "${1}x", "$x", "$$", "$0$0", "\\1", "${")
	versions := texts("1.2.3", "v1.2.3", "1.2", "1", "1.2.3-rc.1", "1.2.3+build", "01.2.3", "1.2.3.4", "", "latest", "99999999999999999999.0.0",
		"1.2.3-", "1.2.3-01", "2.0.0", " 1.2.3")
	constraints := texts("1.2.3", ">= 1.2", "> 1, < 2", "~1.2", "^1.2", "^0.2", "1.x || 3.x", "!= 1.2.3", "1.2 - 2.0", "*", "", ">=", "foo", ">= 1.2.3-0",
		"=< 2", "~> 1.2", "v1.2.3", ">1.0.0 <2.0.0", "1.2.3-rc.1", "^99999999999999999999")
	verbs := texts("%s", "%d", "%v", "%#v", "%q", "%t", "%f", "%.2f", "%8.3f", "%-6s|", "%06d", "%+d", "% d", "%x", "%X", "%o", "%b", "%e", "%E", "%g", "%G",
		"%[1]s", "%[2]s", "%[0]s", "%[x]s", "%[1", "%%", "%", "%z", "%s %s", "no verbs", "%.1s", "%5q", "%-5t|", "%日", "%*d", "%[2]d%[1]d", "ab%s", "%#x", "%5%")
	args := append(texts("", "abc", "日本語", "42", "1.5", "true"), cty.NumberIntVal(42), cty.NumberFloatVal(-1.5), cty.NumberFloatVal(1e21),
		cty.True, cty.NullVal(cty.String), cty.NullVal(cty.DynamicPseudoType), cty.UnknownVal(cty.String), cty.DynamicVal, cty.EmptyTupleVal,
		cty.ListVal(texts("a", "b")), cty.TupleVal(texts("x", "y", "z")), cty.ObjectVal(map[string]cty.Value{"a": cty.True}),
		cty.SetVal(texts("b", "a")), cty.ListVal([]cty.Value{cty.StringVal("k"), cty.UnknownVal(cty.String)}), cty.PositiveInfinity,
		cty.UnknownVal(cty.List(cty.String)), cty.UnknownVal(cty.Tuple([]cty.Type{cty.String, cty.String})))
	json := texts("null", "true", "1", "-1.5e300", `"x"`, `"\u00fc\ud83d\ude00"`, `"\ud800"`, "[]", "{}", `[1,"a",null,[true]]`, `{"a":{"b":[]}}`,
		`{"a":1,"a":2}`, "", " ", "{", "[1,]", "01", "nul", "1 2", "'x'", `{"a"}`, "\ufeff1", "1e999999", `{"":0}`, "NaN", "[1] x")
	csv := texts("", "a", "a,b\n1,2", "a,b\n1", "a,b\n1,2,3", "a,a\n1,2", "a,b\r\n\"x,y\",\"q\"\"q\"\r\n", "a\n\"open", "a\nb\"c", "\"a\"x\n", "\n\n", "ü,日\n1,2",
		"a;b\n1;2", "a,b\n", ",\n1,2", "a,b\n1,2\n\n3,4")
	base64 := texts("", "YmFrZQ==", "YmFrZQ", "YmFr ZQ==", "_-8=", "/w==", "Zm/DvHI=", "YmFr\nZQ==", "====", "日本")
	ciphertext, key := encrypt(t, "hello")
	_, otherKey := encrypt(t, "")
	encrypted := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nYmFrZQ==\n-----END RSA PRIVATE KEY-----\n"
	broken := "-----BEGIN RSA PRIVATE KEY-----\nYmFrZQ==\n-----END RSA PRIVATE KEY-----\n"
	strs := texts("", "a", "ab", "aXbXc", "日本語", "e\u0301x", "👩‍👩‍👧", "\r\n\n", "a\nb\n", "  x ", "--x-", "ÀÉ ñ")
	ints := numbers(0, 1, 2, 3, -1, -2, -100, 100, 1.5)
	lists := []cty.Value{cty.EmptyTupleVal, cty.TupleVal(texts("a", "b", "c")), cty.ListVal(texts("b", "a")), cty.SetVal(texts("a", "c")),
		cty.TupleVal(numbers(1, 2)), cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.NullVal(cty.String)}), cty.ListVal(numbers(3, 1)),
		cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.True}), cty.UnknownVal(cty.List(cty.String)),
		cty.ListVal([]cty.Value{cty.UnknownVal(cty.String), cty.StringVal("a")}), cty.SetVal(numbers(1)), cty.EmptyObjectVal,
		cty.SetValEmpty(cty.DynamicPseudoType), cty.ListValEmpty(cty.String), cty.NullVal(cty.List(cty.String))}
	keys := append(texts("a", "b", "zz", ""), numbers(0, 1, 5, -1, 0.5)...)
	collections := append(mappings(), lists...)
	return map[string][][]cty.Value{
		"cidrhost": {prefixes, sizes}, "cidrnetmask": {prefixes}, "cidrsubnet": {prefixes, sizes, sizes}, "cidrsubnets": {prefixes, sizes, sizes},
		"formattimestamp": {formats, times}, "formatdate": {formats, times}, "unixtimestampparse": {times},
		"timeadd":       {times, texts("1h", "-24h", "1h30m0.5s", "1d", "", "h", "9999999h", "1000000000000h")},
		"regex":         {patterns, subjects},
		"regexall":      {patterns, subjects},
		"regex_replace": {subjects, patterns, replacements},
		"replace":       {strs, strs, replacements},
		"semvercmp":     {versions, constraints},
		"format":        {verbs, args, args}, "formatlist": {verbs, args, args},
		"jsondecode": {json}, "csvdecode": {csv}, "base64decode": {base64},
		"rsadecrypt": {texts(ciphertext, "", "x", "!", "YmFrZQ=="), texts(key, otherKey, encrypted, broken, "", "x")},
		"uuidv5":     {texts("dns", "url", "oid", "x500", "DNS", "", "x", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}"), strs},
		"parseint":   {append(texts("0", "-0", "+7", "ff", "FF", "0xff", "1_000", "", " 1", "zZ", "日", "99999999999999999999999"), ints...), sizes},
		"substr":     {strs, ints, ints}, "indent": {append(ints, sizes...), strs}, "split": {strs, strs}, "trim": {strs, strs},
		"trimprefix": {strs, strs}, "trimsuffix": {strs, strs}, "join": {strs, lists, lists},
		"basename": {texts("", "/", "//", "a/", "/a", "a/b", "..", "a//b", "C:\\x", "./")}, "dirname": {texts("", "/", "//", "a/", "/a", "a/b", "..", "a//b", "C:\\x", "./")},
		"sanitize": {append(strs, texts("a.b/c:d", "\xff\xfe", "a\xc3")...)},
		"chomp":    {strs}, "title": {strs}, "strlen": {strs}, "reverse": {strs},
		"log": {sizes, sizes}, "pow": {sizes, sizes}, "range": {ints, ints, ints}, "modulo": {sizes, sizes}, "divide": {sizes, sizes},
		"element": {lists, ints}, "slice": {lists, ints, ints}, "chunklist": {lists, ints}, "concat": {lists, lists}, "contains": {lists, keys},
		"indexof": {lists, keys}, "index": {collections, keys}, "hasindex": {collections, keys}, "lookup": {collections, keys, keys},
		"merge": {collections, collections}, "zipmap": {lists, lists}, "coalesce": {args, args}, "coalescelist": {lists, lists}, "distinct": {lists},
		"flatten": {sequences()}, "sort": {lists}, "compact": {lists}, "reverselist": {lists}, "keys": {collections}, "values": {collections},
		"setproduct": {lists, lists}, "setunion": {lists, lists, lists}, "setintersection": {lists, lists, lists}, "setsubtract": {lists, lists},
		"setsymmetricdifference": {lists, lists, lists}, "sethaselement": {lists, keys}, "length": {collections}, "equal": {args, args}, "notequal": {args, args},
	}
}
