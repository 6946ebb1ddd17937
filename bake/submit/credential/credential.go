package credential

import (
	"cmp"
	"encoding/json"
	"slices"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// Credentials are the secrets and SSH agents that a target may use.
type Credentials struct {
	Secrets map[string]Secret
	ssh     []sshprovider.AgentConfig
	written map[string]string // the files of secrets as they were written, by place
	keys    []string          // the places of the keys and sockets that the target names
}

// Key is equal for credentials that mean the same sources.
func (c *Credentials) Key() string {
	if len(c.Secrets) == 0 && len(c.ssh) == 0 {
		return ""
	}
	text, err := json.Marshal(struct {
		Secrets map[string]Secret
		SSH     []sshprovider.AgentConfig
	}{c.Secrets, c.ssh})
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return string(text)
}

// Prepare finds the secrets and agents of t, which stands in a
// definition from elsewhere unless from is nil.
func Prepare(t *bake.Target, from *bake.Remote, at *host.Caller) (*Credentials, error) {
	c := &Credentials{Secrets: map[string]Secret{}, written: map[string]string{}}
	for _, s := range t.Secrets {
		found, err := findSecret(s, at)
		if err != nil {
			return nil, failure.In("secret", "", err)
		}
		if found.File != "" {
			c.written[found.File] = cmp.Or(s.Src, s.ID)
		}
		c.Secrets[s.ID] = found
	}
	for _, s := range t.SSH {
		a := sshprovider.AgentConfig{ID: s.ID}
		for _, p := range s.Paths {
			if p != "" {
				p = at.Place(p)
				c.keys = append(c.keys, p)
			}
			a.Paths = append(a.Paths, p)
		}
		c.ssh = append(c.ssh, agentOf(a, at))
	}
	c.addGit(t, from, at)
	slices.SortFunc(c.ssh, func(a, b sshprovider.AgentConfig) int { return cmp.Compare(a.ID, b.ID) })
	if _, err := c.agents(); err != nil {
		return nil, failure.In("ssh", "", err)
	}
	return c, nil
}

// agentOf fills in the agent of the environment for an entry without paths.
func agentOf(a sshprovider.AgentConfig, at *host.Caller) sshprovider.AgentConfig {
	if a.ID == "" {
		a.ID = "default"
	}
	if len(a.Paths) == 0 || len(a.Paths) == 1 && a.Paths[0] == "" {
		if socket := at.Env["SSH_AUTH_SOCK"]; socket != "" {
			a.Paths = []string{socket}
		}
	}
	return a
}

// agents returns the provider of the SSH agents, nil if there are none.
func (c *Credentials) agents() (session.Attachable, error) {
	if len(c.ssh) == 0 {
		return nil, nil
	}
	for _, key := range c.keys {
		if err := host.Still(key); err != nil {
			return nil, err
		}
	}
	return sshprovider.NewSSHAgentProvider(slices.Clone(c.ssh))
}

// Attachables returns what a session needs to offer the credentials. Every
// session has a secrets provider: the engine treats one without as an error,
// even for a secret that is optional.
func (c *Credentials) Attachables(at *host.Caller) ([]session.Attachable, error) {
	out := []session.Attachable{secretsprovider.NewSecretProvider(&secretStore{sources: c.Secrets, written: c.written, at: at})}
	agents, err := c.agents()
	if err != nil {
		return nil, err
	}
	if agents != nil {
		out = append(out, agents)
	}
	return out, nil
}

// ForURL are those for the URL of a definition alone.
func ForURL(url string, at *host.Caller) (*Credentials, error) {
	c := &Credentials{Secrets: map[string]Secret{}}
	if host := source.GitHost(url); host != "" {
		c.addGitSecrets(host, at.Env)
	}
	if !source.IsGitSSH(url) {
		return c, nil
	}
	c.ssh = append(c.ssh, definitionAgent(at))
	_, err := c.agents()
	return c, err
}
