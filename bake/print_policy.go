package bake

import (
	"encoding/csv"
	"strconv"
	"strings"
)

func policiesJSON(policies []Policy) any {
	if len(policies) == 0 {
		return nil
	}
	out := make([]any, len(policies))
	for i, p := range policies {
		out[i] = p.json()
	}
	return out
}

// json is a policy as an object or, if it has several files, as text: only that
// has room for them.
func (p Policy) json() any {
	out := members("filename", p.Filename)
	flag := func(name string, on bool) { out = append(out, jsonMember{name, on}) }
	if p.Reset {
		flag("reset", true)
	}
	if p.Disabled {
		flag("disabled", true)
	}
	if p.Strict != nil {
		flag("strict", *p.Strict)
	}
	out = append(out, members("log-level", p.LogLevel)...)
	if len(p.More) == 0 {
		return out
	}
	return p.text(out[1:])
}

// text is a policy as comma-separated fields, the files first.
func (p Policy) text(rest jsonObject) string {
	fields := []string{"filename=" + p.Filename}
	for _, f := range p.More {
		fields = append(fields, "filename="+f)
	}
	for _, m := range rest {
		switch v := m.value.(type) {
		case bool:
			fields = append(fields, m.name+"="+strconv.FormatBool(v))
		case string:
			fields = append(fields, m.name+"="+v)
		}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // a builder takes everything
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
