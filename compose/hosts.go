package compose

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// hosts are the entries of extra_hosts: the addresses of a host are one text,
// divided by commas.
type hosts struct {
	pairs []hcl.KeyValuePair
	at    map[string]int
}

// hosts converts extra_hosts, a mapping from host to address or addresses, or
// a list of HOST=ADDRESS and HOST:ADDRESS.
func (b *build) hosts(v *value) []hcl.KeyValuePair {
	h := &hosts{at: map[string]int{}}
	switch v.kind {
	case mapKind:
		for _, f := range v.fields {
			for _, a := range b.addresses(f.val) {
				b.host(h, f.key, a.scalar.(string), f.rng(), a.rng())
			}
		}
	case listKind:
		b.listedHosts(h, v)
	default:
		b.errorAt("compose-type", v.rng(), "Mapping expected", "extra_hosts is a mapping from host names to addresses, but this is %s.", v.describe())
	}
	return h.pairs
}

// addresses are those of a host. An empty list is one that is empty.
func (b *build) addresses(v *value) []*value {
	switch {
	case v.isNull():
		return nil
	case v.kind != listKind:
		if _, ok := v.text(); !ok {
			b.str(v, "The address of a host") // says so
			return nil
		}
		return []*value{v}
	case len(v.list) == 0:
		return []*value{{scalar: "", src: v.src, node: v.node}}
	}
	return b.stringList(v, "extra_hosts", false)
}

func (b *build) listedHosts(h *hosts, v *value) {
	var seen []string
	for _, e := range b.stringList(v, "extra_hosts", false) {
		text := e.scalar.(string)
		if slices.Contains(seen, text) {
			continue
		}
		seen = append(seen, text)
		sep := "="
		if !strings.Contains(text, sep) {
			sep = ":"
		}
		host, addresses, ok := strings.Cut(text, sep)
		if !ok {
			b.errorAt("compose-host", e.rng(), "Host without address", "An entry of extra_hosts is HOST=ADDRESS, but this is %q.", text)
			continue
		}
		for a := range strings.SplitSeq(addresses, ",") {
			b.host(h, host, a, e.rng(), e.rng())
		}
	}
}

// host adds an address of a host.
func (b *build) host(h *hosts, name, address string, nameAt, addressAt hcl.Range) {
	if name == "" || strings.ContainsAny(name, ":=") {
		b.errorAt("compose-host", nameAt, "Invalid host name", "%q is no host name.", name)
		return
	}
	if len(address) > 2 && address[0] == '[' && address[len(address)-1] == ']' {
		address = address[1 : len(address)-1]
	}
	if i, ok := h.at[name]; ok {
		address = h.pairs[i].Value.(*literal).val.AsString() + "," + address
		h.pairs[i].Value = textExpr(address, addressAt)
		return
	}
	h.at[name] = len(h.pairs)
	h.pairs = append(h.pairs, hcl.KeyValuePair{Key: textExpr(name, nameAt), Value: textExpr(address, addressAt)})
}
