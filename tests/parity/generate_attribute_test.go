package parity

import (
	"fmt"
	"strings"
)

// attributeMakers write a random value for each attribute of a target.
var attributeMakers = map[string]func(*generator, *genTarget) string{
	"annotations":       func(g *generator, _ *genTarget) string { return g.words("k=", "index:k=", "manifest:x=") },
	"args":              makeArgs,
	"attest":            func(g *generator, _ *genTarget) string { return g.entries(attestEntries) },
	"cache-from":        makeCacheFrom,
	"cache-to":          func(g *generator, _ *genTarget) string { return g.entries(cacheEntries) },
	"call":              func(g *generator, _ *genTarget) string { return pick(g, `"check"`, `"outline"`, `""`, "null") },
	"context":           makeContext,
	"contexts":          makeContexts,
	"description":       func(g *generator, _ *genTarget) string { return g.expr("string", 1) },
	"dockerfile":        func(g *generator, _ *genTarget) string { return pick(g, `""`, `"Dockerfile.x"`, g.expr("string", 1)) },
	"dockerfile-inline": makeInline,
	"entitlements":      func(g *generator, _ *genTarget) string { return pick(g, "[]", `["network.host"]`) },
	"extra-hosts": func(g *generator, _ *genTarget) string {
		return pick(g, `{ h = "1.2.3.4" }`, `{ h = null, i = "5.6.7.8" }`)
	},
	"labels":          func(g *generator, _ *genTarget) string { return g.expr("map", 2) },
	"network":         func(g *generator, _ *genTarget) string { return pick(g, `"host"`, `"none"`, `"default"`, "null") },
	"no-cache":        func(g *generator, _ *genTarget) string { return g.expr("bool", 1) },
	"no-cache-filter": func(g *generator, _ *genTarget) string { return g.words("stage") },
	"output":          func(g *generator, _ *genTarget) string { return g.entries(outputEntries) },
	"platforms":       makePlatforms,
	"pull":            func(g *generator, _ *genTarget) string { return g.expr("bool", 1) },
	"resources": func(g *generator, _ *genTarget) string {
		return pick(g, `{ memory = "1g" }`, "{ cpu-shares = 5 }", "{}")
	},
	"secret":   func(g *generator, _ *genTarget) string { return g.entries(secretEntries) },
	"shm-size": func(g *generator, _ *genTarget) string { return pick(g, `"1g"`, "1024", "null") },
	"ssh":      func(g *generator, _ *genTarget) string { return g.entries(sshEntries) },
	"tags":     makeTags,
	"target":   func(g *generator, _ *genTarget) string { return g.expr("string", 1) },
	"ulimits": func(g *generator, _ *genTarget) string {
		return pick(g, `["nofile=1"]`, `["nproc=1:2", "nofile=1"]`, "[]")
	},
	"unknown": func(g *generator, _ *genTarget) string { return "nosuch" },
}

var (
	attestEntries = []string{`"type=sbom"`, `"type=provenance,mode=max"`, `{ type = "provenance", mode = "min" }`, `"type=sbom,disabled=true"`}
	cacheEntries  = []string{`"img:a"`, `"img:b"`, `"type=gha"`, `{ type = "registry", ref = "img:c" }`, `"type=local,src=d,dest=d"`, `{ type = "inline" }`}
	outputEntries = []string{`"type=docker"`, `"type=image,name=a"`, `{ type = "image", name = "b", push = true }`, `"out"`, `"type=oci,dest=o.tar"`, `"type=registry"`}
	secretEntries = []string{`"id=a"`, `"id=b,src=f"`, `{ id = "a", env = "E" }`, `"id=c,env=C"`}
	sshEntries    = []string{`"default"`, `"k=p1,p2"`, `{ id = "k", paths = ["q"] }`}
)

// entries is a list of some of the given entries. It holds duplicates only
// where targets share no lists.
func (g *generator) entries(from []string) string {
	var items []string
	for _, item := range from {
		if g.chance(35) {
			items = append(items, item)
		}
		if g.alone && g.chance(15) {
			items = append(items, item)
		}
	}
	g.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return "[" + strings.Join(items, ", ") + "]"
}

// words is a list of texts that begin with one of the given words.
func (g *generator) words(from ...string) string {
	var items []string
	for range g.IntN(3) {
		items = append(items, fmt.Sprintf("%q", pick(g, from...)+pick(g, "1", "2", "3")))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// makeCacheFrom gives one target of a program caches to read from: the peer
// appends in place to such lists when several targets have them.
func makeCacheFrom(g *generator, _ *genTarget) string {
	if g.caches && !g.alone {
		return "[]"
	}
	g.caches = true
	return g.entries(cacheEntries)
}

func makeArgs(g *generator, t *genTarget) string {
	var items []string
	for _, name := range []string{"A", "B", "C"} {
		if g.chance(50) {
			kind := pick(g, "string", "string", "number", "bool")
			items = append(items, name+" = "+g.expr(kind, 2))
			t.args = append(t.args, name)
		}
	}
	if g.chance(10) {
		items = append(items, "N = null")
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

func makeContext(g *generator, _ *genTarget) string {
	return pick(g, `"."`, `"dir"`, `"./x/../y/"`, `"cwd://d"`, `""`, `"https://github.com/o/r.git#v1"`, "null", g.expr("string", 1))
}

func makeInline(g *generator, _ *genTarget) string {
	if g.chance(50) {
		return g.expr("string", 1)
	}
	mark := pick(g, "<<EOT", "<<-EOT")
	return fmt.Sprintf("%s\n    FROM scratch\n      ARG A=${%s}\n    RUN $${x}\nEOT", mark, g.expr("string", 1))
}

func makeContexts(g *generator, t *genTarget) string {
	items := []string{}
	if g.chance(40) {
		items = append(items, pick(g, `src = "dir"`, `img = "docker-image://alpine"`, `src = ""`))
	}
	for _, other := range g.targets[:len(g.targets)-1] {
		if !g.alone && !other.matrix && g.chance(20) {
			items = append(items, fmt.Sprintf("c%s = \"target:%s\"", strings.ReplaceAll(other.name, "-", "_"), other.name))
		}
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

func makePlatforms(g *generator, _ *genTarget) string {
	return pick(g, `["linux/amd64"]`, `["linux/amd64", "linux/arm64"]`, `["linux/arm64", "linux/amd64"]`, "[]")
}

func makeTags(g *generator, t *genTarget) string {
	t.tags = true
	if g.chance(70) {
		// Each its own text, as an override may append to the list.
		return fmt.Sprintf("[\"one:${%s}\", \"two:x\"]", g.expr("string", 1))
	}
	if g.overrides {
		return `["plain:1"]`
	}
	return g.expr("list", 2)
}
