package cmd

import (
	"maps"
	"strings"

	"bake/bake"
)

// readEnv turns the environment of the process into a map. Of a name that
// stands twice the first value counts, as for getenv.
func readEnv(environ []string) bake.Env {
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

// environmentVariables is what help and the reference say about the variables
// that the command line itself reads.
var environmentVariables = []struct{ Name, Meaning string }{
	{"BUILDX_BAKE_FILE", "definition files, when there is no --file"},
	{"BUILDX_BAKE_PATH_SEPARATOR", "what separates them; the default is that of $PATH"},
	{"BUILDX_BAKE_FILE_RELATIVE_PATHS", "true: contexts are relative to the file that names them"},
	{"BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP", "true: variables do not take their values from the environment"},
	{"BUILDX_BAKE_ENTITLEMENTS_FS", "false: paths outside the working directory need no --allow"},
	{"BUILDX_BUILDER", "the builder to use, when there is no --builder"},
	{"BUILDX_CONFIG", "directory with the builders of buildx"},
	{"BUILDKIT_HOST", "address of a BuildKit to use, when no builder is named"},
	{"BUILDKIT_PROGRESS", "kind of progress output, when --progress is auto"},
	{"SOURCE_DATE_EPOCH", "build argument for all targets that do not set it; makes builds repeatable"},
	{"DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG", "where Docker and its configuration are"},
	{"NO_COLOR", "not empty: no colours"},
	{"DEBUG", "not empty: as --debug"},
	{"GITHUB_ACTIONS", "true: diagnostics are shown as annotations, too"},
}

// overlay is the environment with some values replaced; empty ones replace
// nothing.
func (a *app) overlay(values map[string]string) bake.Env {
	env := maps.Clone(a.env)
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

// withEnv is the same app with another environment.
func (a *app) withEnv(env bake.Env) *app {
	b := *a
	b.env = env
	return &b
}
