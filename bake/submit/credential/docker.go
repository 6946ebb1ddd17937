package credential

import (
	"cmp"
	"fmt"
	"path/filepath"

	"bake/bake"

	"github.com/docker/buildx/util/dockerutil/dockerconfig"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	credentialstores "github.com/docker/cli/cli/config/credentials"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
)

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

// TokenTLS returns the certificates of registries, by host.
type TokenTLS func() map[string]*authprovider.AuthTLSConfig
