package bake

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/zclconf/go-cty/cty"
)

// applier applies overrides to one target, in the order they were typed: the
// order is the order of effect. The values given for one list accumulate; the
// first plain "=" among them drops what the definition says, one without a
// value what was given before, too.
type applier struct {
	target string
	env    Env
	attrs  []*attr
	given  map[int]*attr // what the command line gave for a list so far
	plain  map[int]bool  // lists whose definition's values have been dropped
}

// applyOverrides changes attrs, which must be a copy of the caller's own.
// Overrides of a secret's source come last: they change a declared secret.
func applyOverrides(target string, attrs []*attr, overrides []*override, env Env) []error {
	if len(overrides) == 0 {
		return nil
	}
	a := applier{target: target, env: env, attrs: attrs, given: map[int]*attr{}, plain: map[int]bool{}}
	var errs []error
	run := func(apply func(*override) error, list []*override) {
		for i, o := range list {
			replaced := o.replacedBy(list[i+1:])
			if replaced && setRow(o.Key) == nil {
				continue // --push, then --push=false
			}
			if err := apply(o); err != nil && !replaced {
				errs = append(errs, fmt.Errorf("%s: %w", o.Text, err))
			}
		}
	}
	ofSecrets := func(o *override) bool { return o.changesSecret(setRow(o.Key), o.Name != "") }
	run(a.apply, slices.DeleteFunc(slices.Clone(overrides), ofSecrets))
	run(a.secret, slices.DeleteFunc(slices.Clone(overrides), func(o *override) bool { return !ofSecrets(o) }))
	return errs
}

// replacedBy tells whether a later override sets the same single value, so that
// this one does not count.
func (o *override) replacedBy(later []*override) bool {
	row := setRow(o.Key)
	if row != nil && o.Name == "" && row.set != setValue {
		return false // a list: values accumulate
	}
	return slices.ContainsFunc(later, func(l *override) bool {
		return setRow(l.Key) == row && l.Name == o.Name && (row != nil || l.Key == o.Key)
	})
}

// override is an Override with its place on the command line.
type override struct {
	Override
	place int
}

func (a *applier) source(o *override) *source {
	return &source{kind: KindFlag, owner: a.target, flag: o.Text, place: o.place}
}

func (a *applier) apply(o *override) error {
	switch o.Key {
	case "push":
		return a.output(o, pushOutputs)
	case "load":
		return a.output(o, loadOutputs)
	}
	row := setRow(o.Key)
	i := rowOf(row.name)
	switch row.set {
	case setList, setAppend:
		return a.list(i, row, o)
	case setKey:
		return a.key(i, row, o)
	}
	val := cty.StringVal(o.Value)
	if row.shape == shapeBool {
		b, err := strconv.ParseBool(o.Value)
		if err != nil {
			return fmt.Errorf("%s must be true or false, not %q", row.name, o.Value)
		}
		val = cty.BoolVal(b)
	}
	src := a.source(o)
	a.attrs[i] = &attr{cells: []cell{{val: val, src: src}}, src: src, over: a.attrs[i]}
	return nil
}

func (a *applier) list(i int, row *attribute, o *override) error {
	if !o.Append && o.Value == "" {
		a.clear(i, o)
		return nil
	}
	next, err := a.listValue(row, o)
	if err != nil {
		return err
	}
	prev := a.attrs[i]
	if row.merge == mergeAll && inherited(prev, o.place) {
		return nil
	}
	if row.set == setList && !o.Append && !a.plain[i] {
		a.plain[i] = true
		a.attrs[i] = row.join(a.given[i], next).replacing(prev)
	} else {
		a.attrs[i] = row.join(prev, next)
	}
	a.given[i] = row.join(a.given[i], next)
	return nil
}

// clear drops all that a list has so far.
func (a *applier) clear(i int, o *override) {
	a.given[i], a.plain[i] = nil, true
	if a.attrs[i] != nil {
		a.attrs[i] = &attr{src: a.source(o), over: a.attrs[i], unset: true}
	}
}

// join appends whatever the row's merge rule is.
func (row *attribute) join(prev, next *attr) *attr {
	if prev == nil {
		return next
	}
	return row.appendTo(prev, next)
}

// inherited tells whether the same override already reached the value through
// a base target.
func inherited(a *attr, place int) bool {
	return a != nil && slices.ContainsFunc(a.cells, func(c cell) bool {
		return c.src.kind == KindFlag && c.src.place == place
	})
}

func (a *applier) listValue(row *attribute, o *override) (*attr, error) {
	src := a.source(o)
	if row.shape == shapeList {
		return &attr{src: src, cells: []cell{{val: cty.StringVal(o.Value), src: src}}}, nil
	}
	out := &attr{src: src}
	entries, err := row.entry.fromValue(cty.StringVal(o.Value))
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, clearHint(o.Text))
	}
	for _, e := range entries {
		out.cells = append(out.cells, cell{entry: e, src: src})
	}
	return out, nil
}

func (a *applier) key(i int, row *attribute, o *override) error {
	value := o.Value
	if o.NoValue {
		v, ok := a.env[o.Name]
		if !ok {
			return nil
		}
		value = v
	}
	val := cty.StringVal(value)
	if row.shape == shapeFields {
		var err error
		if val, err = fieldValue(row.fields, o); err != nil {
			return err
		}
	}
	src := a.source(o)
	next := &attr{src: src, cells: []cell{{key: o.Name, val: val, src: src}}}
	if a.attrs[i] == nil {
		a.attrs[i] = next
		return nil
	}
	a.attrs[i] = mergeCells(a.attrs[i], next)
	return nil
}

func fieldValue(fields []field, o *override) (cty.Value, error) {
	for _, f := range fields {
		if f.name == o.Name {
			return f.parse(o.Value)
		}
	}
	return cty.NilVal, fmt.Errorf("%s has no %q; known are %s.%s", o.Key, o.Name,
		list(fieldNames(fields)), didYouMean(o.Name, fieldNames(fields)))
}

// secret changes where a declared secret comes from.
func (a *applier) secret(o *override) error {
	prev := a.attrs[attrSecret]
	next, err := parseSecret(o.Value)
	if err != nil {
		return err
	}
	if id := next.attrs["id"]; id != "" && id != o.Name {
		return fmt.Errorf("the id %q in the value is not that of the secret %q", id, o.Name)
	}
	next = next.with("id", o.Name)
	src := a.source(o)
	if prev != nil {
		for i := range prev.cells {
			if prev.cells[i].entry.attrs["id"] != o.Name {
				continue
			}
			cells := slices.Clone(prev.cells)
			cells[i] = cell{entry: next, src: src, over: &prev.cells[i]}
			a.attrs[attrSecret] = &attr{cells: cells, src: src, over: prev}
			return nil
		}
	}
	return fmt.Errorf("secret %q must be declared before it can be overridden, and target %q declares none of this id", o.Name, a.target)
}

// output applies --push or --load, which edit the list of outputs.
func (a *applier) output(o *override, edit func([]cell, bool, *source) []cell) error {
	on, err := strconv.ParseBool(o.Value)
	if err != nil {
		return fmt.Errorf("%s must be true or false, not %q", o.Key, o.Value)
	}
	prev := a.attrs[attrOutput]
	var cells []cell
	if prev != nil {
		cells = slices.Clone(prev.cells)
	}
	src := a.source(o)
	next := edit(cells, on, src)
	if prev == nil && len(next) == 0 {
		return nil
	}
	a.attrs[attrOutput] = &attr{cells: next, src: src, over: prev}
	return nil
}

// pushOutputs makes image outputs push, or adds one that does when nothing
// but loading into Docker is asked for. When off, nothing pushes any more.
func pushOutputs(cells []cell, on bool, src *source) []cell {
	if !on {
		return unpushOutputs(cells, src)
	}
	add := true
	for i, c := range cells {
		typ := c.entry.attrs["type"]
		add = add && typ == "docker"
		if typ == "image" {
			cells[i] = cell{entry: c.entry.with("push", "true"), src: src, over: &c}
		}
	}
	if add {
		e := &entry{attrs: map[string]string{"type": "image", "push": "true"}}
		cells = append(cells, cell{entry: e, src: src})
	}
	return cells
}

func unpushOutputs(cells []cell, src *source) []cell {
	for i := 0; i < len(cells); {
		c := cells[i]
		switch c.entry.attrs["type"] {
		case "registry":
			last := len(cells) - 1
			cells[i], cells[last] = cells[last], cells[i]
			cells = cells[:last]
			continue
		case "image":
			cells[i] = cell{entry: c.entry.with("push", "false"), src: src, over: &c}
		}
		i++
	}
	return cells
}

// loadOutputs adds an output that loads into Docker, unless there is one or
// the target only writes files.
func loadOutputs(cells []cell, on bool, src *source) []cell {
	if !on {
		return cells
	}
	for _, c := range cells {
		switch c.entry.attrs["type"] {
		case "docker":
			if c.entry.attrs["dest"] == "" {
				return cells
			}
		case "image", "registry", "oci":
		default:
			return cells
		}
	}
	return append(cells, cell{entry: &entry{attrs: map[string]string{"type": "docker"}}, src: src})
}
