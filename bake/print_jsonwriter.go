package bake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// jsonWriter writes indented JSON, byte for byte as encoding/json indents it.
// That package writes a document compactly first, checks and copies what each
// value's own method returns, and indents it in a further copy: for a large plan
// as much work as evaluating it.
type jsonWriter struct {
	buf   []byte
	depth int
}

// value writes one of the few types that a plan is printed from.
func (w *jsonWriter) value(v any) {
	switch v := v.(type) {
	case string:
		w.text(v)
	case bool:
		w.buf = strconv.AppendBool(w.buf, v)
	case int64:
		w.buf = strconv.AppendInt(w.buf, v, 10)
	case []string:
		writeList(w, v, w.text)
	case map[string]string:
		writeMap(w, v, w.text)
	case map[string]any:
		writeMap(w, v, w.value)
	case []map[string]any:
		writeList(w, v, func(m map[string]any) { w.value(m) })
	case jsonObject:
		w.object(v)
	case []any: // policies: objects, or text where that says more
		writeList(w, v, w.value)
	case []jsonObject:
		writeList(w, v, w.object)
	default:
		panic(fmt.Sprintf("no attribute is printed from a %T", v))
	}
}

func (w *jsonWriter) object(o jsonObject) {
	w.begin('{')
	for i, m := range o {
		w.next(i)
		w.member(m.name)
		w.value(m.value)
	}
	w.end('}', len(o))
}

func writeMap[V any](w *jsonWriter, m map[string]V, value func(V)) {
	w.begin('{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		w.next(i)
		w.member(k)
		value(m[k])
	}
	w.end('}', len(m))
}

func writeList[V any](w *jsonWriter, list []V, value func(V)) {
	if list == nil {
		w.buf = append(w.buf, "null"...)
		return
	}
	w.begin('[')
	for i, v := range list {
		w.next(i)
		value(v)
	}
	w.end(']', len(list))
}

func (w *jsonWriter) begin(bracket byte) {
	w.buf = append(w.buf, bracket)
	w.depth++
}

// next begins the line of element i.
func (w *jsonWriter) next(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
	w.line()
}

// end closes what holds n elements.
func (w *jsonWriter) end(bracket byte, n int) {
	w.depth--
	if n > 0 {
		w.line()
	}
	w.buf = append(w.buf, bracket)
}

func (w *jsonWriter) line() {
	w.buf = append(w.buf, '\n')
	for range w.depth {
		w.buf = append(w.buf, "  "...)
	}
}

func (w *jsonWriter) member(name string) {
	w.text(name)
	w.buf = append(w.buf, ": "...)
}

// text writes a string. Those that need an escape are left to encoding/json.
func (w *jsonWriter) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string can always be written
			}
			w.buf = append(w.buf, quoted...)
			return
		}
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '"')
}
