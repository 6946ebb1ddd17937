package node

import (
	"strings"
	"testing"

	"bake/bake"

	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
)

// A result is built wherever it is used.
func TestSpread(t *testing.T) {
	for _, tc := range []struct {
		targets string // name=platforms>producers, in the order of a plan
		want    []string
	}{
		{"a=linux/amd64,linux/arm64 b=linux/amd64,linux/arm64>a", []string{"n0:linux/amd64 n1:linux/arm64", "n0:linux/amd64 n1:linux/arm64"}},
		{"a= b=linux/amd64,linux/arm64>a", []string{"n0: (n1:)", "n0:linux/amd64 n1:linux/arm64"}},
		{"a=linux/amd64 b=linux/amd64,linux/arm64>a", []string{"n0:linux/amd64 (n1:linux/amd64)", "n0:linux/amd64 n1:linux/arm64"}},
		{"a=linux/arm64 b=>a", []string{"n1:linux/arm64 (n0:linux/arm64)", "n0:"}},
		{"a=linux/arm64,linux/arm/v7 b=>a", []string{"n1:linux/arm64,linux/arm/v7 (n0:linux/arm64,linux/arm/v7)", "n0:"}},
		{"a= b=>a c=linux/arm64>b", []string{"n0: (n1:)", "n0: (n1:)", "n1:linux/arm64"}},
		{"a=linux/arm64,linux/arm/v7 b=linux/arm/v7>a c=>b", []string{"n1:linux/arm64,linux/arm/v7 (n0:linux/arm/v7)", "n1:linux/arm/v7 (n0:linux/arm/v7)", "n0:"}},
	} {
		byName := map[string]*bake.Target{}
		p := &bake.Plan{}
		var platforms []string
		for word := range strings.FieldsSeq(tc.targets) {
			name, rest, _ := strings.Cut(word, "=")
			pp, producers, _ := strings.Cut(rest, ">")
			target := &bake.Target{Name: name}
			if producers != "" {
				workspace.Use(target, producers, byName[producers])
			}
			byName[name] = target
			p.Targets = append(p.Targets, target)
			platforms = append(platforms, pp)
		}
		wanted := parsed(t, platforms...)
		placed, err := testCluster("linux/amd64", "linux/arm64 linux/arm/v7").Place(t.Context(), wanted)
		if err != nil {
			t.Fatal(err)
		}
		Spread(p, wanted, placed)
		if diff := cmp.Diff(tc.want, placement(placed)); diff != "" {
			t.Errorf("%s: %s", tc.targets, diff)
		}
	}
}
