package bake

import (
	"bytes"
	"encoding/json"
	"testing"
)

// MarshalJSON lets the tests compare with encoding/json.
func (o jsonObject) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, _ := json.Marshal(m.name)
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

func TestJSONWriterWritesAsEncodingJSON(t *testing.T) {
	texts := []string{"", "plain", `"quoted\"`, "<&>", "ünï😀", "\x00\x1f\x7f\n\t", "bad \xff utf-8", "\u2028"}
	all := jsonObject{{"list", texts}, {"empty list", []string{}}, {"on", true}, {"number", int64(-5)}}
	for _, s := range texts {
		all = append(all, jsonMember{s, s}, jsonMember{"map", map[string]string{s: s, "a": "b"}},
			jsonMember{"entries", []map[string]any{{"type": s, "disabled": true}, {}}},
			jsonMember{"objects", []jsonObject{members("id", s, "src", "x"), nil}})
	}
	all = append(all, jsonMember{"nested", all})
	want, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var w jsonWriter
	w.object(all)
	if !bytes.Equal(w.buf, want) {
		t.Errorf("wrote\n%s\nwant\n%s", w.buf, want)
	}
}
