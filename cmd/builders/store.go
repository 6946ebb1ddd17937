package builders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/util/confutil"
	"github.com/docker/cli/cli/command"
)

// openStore opens the store of buildx to change it. What cannot be read of it
// comes with the first use.
func openStore(cli command.Cli) (*store.Txn, func(), error) {
	return storeIn(confutil.NewConfig(cli))
}

func storeIn(config *confutil.Config) (*store.Txn, func(), error) {
	s, err := store.New(config)
	if err != nil {
		return nil, nil, fmt.Errorf("open the builders of buildx: %w", err)
	}
	txn, release, err := s.Txn()
	if err != nil {
		return nil, nil, fmt.Errorf("open the builders of buildx: %w", err)
	}
	return txn, release, nil
}

// storeCopy is a copy of the store of buildx, with the embedded engine as one
// more builder. buildx's own code needs it even to look: it makes directories,
// and rewrites the current builder.
type storeCopy struct {
	cli   *command.DockerCli
	txn   *store.Txn
	close func()
}

func copyStore(a *app.App) (*storeCopy, error) {
	cli, err := DockerCLI(a)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bake-builders-")
	if err != nil {
		return nil, fmt.Errorf("look at the builders of buildx: %w", err)
	}
	remove := func() { _ = os.RemoveAll(dir) }
	txn, release, err := storeIn(confutil.NewConfig(cli, confutil.WithDir(dir)))
	if err != nil {
		remove()
		return nil, err
	}
	s := &storeCopy{cli: cli, txn: txn, close: func() { release(); remove() }}
	if err := fillCopy(a, dir); err != nil {
		s.close()
		return nil, fmt.Errorf("look at the builders of buildx: %w", err)
	}
	return s, nil
}

// fillCopy copies the builders and when they were used last. One that cannot be
// read is left out, with a warning.
func fillCopy(a *app.App, dir string) error {
	from := NewBuildxStore(a.Env)
	for _, name := range from.Names() {
		data, err := os.ReadFile(filepath.Join(from.dir, "instances", name))
		if err == nil {
			err = readable(data)
		}
		if err != nil {
			a.Warn("the builder %q cannot be read: %v", name, err)
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "instances", name), data, 0o600); err != nil {
			return err
		}
	}
	err := os.CopyFS(filepath.Join(dir, "activity"), os.DirFS(filepath.Join(from.dir, "activity")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if runtime.GOOS != "linux" {
		return nil
	}
	// The driver is another, as that of the engine would start or replace it.
	data, err := json.Marshal(store.NodeGroup{
		Name: EmbeddedName, Driver: "remote",
		Nodes: []store.Node{{Name: EmbeddedName, Endpoint: embeddedSocket(a.Env)}},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "instances", EmbeddedName), data, 0o600)
}

func readable(data []byte) error {
	var group store.NodeGroup
	if err := json.Unmarshal(data, &group); err != nil {
		return err
	}
	if len(group.Nodes) == 0 {
		return errors.New("it has no nodes")
	}
	return nil
}

// load asks the nodes of a builder for their state. The builder keeps the error.
func (o *builderOptions) load(ctx context.Context, b *builder.Builder) ([]builder.Node, error) {
	bounded, cancel := o.within(ctx)
	defer cancel()
	nodes, err := b.LoadNodes(bounded, builder.WithData())
	if b.Name == EmbeddedName {
		b.Driver = EmbeddedName
	}
	return nodes, err
}

// builderOf is a builder of the copy, not connected to anything yet.
func builderOf(a *app.App, s *storeCopy, name string) (*builder.Builder, error) {
	b, err := builder.New(s.cli, builder.WithName(name), builder.WithStore(s.txn), builder.WithSkippedValidation(),
		builder.WithContextPathHash(a.Dir))
	if err == nil {
		return b, nil
	}
	known := append(NewBuildxStore(a.Env).Names(), EmbeddedName)
	unknown := exit.Usagef("%w", err)
	if near := verb.Similar(name, known); near != "" {
		return nil, unknown.WithHint("Did you mean %q?", near)
	}
	return nil, unknown.WithHint("`bake builders` lists the builders.")
}
