package build

import (
	"fmt"
	"strings"
)

// missing reports whether the BuildKit of a node is too old for d.
func (d *demand) missing(n *node) bool {
	if d.ability != "" {
		return !n.embedded && !n.supports(d.ability)
	}
	return n.older(d.since)
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
		if d.missing(q.node) {
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
