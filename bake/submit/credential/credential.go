package credential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/docker/buildx/util/dockerutil/dockerconfig"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	credentialstores "github.com/docker/cli/cli/config/credentials"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// maxSecretSize is the largest secret that BuildKit takes, in bytes.
const maxSecretSize = 500 * 1024

// Credentials are the secrets and SSH agents that a target may use.
type Credentials struct {
	Secrets map[string]Secret
	ssh     []sshprovider.AgentConfig
}

// Secret is where a secret comes from: a file or an environment variable, with
// the value that it has when it is not set.
type Secret struct {
	File, Env string
	Value     *string
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
	c := &Credentials{Secrets: map[string]Secret{}}
	for _, s := range t.Secrets {
		found, err := findSecret(s, at)
		if err != nil {
			return nil, failure.In("secret", "", err)
		}
		c.Secrets[s.ID] = found
	}
	for _, s := range t.SSH {
		a := sshprovider.AgentConfig{ID: s.ID}
		for _, p := range s.Paths {
			if p != "" {
				p = host.Abs(at.Dir, p)
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

// findSecret applies the default rule: without a source, a secret is the
// environment variable named like it, if set, else the file so named.
func findSecret(s bake.Secret, at *host.Caller) (Secret, error) {
	if s.ID == "" {
		return Secret{}, errors.New("secret missing ID")
	}
	out := Secret{File: s.Src, Env: s.Env, Value: s.Value}
	if out.File == "" && out.Env == "" {
		if _, ok := at.Env[s.ID]; ok {
			out.Env = s.ID
		} else {
			out.File = s.ID
		}
	}
	if out.File == "" {
		return out, nil
	}
	name := out.File
	out.File = host.Abs(at.Dir, name)
	fi, err := os.Stat(out.File)
	if err != nil {
		return out, fmt.Errorf("failed to stat %s: %w", name, err)
	}
	if fi.Size() > maxSecretSize {
		return out, fmt.Errorf("secret %s is too big: %d bytes, at most %d are allowed", s.ID, fi.Size(), maxSecretSize)
	}
	return out, nil
}

// agents returns the provider of the SSH agents, nil if there are none.
func (c *Credentials) agents() (session.Attachable, error) {
	if len(c.ssh) == 0 {
		return nil, nil
	}
	return sshprovider.NewSSHAgentProvider(slices.Clone(c.ssh))
}

// Attachables returns what a session needs to offer the credentials. Every
// session has a secrets provider: the engine treats one without as an error,
// even for a secret that is optional.
func (c *Credentials) Attachables(env bake.Env) ([]session.Attachable, error) {
	out := []session.Attachable{secretsprovider.NewSecretProvider(&secretStore{sources: c.Secrets, env: env})}
	agents, err := c.agents()
	if err != nil {
		return nil, err
	}
	if agents != nil {
		out = append(out, agents)
	}
	return out, nil
}

// secretStore reads secrets when a build asks for them.
type secretStore struct {
	sources map[string]Secret
	env     bake.Env
}

// GetSecret implements secrets.SecretStore.
func (s *secretStore) GetSecret(_ context.Context, id string) ([]byte, error) {
	src, ok := s.sources[id]
	switch {
	case !ok:
		return nil, fmt.Errorf("secret %s: %w", id, secrets.ErrNotFound)
	case src.Env != "":
		value, set := s.env[src.Env]
		if !set && src.Value != nil {
			value = *src.Value
		}
		return []byte(value), nil
	}
	return host.ReadBounded(src.File, maxSecretSize)
}

// DockerAuth returns the credentials of the Docker config file for registries.
// An error only says that the file is broken, and that no login is known.
func DockerAuth(env bake.Env, tls TokenTLS) (session.Attachable, error) {
	_, err := loadDockerConfig(env)
	if err != nil {
		err = fmt.Errorf("no login for a registry is known: %w", err)
	}
	cfg := authprovider.DockerAuthProviderConfig{AuthConfigProvider: Logins(env)}
	if tls != nil {
		cfg.TLSConfigs = tls()
	}
	return authprovider.NewDockerAuthProvider(cfg), err
}

// Logins finds the login for a registry: in a configuration that buildx keeps
// for one registry, repository or use of it, else in the config file of Docker,
// its credential helpers or $DOCKER_AUTH_CONFIG.
func Logins(env bake.Env) authprovider.AuthConfigProvider {
	file, _ := loadDockerConfig(env)
	return dockerconfig.LoadAuthConfig(configOnly{file: file})
}

// configOnly is the part of the Docker CLI that finding a login takes.
type configOnly struct {
	command.Cli
	file *configfile.ConfigFile
}

// ConfigFile implements command.Cli.
func (c configOnly) ConfigFile() *configfile.ConfigFile { return c.file }

// loadDockerConfig reads the config file of Docker. A broken one counts as
// empty, as registries that need no login must stay usable: the error is only
// worth a warning.
func loadDockerConfig(env bake.Env) (*configfile.ConfigFile, error) {
	dir := cmp.Or(env["DOCKER_CONFIG"], config.Dir())
	file, err := config.Load(dir)
	if err != nil {
		file = configfile.New(filepath.Join(dir, config.ConfigFileName))
	}
	if !file.ContainsAuth() {
		file.CredentialsStore = credentialstores.DetectDefaultStore(file.CredentialsStore)
	}
	return file, err
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

// TokenTLS returns the certificates of registries, by host.
type TokenTLS func() map[string]*authprovider.AuthTLSConfig
