package compose_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"bake/compose"
)

// peerRule is a way in which bake, as docker buildx bake, is not like Compose:
// the cases it is about, all when empty, and what is said about the difference.
type peerRule struct{ why, cases, text string }

var peerRules = []peerRule{
	{"Compose does not know x-bake", ``, `^x-bake: `},
	{"Compose wants a project that runs, bake one that builds", ``, `^only Compose refuses: [^\n]*docker-compose: exit status`},
	{"Compose prints texts that bake cannot read back", `^fields/(secrets_comma|dollar_literal)$`, `^only Compose refuses: docker-bake.json`},
	{"Compose does not read the env files of services to build them", ``, `^only bake refuses: ([^\n]*Environment file not readable|shop\.env:[^\n]*Required variable not set)`},
	{"Compose leaves out a secret that it has no value for", `^errors/secret_external$`, `External secret`},
	{"Compose names the image beside the tags", ``, `: tags: here (\[.*)\], in Compose \["[^"]+",`},
	{"Compose takes no arguments from the environment of a service", `^(fields/args_|merge/env|dates/environment|environment/file_raw)`, `: args: here `},
	{"Compose reads a date", `^(better/date|dates/(labels|tagged))$`, `: (args|labels): here `},
	{"Compose loses a size that is written as a float or is too large, and passes on one below zero", `^numbers/size`, `: shm-size: here |^only bake refuses: [^\n]*Invalid size`},
	{"Compose takes what is reset beside a merge key, inside what overrides, and as the name of the project", `^reset/(beside_merge|inside_override|name)`, `: (args|dockerfile|tags|target): here `},
	{"Compose builds for the platform that a service runs on", ``, `: platforms: here , in Compose \[`},
	{"Compose names a secret as the file it is in the container", `^fields/secrets$`, `: secret: here `},
	{"Compose takes target:NAME for a path; service:NAME is its word", `^(fields/contexts_target|include/target_prefix)$`, `: contexts: here `},
	{"Compose prefers the environment to the name of the project", `^fields/name_env_and_file$`, `: tags: here `},
}

// rulesOf returns the places in peerRules that explain a difference, and
// whether all of it is explained.
func rulesOf(id string, text []string) (used []int, all bool) {
	for _, line := range text {
		found := false
		for i, r := range peerRules {
			if regexp.MustCompile(r.cases).MatchString(id) && regexp.MustCompile(r.text).MatchString(line) {
				used, found = append(used, i), true
				break
			}
		}
		if !found {
			return nil, false
		}
	}
	return used, true
}

// peerCount is what became of the comparisons with Compose.
type peerCount struct {
	equal, fail, listed int
	used                map[int]bool
}

// judge counts a comparison, and fails when it found what no rule explains.
func (n *peerCount) judge(t *testing.T, p composePeer, id string, files []compose.File) {
	text, refused := p.versus(t, files)
	if len(text) > 0 && hasXBake(files) {
		text = []string{"x-bake: " + text[0]}
	}
	used, explained := rulesOf(id, text)
	switch {
	case refused:
		n.fail++
	case len(text) == 0:
		n.equal++
	case explained:
		n.listed++
		for _, i := range used {
			n.used[i] = true
		}
	default:
		for _, line := range text {
			t.Error(line)
		}
	}
}

func hasXBake(files []compose.File) bool {
	for _, f := range files {
		if bytes.Contains(f.Data, []byte("x-bake")) {
			return true
		}
	}
	return false
}

// TestPeerRulesAreListed fails when a reason is not told to the reader.
func TestPeerRulesAreListed(t *testing.T) {
	data, err := os.ReadFile("../tests/parity/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range peerRules {
		if !strings.Contains(string(data), "- "+r.why+".\n") {
			t.Errorf("differences.md does not say: %s", r.why)
		}
	}
}
