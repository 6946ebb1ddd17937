package build

import (
	"fmt"
	"strconv"
	"strings"
)

// lacks reports whether the BuildKit of a node is too old for a demand. One whose
// version is not known, as it was built from a branch, is not taken to be.
func (n *node) lacks(d *demand) bool {
	if n.embedded {
		return false
	}
	if d.ability != "" {
		return !n.supports(d.ability)
	}
	minor, known := n.minor()
	return known && minor < d.since
}

// unversioned is the last BuildKit that does not say which version it is: 0.10.
const unversioned = 10

// minor is the BuildKit of a node, 0.minor.
func (n *node) minor() (minor int, known bool) {
	if n.version == "" {
		return unversioned, true
	}
	major, rest, _ := strings.Cut(strings.TrimPrefix(n.version, "v"), ".")
	digits, _, _ := strings.Cut(rest, ".")
	minor, err := strconv.Atoi(digits)
	return minor, major == "0" && err == nil && minor > 0
}

// checkDemands refuses what the BuildKit of q is too old for, or notes that it
// has no effect.
func (q *request) checkDemands(r *run) error {
	if q.call != "" || q.node.embedded {
		return nil
	}
	for i := range demands {
		d := &demands[i]
		at := ask{}
		if q.node.lacks(d) {
			at = d.asked(q)
		}
		switch {
		case !at.yes:
		case d.refuse:
			return in(d.attribute, at.key, fmt.Errorf("%s needs BuildKit 0.%d, and %s: it %s. Update the builder, use another one, or leave it out", d.option, d.since, q.node.age(), d.without))
		default:
			r.ineffective(d, q)
		}
	}
	return nil
}

// age says how old the BuildKit of a node is.
func (n *node) age() string {
	name := "the builder"
	if n.Builder != "" {
		name = "builder " + n.Builder
	}
	if n.version == "" {
		return name + " has an older one"
	}
	return name + " has " + strings.TrimPrefix(n.version, "v")
}

// unheard is a demand that has no effect on some targets.
type unheard struct {
	*demand
	node    *node
	targets []string
}

// ineffective notes that a demand of q has no effect.
func (r *run) ineffective(d *demand, q *request) {
	for _, u := range r.unheard {
		if u.demand == d && u.node == q.node {
			u.targets = appendNew(u.targets, q.target.Name)
			return
		}
	}
	r.unheard = append(r.unheard, &unheard{d, q.node, []string{q.target.Name}})
}

// warnUnheard tells of all demands that have no effect.
func (r *run) warnUnheard() {
	for _, u := range r.unheard {
		r.progress.warn(fmt.Sprintf("%s of %s has no effect: it needs BuildKit 0.%d, and %s, which %s",
			u.option, strings.Join(u.targets, ", "), u.since, u.node.age(), u.without))
	}
}
