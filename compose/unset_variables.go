package compose

// reads tells that the build of a target, or every build for "", reads a value
// and all that is in it: which variables in there are not set is of interest.
func (l *loader) reads(target string, v *value) {
	if v == nil || !l.anyUnset || l.opt.Unset == nil || v.mark == reset {
		return
	}
	for _, use := range v.unset {
		l.opt.Unset(target, use)
	}
	for _, e := range v.list {
		l.reads(target, e)
	}
	for _, f := range v.fields {
		l.reads(target, f.val)
	}
}

// reads is about the target that b makes.
func (b *build) reads(v *value) { b.loader.reads(targetName(b.name), v) }

// readsEnvironment tells that an argument without a value of its own was looked
// up: in what the service says about that name, and in its env files.
func (b *build) readsEnvironment(name string) {
	if !b.anyUnset {
		return
	}
	env := b.service.get("environment")
	if f := env.field(name); f != nil {
		b.reads(f.val)
	}
	if env != nil {
		for _, e := range env.list {
			s, _ := e.text()
			if key, _, _ := cut(s); key == name {
				b.reads(e)
			}
		}
	}
	b.reads(b.service.get("env_file"))
}
