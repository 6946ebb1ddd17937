package build

import (
	"maps"
	"slices"
	"strings"

	"bake/bake"

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
func definitionAgent(at *Caller) sshprovider.AgentConfig {
	a := sshprovider.AgentConfig{ID: "default"}
	for _, p := range strings.Split(at.Env[gitSSH], ",") {
		if p != "" {
			a.Paths = append(a.Paths, abs(at.Dir, p))
		}
	}
	return agentOf(a, at)
}

// addGit adds what the engine needs to fetch the contexts of t: the default
// SSH agent and, where they are on the host of the definition, the credentials
// that fetched it. What t itself says about any of them counts more.
func (c *credentials) addGit(t *bake.Target, from *bake.Remote, at *Caller) {
	host := ""
	if from != nil {
		host = gitHost(from.Tree)
	}
	for _, context := range fetched(t) {
		if own := gitHost(context); host != "" && strings.EqualFold(own, host) {
			c.addGitSecrets(own, at.Env)
		}
	}
	switch {
	case !impliesAgent(t, from):
	case from != nil && isGitSSH(from.Tree):
		c.ssh = append(c.ssh, definitionAgent(at))
	default:
		c.ssh = append(c.ssh, agentOf(sshprovider.AgentConfig{ID: "default"}, at))
	}
}

// addGitSecrets adds the credentials of the environment under the names that
// the engine asks for on a host.
func (c *credentials) addGitSecrets(host string, env bake.Env) {
	for id, variable := range map[string]string{llb.GitAuthTokenKey: gitAuthToken, llb.GitAuthHeaderKey: gitAuthHeader} {
		id += "." + host
		if _, said := c.secrets[id]; said {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(env)) {
			if strings.EqualFold(name, variable) && env[name] != "" {
				c.secrets[id] = secret{Env: name}
			}
		}
	}
}
