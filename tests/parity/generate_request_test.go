package parity

import "slices"

// addRequest chooses what is asked for and what is overridden.
func (g *generator) addRequest() {
	if g.chance(10) {
		g.p.env["SOURCE_DATE_EPOCH"] = "1700000000"
	}
	if g.overrides {
		g.addFlags()
		g.addOverrides()
	}
	names := slices.Clone(g.groups)
	for _, t := range g.targets {
		if !t.empty {
			names = append(names, t.name)
		}
	}
	if len(names) == 0 || g.chance(4) || slices.Contains(names, "default") && g.chance(30) {
		return // the default
	}
	for range 1 + g.IntN(3) {
		g.p.args = append(g.p.args, pick(g, names...))
	}
	if g.chance(15) {
		g.p.args = append(g.p.args, pick(g, "*", "*", "[adgt_]*", "app-*"))
	}
}

func (g *generator) addFlags() {
	for _, flag := range []string{"--no-cache", "--pull=false", "--provenance=mode=max", "--sbom=false", "--call=check"} {
		if g.chance(10) {
			g.p.args = append(g.p.args, flag)
		}
	}
}

// addOverrides adds overrides whose result does not depend on their order:
// one of those that change outputs, and each other key once.
func (g *generator) addOverrides() {
	output := []string{"push=true", "load=true", "output=type=tar,dest=s.tar", "output+=type=tar,dest=s.tar", "output="}
	keys := [][]string{
		{"args.A=set", "args.NEW=set", "args.SET_FROM_ENV"},
		{"labels.k=set"},
		{"contexts.src=set", "contexts.src="},
		{"tags=set:1", "tags+=set:1", "tags="},
		{"platform=linux/s390x", "platform+=linux/s390x", "platform="},
		{"cache-from=set", "cache-from+=set", "cache-from="},
		{"cache-to=type=inline", "cache-to+=type=set", "cache-to="},
		{"secrets=id=s", "secrets+=id=a,src=s", "secrets="},
		{"ssh=s", "ssh+=default=s"},
		{"annotations=k=set"},
		{"attest=type=sbom,disabled=true"},
		{"target=set", "context=set", "dockerfile=set", "shm-size=5m", "call=outline"},
		{"resources.memory=5m", "resources.cpu-shares=5"},
		{"extra-hosts.h=9.9.9.9"},
		{"no-cache=true", "pull=false"},
		{"entitlements=network.host"},
		output,
	}
	g.p.env["SET_FROM_ENV"] = "env value"
	for _, choices := range keys {
		if !g.chance(12) {
			continue
		}
		t := g.targets[g.IntN(len(g.targets))]
		pattern := pick(g, "*", t.name)
		key := pick(g, choices...)
		if t.matrix || key == "push=true" {
			pattern = "*"
		}
		g.p.args = append(g.p.args, "--set", pattern+"."+key)
	}
}
