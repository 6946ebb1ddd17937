package compose

// pruneTable drops what a section of a later document resets or overrides.
func pruneTable(t *table, section *value) {
	if section == nil {
		return
	}
	if section.mark != merged {
		*t = *newTable()
		return
	}
	for _, f := range section.fields {
		old := t.get(f.key)
		switch {
		case old == nil:
		case f.val.mark != merged:
			t.delete(f.key)
		default:
			old.val = prune(canonical(old.val, f.val), f.val)
		}
	}
}

// prune drops from base what over resets or overrides, and what is empty there.
func prune(base, over *value) *value {
	if base == nil || over == nil || base.kind != mapKind || over.kind != mapKind {
		return base
	}
	for _, f := range over.fields {
		old := base.field(f.key)
		if old == nil {
			continue
		}
		if f.val.mark != merged || old.val.isNull() && !f.val.isNull() {
			base = base.without(f.key)
			continue
		}
		if kept := prune(old.val, f.val); kept != old.val {
			c := *old
			c.val = kept
			base = base.set(c)
		}
	}
	return base
}

// settle drops what is marked reset from definitions: whatever they meet was
// pruned of it, and where they meet nothing, nothing is what it says.
func (l *loader) settle(t *table) {
	if !l.resets {
		return
	}
	done := map[*value]*value{}
	for i, f := range t.fields {
		if f.val != nil {
			t.fields[i].val = settled(f.val, done)
		}
	}
}

// settled is a value without the entries that are marked reset. Values are
// shared between aliases, so each is looked at once.
func settled(v *value, done map[*value]*value) *value {
	if v.kind == scalarKind {
		return v
	}
	if out, ok := done[v]; ok {
		return out
	}
	c := *v
	done[v] = &c
	c.fields, c.list = nil, nil
	for _, f := range v.fields {
		if f.val.mark != reset {
			f.val = settled(f.val, done)
			c.fields = append(c.fields, f)
		}
	}
	for _, e := range v.list {
		if e.mark != reset {
			c.list = append(c.list, settled(e, done))
		}
	}
	return &c
}
