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
		{"args.A=set", "arg.NEW=set", "args.SET_FROM_ENV", "arg.SET_FROM_ENV", "arg.B="},
		{"labels.k=set", "label.l=set"},
		{"contexts.src=set", "contexts.src="},
		{"tags=set:1", "tags+=set:1", "tags=", "tag=set:1", "tag+=set:1", "tag="},
		{"platform=linux/s390x", "platform+=linux/s390x", "platform=", "platforms=linux/s390x", "platforms="},
		{"cache-from=set", "cache-from+=set", "cache-from="},
		{"cache-to=type=inline", "cache-to+=type=set", "cache-to="},
		{"secrets=id=s", "secret+=id=a,src=s", "secrets=", "secret="},
		{"ssh=s", "ssh+=default=s", "ssh="},
		{"annotations=k=set", "annotation+=k=set", "annotations=", "annotation="},
		{"attest=type=sbom,disabled=true", "attest="},
		{"target=set", "context=set", "dockerfile=set", "shm-size=5m", "call=outline", "network=none"},
		{"resources.memory=5m", "resource.cpu-shares=5"},
		{"extra-hosts.h=9.9.9.9", "extra-host.h=9.9.9.9"},
		{"no-cache=true", "pull=false"},
		{"entitlements=network.host", "entitlement=device", "entitlements="},
		{"ulimits=nproc=5", "ulimit+=nproc=5", "ulimit="},
		{"no-cache-filter=set", "no-cache-filter+=set", "no-cache-filter="},
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
