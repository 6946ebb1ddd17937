package app

import (
	"maps"
	"strings"

	"bake/bake"
	"bake/bake/engine"
)

// ReadEnv turns the environment of the process into a map. Of a name that
// stands twice the first value counts, as for getenv.
func ReadEnv(environ []string) bake.Env {
	env := make(bake.Env, len(environ))
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			continue
		}
		if _, seen := env[name]; !seen {
			env[name] = value
		}
	}
	return env
}

// VariableText is what help and the reference say about a variable.
type VariableText struct{ Name, Meaning string }

// EnvironmentVariables are those that the command line itself reads.
var EnvironmentVariables = []VariableText{
	{"BUILDX_BAKE_FILE", "definition files, when there is no --file"},
	{"BUILDX_BAKE_PATH_SEPARATOR", "what separates them; the default is that of $PATH"},
	{"BUILDX_BAKE_FILE_RELATIVE_PATHS", "true: contexts are relative to the file that names them"},
	{"COMPOSE_FILE", "Compose files to read instead of the default ones, when no definition file is named; their paths are relative to the directory of the first"},
	{"COMPOSE_PATH_SEPARATOR", "what separates them; the default is that of $PATH"},
	{"COMPOSE_ENV_FILES", "files of variables to read instead of .env, separated by commas, when there is no --env-file"},
	{"COMPOSE_DISABLE_ENV_FILE", "true: .env is not read"},
	{"COMPOSE_PROFILES", "profiles of Compose files, separated by commas, when there is no --profile"},
	{"COMPOSE_PROJECT_NAME", "what the variable of that name is in Compose files that do not name their project"},
	{"BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP", "true: variables do not take values from the environment"},
	{"BUILDX_BAKE_ENTITLEMENTS_FS", "false: files outside the working directory need no --allow"},
	{"BAKE_TRUST", "repo: builds may use the whole git repository around the working directory"},
	{"BAKE_ALLOW_REMOTE_FS_ACCESS", "true: definitions from a URL need no --allow for files outside the working directory"},
	{"BUILDX_BAKE_GIT_AUTH_TOKEN", "token for the git server of a definition from a URL, and for contexts on the same server"},
	{"BUILDX_BAKE_GIT_AUTH_HEADER", "the same as a whole HTTP Authorization header"},
	{"BUILDX_BAKE_GIT_SSH", "SSH agents or keys for the git server of a definition from a URL, separated by commas"},
	{"BUILDX_BAKE_GIT_ADVICE", "true: show the advice of git when it fetches a definition; for contexts that is the build argument BUILDKIT_GIT_ADVICE"},
	{"BUILDX_SEND_GIT_QUERY_AS_INPUT", "true: git URLs with a query also work with frontends that cannot read them"},
	{"BUILDX_BUILDER", "the builder, when there is no --builder"},
	{"BUILDX_CONFIG", "directory with the builders of buildx"},
	{"BUILDKIT_HOST", "address of a BuildKit, when no builder is named"},
	{"BUILDKIT_PROGRESS", "kind of progress, when --progress is auto"},
	{"SOURCE_DATE_EPOCH", "build argument for all targets that do not set it, to make builds repeatable"},
	{"DOCKER_HOST", "where Docker listens"},
	{"DOCKER_CONTEXT", "the Docker context to use"},
	{"DOCKER_CONFIG", "directory with the configuration and credentials of Docker"},
	{"COLUMNS", "where lines are broken when standard error is no terminal; else sentences stay whole there"},
	{"NO_COLOR", "not empty: no colours"},
	{"DEBUG", "not empty: as --debug"},
	{"GITHUB_ACTIONS", "true: annotations, a summary, outputs and groups of log lines for the workflow"},
	{"BAKE_GITHUB", "false: none of these"},
}

// EngineVariables are those that engine.Default reads.
var EngineVariables = []VariableText{
	{engine.EnvDir, "state directory"},
	{engine.EnvSocket, "unix socket"},
	{engine.EnvIdle, "how long the engine lives without clients, such as 10m; 0 is for ever"},
	{engine.EnvRuntime, "OCI runtime to use instead of the one inside bake"},
	{engine.EnvFile, "a buildkitd.toml"},
	{engine.EnvSnapshotter, "auto, overlayfs, fuse-overlayfs or native"},
	{engine.EnvEntitlements, "entitlements that builds may be granted, separated by commas"},
}

// Overlay is the environment with some values replaced; empty ones replace
// nothing.
func (a *App) Overlay(values map[string]string) bake.Env {
	env := maps.Clone(a.Env)
	if env == nil {
		env = bake.Env{}
	}
	for name, value := range values {
		if value != "" {
			env[name] = value
		}
	}
	return env
}

// WithEnv is the same app with another environment.
func (a *App) WithEnv(env bake.Env) *App {
	b := *a
	b.Env = env
	return &b
}
