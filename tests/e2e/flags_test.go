package e2e

import (
	"regexp"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// values are what the flags of docker buildx bake that take a value are tried
// with. A flag that is not here is new: it needs a value and a place in bake.
var values = map[string]string{
	"allow": "network.host", "builder": "embedded", "call": "outline,format=json", "file": "docker-bake.hcl", "jobs": "parallel=2", "list": "targets",
	"metadata-file": "meta.json", "policy": "strict=true", "progress": "plain", "provenance": "mode=max", "sbom": "true",
	"set": "*.pull=true", "var": "NAME=value",
}

// helpFlag is a line of the help of a cobra command: -s, --name type  meaning.
var helpFlag = regexp.MustCompile(`(?m)^ +(?:-(\w), )?--([\w-]+)(?: (\w+))?  `)

// TestFlagsOfPeer runs bake with every flag that docker buildx bake has, in all
// the ways in which it may be written.
func TestFlagsOfPeer(t *testing.T) {
	t.Parallel()
	peer := fixture.NewPeer(t, "")
	help := fixture.MustRun(t, peer.Command(t.Context(), peer.Home, "bake", "--help")).Stdout
	flags := helpFlag.FindAllStringSubmatch(help, -1)
	if len(flags) < 18 {
		t.Fatalf("only %d flags in:\n%s", len(flags), help)
	}
	// What the help does not show, as it is deprecated.
	flags = append(flags, []string{"", "", "list-targets", ""}, []string{"", "", "list-variables", ""})
	s := newSite(t, "-- docker-bake.hcl --\nvariable \"NAME\" {}\ntarget \"default\" {}\n")
	for _, f := range flags {
		for _, args := range spellings(t, f[1], f[2], f[3] != "") {
			if !strings.HasPrefix(f[2], "list") && f[2] != "help" {
				args = append(args, "--print")
			}
			if o := fixture.Run(t, s.command(args...)); o.Code != 0 {
				t.Errorf("bake %s: exit code %d\n%s", strings.Join(args, " "), o.Code, o.Stderr)
			}
			if o := peer.Bake(t, s.dir, nil, args...); o.Code != 0 {
				t.Errorf("docker buildx bake %s: exit code %d, so the test is wrong\n%s", strings.Join(args, " "), o.Code, o.Stderr)
			}
		}
	}
}

// spellings are the ways to write a flag.
func spellings(t *testing.T, short, name string, takesValue bool) [][]string {
	t.Helper()
	var all [][]string
	if !takesValue {
		all = [][]string{{"--" + name}, {"--" + name + "=true"}}
		if name != "help" && !strings.HasPrefix(name, "list") {
			all = append(all, []string{"--" + name + "=false"})
		}
		if short != "" {
			all = append(all, []string{"-" + short})
		}
		return all
	}
	value, ok := values[name]
	if !ok {
		t.Errorf("docker buildx bake has a new flag --%s", name)
	}
	all = [][]string{{"--" + name, value}, {"--" + name + "=" + value}}
	if short != "" {
		all = append(all, []string{"-" + short, value}, []string{"-" + short + value})
	}
	return all
}
