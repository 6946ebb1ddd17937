package main

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
)

// printCase is a kind of definition that grows with n.
type printCase struct {
	name    string // with %d for the size
	sizes   []int  // ascending
	lines   map[int]line
	memory  line                 // for the RSS at the largest size
	file    string               // its name, docker-bake.hcl by default
	targets func(n int) []string // arguments, none by default
	write   func(w *bufio.Writer, n int, r *rand.Rand)
}

// ratio and limit make lines.
func ratio(r float64) line     { return line{ratio: r} }
func limit(value float64) line { return line{limit: value} }

// printCases are those of the promise, in its order.
var printCases = []printCase{
	{name: "%d target", sizes: []int{1}, lines: map[int]line{1: ratio(0.6)}, write: plain},
	{name: "%d plain targets", sizes: []int{1000, 5000, 10000}, memory: ratio(0.5), write: plain,
		lines: map[int]line{1000: ratio(0.15), 5000: ratio(0.04), 10000: ratio(0.015)}},
	{name: "%d targets as JSON", sizes: []int{1000, 5000, 10000}, file: "docker-bake.json", write: plainJSON,
		lines: map[int]line{10000: ratio(0.02)}},
	{name: "matrix of %d instances, two axes", sizes: []int{1296, 2500, 5041}, write: matrix,
		lines: map[int]line{5041: ratio(0.03)}},
	{name: "matrix of %d instances, dimensions of two", sizes: []int{1024, 2048, 4096}, write: binaryMatrix,
		lines: map[int]line{4096: ratio(0.04)}},
	{name: "inherits chain of %d", sizes: []int{1000, 2000, 4000}, targets: lastOf("t"), write: inheritsChain,
		lines: map[int]line{4000: ratio(0.05)}},
	{name: "inherits chain of %d, all requested", sizes: []int{500, 1000, 2000}, write: inheritsChain,
		lines: map[int]line{2000: ratio(0.005)}},
	{name: "diamond ladder of inherits, %d levels", sizes: []int{20}, targets: top, write: ladder(`inherits = ["a%d", "b%d"]`),
		lines: map[int]line{20: limit(0.1)}},
	{name: "diamond ladder of links, %d levels", sizes: []int{24}, targets: top, write: ladder(`contexts = { a = "target:a%d", b = "target:b%d" }`),
		lines: map[int]line{24: limit(0.1)}},
	{name: "diamond ladder of groups, %d levels", sizes: []int{24}, targets: top, write: groupLadder,
		lines: map[int]line{24: limit(0.1)}},
	{name: "%d realistic targets", sizes: []int{500, 1000, 2000}, write: realistic,
		lines: map[int]line{1000: ratio(0.15), 2000: ratio(0.15)}},
	{name: "%d Compose services", sizes: []int{500, 1000, 2000}, file: "compose.yaml", write: compose,
		lines: map[int]line{2000: ratio(0.4)}},
	{name: "one target of a file of %d", sizes: []int{1250, 2500, 5000}, targets: lastOf("t"), write: plain,
		lines: map[int]line{5000: ratio(0.02)}},
	{name: "chain of %d variables", sizes: []int{2500, 5000, 10000}, write: variables,
		lines: map[int]line{10000: ratio(1)}},
	{name: "one argument of %d MB", sizes: []int{1, 10}, write: longArgument,
		lines: map[int]line{10: ratio(1)}},
}

// lastOf makes the argument that names the last target with a prefix.
func lastOf(prefix string) func(n int) []string {
	return func(n int) []string { return []string{fmt.Sprint(prefix, n-1)} }
}

// top makes the argument that names a target or group at the top of a ladder.
func top(n int) []string { return []string{fmt.Sprint("a", n)} }

// version is some version number.
func version(r *rand.Rand) string {
	return fmt.Sprintf("%d.%d.%d", r.IntN(20), r.IntN(40), r.IntN(100))
}

// defaultGroup writes the group of the n targets with a prefix.
func defaultGroup(w *bufio.Writer, prefix string, n int) {
	fmt.Fprint(w, "group \"default\" {\n  targets = [\n")
	for i := range n {
		fmt.Fprintf(w, "    %q,\n", fmt.Sprint(prefix, i))
	}
	fmt.Fprint(w, "  ]\n}\n")
}

func plain(w *bufio.Writer, n int, r *rand.Rand) {
	fmt.Fprint(w, "variable \"TAG\" { default = \"dev\" }\n")
	for i := range n {
		fmt.Fprintf(w, "target \"t%d\" {\n  context = \"services/%d\"\n  args = {\n    VERSION = %q\n    RELEASE = \"${TAG}-%d\"\n  }\n  tags = [\"registry.example.com/t%d:${TAG}\"]\n}\n",
			i, i, version(r), i, i)
	}
	defaultGroup(w, "t", n)
}

func plainJSON(w *bufio.Writer, n int, r *rand.Rand) {
	fmt.Fprint(w, "{\"variable\": {\"TAG\": {\"default\": \"dev\"}},\n\"target\": {\n")
	for i := range n {
		fmt.Fprintf(w, "\"t%d\": {\"context\": \"services/%d\", \"args\": {\"VERSION\": %q, \"RELEASE\": \"${TAG}-%d\"}, \"tags\": [\"registry.example.com/t%d:${TAG}\"]}%s\n",
			i, i, version(r), i, i, comma(i, n))
	}
	fmt.Fprint(w, "},\n\"group\": {\"default\": {\"targets\": [")
	for i := range n {
		fmt.Fprintf(w, "\"t%d\"%s", i, comma(i, n))
	}
	fmt.Fprint(w, "]}}}\n")
}

// comma is what follows element i of n.
func comma(i, n int) string {
	if i == n-1 {
		return ""
	}
	return ","
}

func matrix(w *bufio.Writer, n int, _ *rand.Rand) {
	side := int(math.Sqrt(float64(n)))
	fmt.Fprintf(w, "target \"default\" {\n  name = \"m-${x}-${y}\"\n  matrix = {\n    x = range(%d)\n    y = range(%d)\n  }\n", side, n/side)
	fmt.Fprint(w, "  args = { X = x, Y = y }\n  tags = [\"registry.example.com/m:${x}-${y}\"]\n}\n")
}

func binaryMatrix(w *bufio.Writer, n int, _ *rand.Rand) {
	name, axes := "m", ""
	for d := range int(math.Log2(float64(n)) + 0.5) {
		name += fmt.Sprintf("-${d%d}", d)
		axes += fmt.Sprintf("    d%d = [\"0\", \"1\"]\n", d)
	}
	fmt.Fprintf(w, "target \"default\" {\n  name = %q\n  matrix = {\n%s  }\n  args = { FIRST = d0 }\n}\n", name, axes)
}

func inheritsChain(w *bufio.Writer, n int, r *rand.Rand) {
	fmt.Fprintf(w, "target \"t0\" {\n  args = { VERSION = %q }\n}\n", version(r))
	for i := 1; i < n; i++ {
		fmt.Fprintf(w, "target \"t%d\" {\n  inherits = [\"t%d\"]\n  tags = [\"registry.example.com/t%d\"]\n}\n", i, i-1, i)
	}
	defaultGroup(w, "t", n)
}

// ladder makes a case whose levels refer to both targets of the level below. It
// has as many levels as buildx can bear, whose work doubles with each.
func ladder(attribute string) func(w *bufio.Writer, n int, _ *rand.Rand) {
	return func(w *bufio.Writer, n int, _ *rand.Rand) {
		fmt.Fprint(w, "target \"a0\" {}\ntarget \"b0\" {}\n")
		for i := 1; i <= n; i++ {
			for _, side := range []string{"a", "b"} {
				fmt.Fprintf(w, "target \"%s%d\" {\n  "+attribute+"\n}\n", side, i, i-1, i-1)
			}
		}
	}
}

func groupLadder(w *bufio.Writer, n int, _ *rand.Rand) {
	fmt.Fprint(w, "target \"a0\" {}\ntarget \"b0\" {}\n")
	for i := 1; i <= n; i++ {
		for _, side := range []string{"a", "b"} {
			fmt.Fprintf(w, "group \"%s%d\" {\n  targets = [\"a%d\", \"b%d\"]\n}\n", side, i, i-1, i-1)
		}
	}
}

// realistic has four variants of each service, a common base, a function that
// makes tags, and groups of ten services.
func realistic(w *bufio.Writer, n int, r *rand.Rand) {
	fmt.Fprint(w, `variable "TAG" { default = "dev" }
variable "REGISTRY" { default = "registry.example.com" }
function "tags" {
  params = [name, variant]
  result = ["${REGISTRY}/${name}:${TAG}-${variant}", notequal(TAG, "") ? "${REGISTRY}/${name}:latest-${variant}" : ""]
}
target "_common" {
  args   = { VERSION = TAG, BUILD = "${TAG}-release" }
  labels = { "org.opencontainers.image.version" = TAG }
}
`)
	services := max(1, n/4)
	for i := range services {
		fmt.Fprintf(w, `target "svc%[1]d" {
  name     = "svc%[1]d-${variant}"
  matrix   = { variant = ["a", "b", "c", "d"] }
  inherits = ["_common"]
  context  = "services/%[1]d"
  args     = { VARIANT = upper(variant), RELEASE = %[2]q }
  tags     = tags("svc%[1]d", variant)
}
`, i, version(r))
	}
	groups := (services + 9) / 10
	for g := range groups {
		fmt.Fprintf(w, "group \"team%d\" {\n  targets = [", g)
		for i := g * 10; i < min(services, g*10+10); i++ {
			fmt.Fprintf(w, "\"svc%d\", ", i)
		}
		fmt.Fprint(w, "]\n}\n")
	}
	defaultGroup(w, "team", groups)
}

func compose(w *bufio.Writer, n int, r *rand.Rand) {
	fmt.Fprint(w, "services:\n")
	for i := range n {
		fmt.Fprintf(w, "  s%d:\n    image: registry.example.com/s%d:%s\n    build:\n      context: services/%d\n      args:\n        VERSION: %q\n",
			i, i, version(r), i, version(r))
	}
}

func variables(w *bufio.Writer, n int, r *rand.Rand) {
	fmt.Fprintf(w, "variable \"V0\" { default = %q }\n", version(r))
	for i := 1; i < n; i++ {
		fmt.Fprintf(w, "variable \"V%d\" { default = V%d }\n", i, i-1)
	}
	fmt.Fprintf(w, "target \"default\" {\n  args = { V = V%d }\n}\n", n-1)
}

// longArgument is one value of n MB.
func longArgument(w *bufio.Writer, n int, _ *rand.Rand) {
	fmt.Fprint(w, "target \"default\" {\n  args = { LONG = \"")
	for range n * 20000 {
		fmt.Fprint(w, "the quick brown fox jumps over the lazy dog 012345")
	}
	fmt.Fprint(w, "\" }\n}\n")
}
