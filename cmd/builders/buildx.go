package builders

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/docker/buildx/localstate"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/util/confutil"
	"github.com/opencontainers/go-digest"

	"bake/bake"
	"bake/bake/submit"
	"bake/cmd/app"
)

// BuildxStore reads the builders that `docker buildx create` made. buildx's own
// code cannot be used for that: it makes directories and rewrites the current
// builder even when it only looks.
type BuildxStore struct{ dir string }

// dockerConfigDir is where Docker keeps its configuration.
func dockerConfigDir(env bake.Env) string {
	if dir := env["DOCKER_CONFIG"]; dir != "" {
		return dir
	}
	home := env["HOME"]
	if home == "" {
		home = env["USERPROFILE"]
	}
	return filepath.Join(home, ".docker")
}

// NewBuildxStore is where buildx keeps its builders.
func NewBuildxStore(env bake.Env) BuildxStore {
	if dir := env["BUILDX_CONFIG"]; dir != "" {
		return BuildxStore{dir}
	}
	return BuildxStore{filepath.Join(dockerConfigDir(env), "buildx")}
}

// TellHistory lets a run on a builder of buildx, or on Docker's own, write what
// `docker buildx history` shows of it besides what the builder knows.
func TellHistory(a *app.App, opt *submit.Options, asked []string, chosen *Selection) {
	if chosen.docker == nil {
		return
	}
	state, err := localstate.New(confutil.NewConfig(nil, confutil.WithDir(NewBuildxStore(a.Env).dir)))
	if err != nil {
		a.Warn("docker buildx history will not know the names of these builds: %s", err)
		return
	}
	opt.History, opt.Asked = state, asked
}

// Builder reads the builder of that name. It returns nil if there is none.
func (s BuildxStore) Builder(name string) (*store.NodeGroup, error) {
	valid, err := store.ValidateName(name)
	if err != nil {
		return nil, nil // such a builder cannot exist
	}
	data, err := os.ReadFile(filepath.Join(s.dir, "instances", valid))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the builder %q: %w", name, err)
	}
	var group store.NodeGroup
	if err := json.Unmarshal(data, &group); err != nil {
		return nil, fmt.Errorf("read the builder %q: %w", name, err)
	}
	if len(group.Nodes) == 0 {
		return nil, fmt.Errorf("read the builder %q: it has no nodes", name)
	}
	return &group, nil
}

// Names are the names of all builders, sorted.
func (s BuildxStore) Names() []string {
	entries, err := os.ReadDir(filepath.Join(s.dir, "instances"))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// Current reads the builder chosen with `docker buildx use` for a Docker
// endpoint. It returns nil if none was chosen or it is gone.
func (s BuildxStore) Current(endpoint string) (*store.NodeGroup, error) {
	var chosen struct {
		Key    string
		Name   string
		Global bool
	}
	data, err := os.ReadFile(filepath.Join(s.dir, "current"))
	if err == nil {
		err = json.Unmarshal(data, &chosen)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the current builder of buildx: %w", err)
	}
	if chosen.Name != "" && (chosen.Global || chosen.Key == endpoint) {
		if group, err := s.Builder(chosen.Name); group != nil || err != nil {
			return group, err
		}
		if chosen.Key == endpoint {
			return nil, nil
		}
	}
	// The default of an endpoint is kept in a file named by the endpoint's digest.
	name, err := os.ReadFile(filepath.Join(s.dir, "defaults", digest.FromString(endpoint).Encoded()[:20]))
	if err != nil {
		return nil, nil
	}
	return s.Builder(string(name))
}
