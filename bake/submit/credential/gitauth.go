package credential

import (
	"maps"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// The variables with credentials for the host of a definition from elsewhere.
const (
	gitAuthToken  = "BUILDX_BAKE_GIT_AUTH_TOKEN" // #nosec G101 -- the name of a variable
	gitAuthHeader = "BUILDX_BAKE_GIT_AUTH_HEADER"
	gitSSH        = "BUILDX_BAKE_GIT_SSH"
)

// definitionAgent is the agent for the repository of a definition: the keys or
// sockets of the environment, else the agent of the user.
func definitionAgent(at *host.Caller) sshprovider.AgentConfig {
	a := sshprovider.AgentConfig{ID: "default"}
	for _, p := range strings.Split(at.Env[gitSSH], ",") {
		if p != "" {
			a.Paths = append(a.Paths, at.Place(p))
		}
	}
	return agentOf(a, at)
}

// addGit adds what the engine needs to fetch the contexts of t: the default
// SSH agent and, where they are on the host of the definition, the credentials
// that fetched it. What t itself says about any of them counts more.
func (c *Credentials) addGit(t *bake.Target, from *bake.Remote, at *host.Caller) {
	host := ""
	if from != nil {
		host = source.GitHost(from.Tree)
	}
	for _, context := range source.Fetched(t) {
		if own := source.GitHost(context); host != "" && strings.EqualFold(own, host) {
			c.addGitSecrets(own, at.Env)
		}
	}
	switch {
	case !source.ImpliesAgent(t, from):
	case from != nil && source.IsGitSSH(from.Tree):
		c.ssh = append(c.ssh, definitionAgent(at))
	default:
		c.ssh = append(c.ssh, agentOf(sshprovider.AgentConfig{ID: "default"}, at))
	}
}

// addGitSecrets adds the credentials of the environment under the names that
// the engine asks for on a host.
func (c *Credentials) addGitSecrets(host string, env bake.Env) {
	for id, variable := range map[string]string{llb.GitAuthTokenKey: gitAuthToken, llb.GitAuthHeaderKey: gitAuthHeader} {
		id += "." + host
		if _, said := c.Secrets[id]; said {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(env)) {
			if strings.EqualFold(name, variable) && env[name] != "" {
				c.Secrets[id] = Secret{Env: name}
			}
		}
	}
}
