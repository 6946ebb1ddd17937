package build

import (
	"slices"
	"strings"

	"bake/bake"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/moby/buildkit/util/gitutil"
)

// fetched are the contexts of t that the engine fetches.
func fetched(t *bake.Target) []string {
	all := []string{t.Context}
	for _, name := range sortedKeys(t.Contexts) {
		all = append(all, t.Contexts[name])
	}
	return slices.DeleteFunc(all, func(c string) bool { return !isRemote(c) })
}

// impliesAgent reports whether t needs the default SSH agent to be fetched, and
// does not list it.
func impliesAgent(t *bake.Target, from *bake.Remote) bool {
	if slices.ContainsFunc(t.SSH, func(s bake.SSH) bool { return s.ID == "default" || s.ID == "" }) {
		return false
	}
	return from != nil && isGitSSH(from.Tree) || slices.ContainsFunc(fetched(t), isGitSSH)
}

func isGitSSH(context string) bool {
	if !mayBeGit(context) {
		return false
	}
	u, err := gitutil.ParseURL(context)
	return err == nil && u.Scheme == gitutil.SSHProtocol
}

// gitHost is the host of a git URL, empty if it is none.
func gitHost(s string) string {
	u, err := gitutil.ParseURL(s)
	if err != nil {
		return ""
	}
	return u.Host
}

// The variables with credentials for the host of a definition from elsewhere.
const (
	gitAuthToken  = "BUILDX_BAKE_GIT_AUTH_TOKEN" // #nosec G101 -- the name of a variable
	gitAuthHeader = "BUILDX_BAKE_GIT_AUTH_HEADER"
	gitSSH        = "BUILDX_BAKE_GIT_SSH"
)

// credentials are those for the URL of the fetcher alone.
func (f *fetcher) credentials() (*credentials, error) {
	c := &credentials{secrets: map[string]secret{}}
	if host := gitHost(f.url); host != "" {
		c.addGitSecrets(host, f.opt.Env)
	}
	if !isGitSSH(f.url) {
		return c, nil
	}
	c.ssh = append(c.ssh, definitionAgent(&f.opt))
	_, err := c.agents()
	return c, err
}

// definitionAgent is the agent for the repository of a definition: the keys or
// sockets of the environment, else the agent of the user.
func definitionAgent(opt *Options) sshprovider.AgentConfig {
	a := sshprovider.AgentConfig{ID: "default"}
	for _, p := range strings.Split(opt.Env[gitSSH], ",") {
		if p != "" {
			a.Paths = append(a.Paths, abs(opt.Dir, p))
		}
	}
	return agentOf(a, opt)
}

// addGit adds what the engine needs to fetch the contexts of t: the default
// SSH agent and, where they are on the host of the definition, the credentials
// that fetched it. What t itself says about any of them counts more.
func (c *credentials) addGit(t *bake.Target, from *bake.Remote, opt *Options) {
	host := ""
	if from != nil {
		host = gitHost(from.Tree)
	}
	for _, context := range fetched(t) {
		if own := gitHost(context); host != "" && strings.EqualFold(own, host) {
			c.addGitSecrets(own, opt.Env)
		}
	}
	switch {
	case !impliesAgent(t, from):
	case from != nil && isGitSSH(from.Tree):
		c.ssh = append(c.ssh, definitionAgent(opt))
	default:
		c.ssh = append(c.ssh, agentOf(sshprovider.AgentConfig{ID: "default"}, opt))
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
		for _, name := range sortedKeys(env) {
			if strings.EqualFold(name, variable) && env[name] != "" {
				c.secrets[id] = secret{Env: name}
			}
		}
	}
}
