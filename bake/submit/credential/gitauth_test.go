package credential

import (
	"slices"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// TestGitCredentials: what fetched the definition fetches the contexts on the
// same host, and no others; what a target says itself counts more.
func TestGitCredentials(t *testing.T) {
	env := bake.Env{
		"Buildx_Bake_Git_Auth_Token": "t", "BUILDX_BAKE_GIT_AUTH_HEADER": "", "BUILDX_BAKE_GIT_SSH": "keys/a,/b", "SSH_AUTH_SOCK": "/agent",
		"TOKEN": "own",
	}
	const git, other, overSSH = "https://Example.com/a.git", "https://other.example/a.git", "ssh://git@example.com/a.git"
	agent := func(paths ...string) []sshprovider.AgentConfig {
		return []sshprovider.AgentConfig{{ID: "default", Paths: paths}}
	}
	own := sshprovider.AgentConfig{ID: "own", Paths: []string{"/own"}}
	for name, tt := range map[string]struct {
		from    string
		target  bake.Target
		secrets map[string]Secret
		ssh     []sshprovider.AgentConfig
	}{
		"local definition":        {"", bake.Target{Context: git}, nil, nil},
		"same host":               {git, bake.Target{Context: "https://example.com/b.git#:sub"}, map[string]Secret{"GIT_AUTH_TOKEN.example.com": {Env: "Buildx_Bake_Git_Auth_Token"}}, nil},
		"named context":           {git, bake.Target{Context: ".", Contexts: map[string]string{"a": git}}, map[string]Secret{"GIT_AUTH_TOKEN.Example.com": {Env: "Buildx_Bake_Git_Auth_Token"}}, nil},
		"other host":              {git, bake.Target{Context: other}, nil, nil},
		"own token":               {git, bake.Target{Context: git, Secrets: []bake.Secret{{ID: "GIT_AUTH_TOKEN.Example.com", Env: "TOKEN"}}}, map[string]Secret{"GIT_AUTH_TOKEN.Example.com": {Env: "TOKEN"}}, nil},
		"archive":                 {"https://example.com/x.tar", bake.Target{Context: other}, nil, nil},
		"context over ssh":        {"", bake.Target{Context: overSSH}, nil, agent("/agent")},
		"named context over ssh":  {"", bake.Target{Context: ".", Contexts: map[string]string{"a": "git@example.com:a.git"}}, nil, agent("/agent")},
		"definition over ssh":     {overSSH, bake.Target{Context: "."}, nil, agent("/work/keys/a", "/b")},
		"own agent beside":        {overSSH, bake.Target{Context: ".", SSH: []bake.SSH{{ID: "own", Paths: []string{"/own"}}}}, nil, append(agent("/work/keys/a", "/b"), own)},
		"own default agent":       {overSSH, bake.Target{Context: ".", SSH: []bake.SSH{{ID: "default", Paths: []string{"/own"}}}}, nil, agent("/own")},
		"own agent, context only": {"", bake.Target{Context: overSSH, SSH: []bake.SSH{{ID: "own", Paths: []string{"/own"}}}}, nil, append(agent("/agent"), own)},
	} {
		c := &Credentials{Secrets: map[string]Secret{}}
		for _, s := range tt.target.Secrets {
			c.Secrets[s.ID] = Secret{Env: s.Env}
		}
		for _, s := range tt.target.SSH {
			c.ssh = append(c.ssh, sshprovider.AgentConfig{ID: s.ID, Paths: s.Paths})
		}
		var from *bake.Remote
		if tt.from != "" {
			from = &bake.Remote{URL: tt.from, Tree: tt.from}
		}
		c.addGit(&tt.target, from, &host.Caller{Dir: "/work", Env: env})
		slices.SortFunc(c.ssh, func(a, b sshprovider.AgentConfig) int { return strings.Compare(a.ID, b.ID) })
		if tt.secrets == nil {
			tt.secrets = map[string]Secret{}
		}
		if diff := cmp.Diff(tt.secrets, c.Secrets); diff != "" {
			t.Errorf("%s: secrets: %s", name, diff)
		}
		if diff := cmp.Diff(tt.ssh, c.ssh); diff != "" {
			t.Errorf("%s: ssh: %s", name, diff)
		}
	}
}
