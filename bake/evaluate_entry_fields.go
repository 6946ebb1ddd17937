package bake

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// parseSSH reads "ID" or "ID=PATH,PATH".
func parseSSH(text string) (*entry, error) {
	id, paths, ok := strings.Cut(text, "=")
	e := &entry{attrs: map[string]string{"id": id}}
	if ok {
		e.paths = strings.Split(paths, ",")
	}
	return e, nil
}

// sshObject reads {id = "...", paths = [...]}.
func sshObject(v cty.Value) (*entry, error) {
	ty := v.Type()
	if !ty.IsObjectType() && !ty.IsMapType() {
		return nil, fmt.Errorf("an ssh entry is a string or an object with id and paths, but this is %s", describe(v))
	}
	m := v.AsValueMap()
	e := &entry{attrs: map[string]string{}}
	if id, ok := m["id"]; ok && !id.IsNull() {
		s, err := to(id, cty.String)
		if err != nil {
			return nil, fmt.Errorf("id: %w", err)
		}
		e.attrs["id"] = s.AsString()
	}
	if paths, ok := m["paths"]; ok && !paths.IsNull() {
		l, err := listCells(paths, nil)
		if err != nil {
			return nil, fmt.Errorf("paths: %w", err)
		}
		e.paths = l.list()
	}
	return e, nil
}

var policyKeys = []string{"filename", "reset", "disabled", "strict", "log-level"}

// logLevels are the names a policy's log-level may have.
var logLevels = []string{"panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"}

// parsePolicy reads "filename=F,reset=B,disabled=B,strict=B,log-level=L". The
// files of several filenames are evaluated as one policy.
func parsePolicy(text string) ([]*entry, error) {
	m := map[string]string{}
	var files []string
	err := csvFields(text, func(key, value, field string) error {
		k := strings.TrimSpace(strings.ToLower(key))
		if k == "filename" {
			if value == "" {
				return fmt.Errorf("a policy's filename must not be empty (in %q)", field)
			}
			files = append(files, value)
			return nil
		}
		m[k] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		m["filename"] = files[0]
	}
	e, err := policyObject(m)
	if err != nil {
		return nil, err
	}
	e.paths = files[min(1, len(files)):]
	return []*entry{e}, nil
}

func policyObject(m map[string]string) (*entry, error) {
	e := &entry{attrs: map[string]string{}}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		if v == "" && k != "filename" {
			continue
		}
		switch k {
		case "filename":
			if v != "" {
				e.attrs[k] = v
			}
		case "reset", "disabled", "strict":
			b, err := strconv.ParseBool(v)
			if err != nil {
				return nil, fmt.Errorf("%s must be true or false, not %q", k, v)
			}
			if b || k == "strict" {
				e.attrs[k] = strconv.FormatBool(b)
			}
		case "log-level":
			level := strings.ToLower(v)
			if !slices.Contains(logLevels, level) {
				return nil, fmt.Errorf("log-level must be one of %s, not %q", list(logLevels), v)
			}
			if level == "warn" {
				level = "warning"
			}
			e.attrs[k] = level
		default:
			return nil, fmt.Errorf("a policy has no %q; known are %s.%s", k, list(policyKeys), didYouMean(k, policyKeys))
		}
	}
	return e, nil
}
