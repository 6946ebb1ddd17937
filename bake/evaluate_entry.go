package bake

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tonistiigi/go-csvvalue"
	"github.com/zclconf/go-cty/cty"
)

// entryKind says how the objects of one attribute are written: as a string of
// comma-separated KEY=VALUE fields, or as an object.
type entryKind struct {
	key   string // the attribute that identifies an element when merging, or empty
	parse func(text string) ([]*entry, error)
	// object reads the object form; nil where the generic one will do.
	object func(m map[string]string) (*entry, error)
	// refer gives an element's value to expressions such as target.a.output[0].
	refer func(*entry) cty.Value
}

var (
	outputEntry = entryKind{parse: one(parseOutput), object: typedObject("an output"), refer: referOutput}
	cacheEntry  = entryKind{parse: parseCache, object: typedObject("a cache"), refer: referMap}
	attestEntry = entryKind{key: "type", parse: one(parseAttest), object: attestObject, refer: referMap}
	secretEntry = entryKind{key: "id", parse: one(parseSecret), object: secretObject, refer: referSecret}
	sshEntry    = entryKind{key: "id", parse: one(parseSSH), refer: referSSH}
	policyEntry = entryKind{parse: parsePolicy, object: policyObject, refer: referMap}
)

func one(parse func(string) (*entry, error)) func(string) ([]*entry, error) {
	return func(text string) ([]*entry, error) {
		e, err := parse(text)
		if err != nil {
			return nil, err
		}
		return []*entry{e}, nil
	}
}

// fromValue reads one element of the list. Empty strings give nothing.
func (k *entryKind) fromValue(v cty.Value) ([]*entry, error) {
	if v.Type() == cty.String {
		if v.AsString() == "" {
			return nil, nil
		}
		return k.parse(v.AsString())
	}
	if k.object == nil {
		e, err := sshObject(v)
		return []*entry{e}, err
	}
	conv, err := to(v, mapOfString)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string, conv.LengthInt())
	for it := conv.ElementIterator(); it.Next(); {
		key, val := it.Element()
		if val.IsNull() {
			continue
		}
		m[key.AsString()] = val.AsString()
	}
	e, err := k.object(m)
	if err != nil {
		return nil, err
	}
	return []*entry{e}, nil
}

// csvFields splits one CSV record into KEY=VALUE fields.
func csvFields(text string, each func(key, value, field string) error) error {
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		return fmt.Errorf("%q is not a list of comma-separated KEY=VALUE fields: %w", text, err)
	}
	for _, f := range fields {
		key, value, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("%q is not of the form KEY=VALUE", f)
		}
		if err := each(key, value, f); err != nil {
			return err
		}
	}
	return nil
}

func typedObject(what string) func(map[string]string) (*entry, error) {
	return func(m map[string]string) (*entry, error) {
		if m["type"] == "" {
			return nil, fmt.Errorf("%s needs a type", what)
		}
		dropEmptyDest(m, what)
		return &entry{attrs: m}, nil
	}
}

func dropEmptyDest(m map[string]string, what string) {
	if what == "an output" && m["dest"] == "" {
		delete(m, "dest")
	}
}

// parseOutput reads "type=T,dest=D,KEY=VALUE", a bare path (a local
// directory) or "-" (a tar on standard output).
func parseOutput(text string) (*entry, error) {
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		return nil, fmt.Errorf("%q is not a list of comma-separated KEY=VALUE fields: %w", text, err)
	}
	if len(fields) == 1 && fields[0] == text && !strings.HasPrefix(text, "type=") {
		kind := "local"
		if text == "-" {
			kind = "tar"
		}
		return &entry{attrs: map[string]string{"type": kind, "dest": text}}, nil
	}
	m := map[string]string{}
	err = csvFields(text, func(key, value, _ string) error {
		m[strings.TrimSpace(strings.ToLower(key))] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	return typedObject("an output")(m)
}

// parseCache reads "type=T,KEY=VALUE" or references, each the same as
// "type=registry,ref=REF".
func parseCache(text string) ([]*entry, error) {
	if !strings.Contains(text, "=") {
		refs, err := csvvalue.Fields(text, nil)
		if err != nil {
			return nil, fmt.Errorf("%q is not a list of comma-separated references: %w", text, err)
		}
		out := make([]*entry, len(refs))
		for i, ref := range refs {
			if ref == "" {
				return nil, fmt.Errorf("a reference in %q is empty; write REF, or type=registry,ref=REF", text)
			}
			out[i] = &entry{attrs: map[string]string{"type": "registry", "ref": ref}}
		}
		return out, nil
	}
	m := map[string]string{}
	err := csvFields(text, func(key, value, _ string) error {
		m[strings.ToLower(key)] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m["type"] == "" {
		return nil, fmt.Errorf("a cache needs a type, as in type=registry,ref=REF; %q has none", text)
	}
	return []*entry{{attrs: m}}, nil
}

func parseAttest(text string) (*entry, error) {
	m := map[string]string{}
	err := csvFields(text, func(key, value, _ string) error {
		switch k := strings.TrimSpace(strings.ToLower(key)); k {
		case "type", "disabled":
			m[k] = value
		default:
			m[key] = value
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m["type"] == "" {
		return nil, errors.New("an attestation needs a type, as in type=provenance")
	}
	return attestObject(m)
}

func attestObject(m map[string]string) (*entry, error) {
	if v, ok := m["disabled"]; ok {
		disabled, err := strconv.ParseBool(v)
		if err != nil {
			return nil, fmt.Errorf("disabled must be true or false, not %q", v)
		}
		delete(m, "disabled")
		if disabled {
			m["disabled"] = "true"
		}
	}
	return &entry{attrs: m}, nil
}

func parseSecret(text string) (*entry, error) {
	m := map[string]string{}
	typ := ""
	err := csvFields(text, func(key, value, field string) error {
		switch k := strings.ToLower(key); k {
		case "type":
			if value != "file" && value != "env" {
				return fmt.Errorf("a secret's type is file or env, not %q", value)
			}
			typ = value
		case "source":
			m["src"] = value
		case "id", "src", "env":
			m[k] = value
		default:
			return fmt.Errorf("a secret has no %q (in %q); known are id, src, env and type", k, field)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if typ == "env" && m["env"] == "" {
		m["env"] = m["src"]
		delete(m, "src")
	}
	return secretFrom(m), nil
}

// secretObject reads the object form. A type is honoured as in the string
// form; other keys have no meaning there and are ignored.
func secretObject(m map[string]string) (*entry, error) {
	if m["type"] == "env" && m["env"] == "" {
		m["env"], m["src"] = m["src"], ""
	}
	return secretFrom(m), nil
}

func secretFrom(m map[string]string) *entry {
	e := &entry{attrs: map[string]string{}}
	for _, k := range []string{"id", "src", "env"} {
		if m[k] != "" {
			e.attrs[k] = m[k]
		}
	}
	return e
}
