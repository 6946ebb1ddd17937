package hclfuncs

import (
	"github.com/hashicorp/go-cty-funcs/encoding"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func encodingFunctions() []Function {
	return []Function{
		{
			Name: "base64decode", Category: Encodings, Func: base64Decode(),
			Doc:      "Decodes standard base64 with padding. What comes out must be text in UTF-8.",
			Examples: []Example{{`base64decode("YmFrZQ==")`, `"bake"`}},
		},
		{
			Name: "base64encode", Category: Encodings, Func: encoding.Base64EncodeFunc,
			Doc:      "Encodes the UTF-8 bytes of a string as standard base64 with padding.",
			Examples: []Example{{`base64encode("bake")`, `"YmFrZQ=="`}},
		},
		{
			Name: "csvdecode", Category: Encodings, Func: stdlib.CSVDecodeFunc,
			Doc: "Reads a table in CSV form (RFC 4180). The first line names the columns; every other line becomes an object " +
				"whose attributes are strings.",
			Examples: []Example{{`csvdecode("os,arch\nlinux,amd64\nlinux,arm64")`,
				`[{arch = "amd64", os = "linux"}, {arch = "arm64", os = "linux"}]`}},
		},
		{
			Name: "jsondecode", Category: Encodings, Func: guardNesting(stdlib.JSONDecodeFunc),
			Doc: "Reads a JSON document, nested at most 500 levels deep. Objects become objects, arrays become tuples.",
			Examples: []Example{
				{`jsondecode("{\"go\": [1, true, null]}")`, `{go = [1, true, null]}`},
			},
		},
		{
			Name: "jsonencode", Category: Encodings, Func: stdlib.JSONEncodeFunc,
			Doc: "Writes a value as compact JSON, with the keys of maps and objects sorted.",
			Examples: []Example{
				{`jsonencode({b = [1, "x"], a = null})`, `"{\"a\":null,\"b\":[1,\"x\"]}"`},
			},
		},
		{
			Name: "urlencode", Category: Encodings, Func: encoding.URLEncodeFunc,
			Doc:      "Escapes a string for use in the query of a URL: a space becomes `+`, other special characters `%XX`.",
			Examples: []Example{{`urlencode("a b/c?d")`, `"a+b%2Fc%3Fd"`}},
		},
	}
}
