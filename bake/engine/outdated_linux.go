package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"bake/bake/engine/server"

	"google.golang.org/grpc"
)

// outdated says why the engine that gave r is not the one that cfg asks for, and
// nothing if it is. Where cfg has no wish, any engine will do.
func outdated(cfg Config, r server.Report) string {
	switch o := r.Origin; {
	case o.Version != cfg.Version:
		return fmt.Sprintf("is of bake %s, not %s", o.Version, cfg.Version)
	case o.Build != buildID():
		return "is of another build of bake"
	case cfg.Runtime != "" && cfg.Runtime != o.Runtime:
		return "does not use the OCI runtime " + cfg.Runtime
	case cfg.Snapshotter != "" && cfg.Snapshotter != "auto" && cfg.Snapshotter != r.Snapshotter:
		return "does not use the snapshotter " + cfg.Snapshotter
	case changed(cfg.File, o.FileSum):
		return "was started with another configuration than " + cfg.File
	}
	for _, e := range cfg.Entitlements {
		if !slices.Contains(r.Entitlements, e) {
			return "does not grant the entitlement " + e
		}
	}
	return ""
}

// changed tells whether the configuration file, if any, is another than the one
// with the digest sum.
func changed(file, sum string) bool {
	if file == "" {
		return false
	}
	data, err := os.ReadFile(file)
	return err == nil && fileSum(data) != sum
}

// freshen stops the engine of cfg if it is outdated and idle, and reports
// whether one is running then. A busy one, and one that somebody runs in the
// foreground, is used as it is, and said so: what it speaks is BuildKit's
// protocol, which is compatible between versions, and neither its builds nor
// its owner must be disturbed.
func freshen(ctx context.Context, cfg Config) (running bool, err error) {
	r, pid, err := look(ctx, cfg)
	if errors.Is(err, errNotRunning) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	why := outdated(cfg, r)
	if why == "" {
		return true, nil
	}
	if r.Origin.Foreground {
		cfg.notify(fmt.Sprintf("the running engine %s, but is run in the foreground: used as it is", why))
		return true, nil
	}
	stopping := false
	_, err = admin(ctx, cfg, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		stopping, _, err = server.AskStop(ctx, conn, true, "a client wants another engine, this one "+why)
		return err
	})
	if errors.Is(err, errNotRunning) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !stopping {
		cfg.notify(fmt.Sprintf("the running engine %s, but is busy with %d builds: used as it is", why, r.Builds))
		return true, nil
	}
	if err := waitGone(ctx, cfg, pid); err != nil {
		return false, err
	}
	cfg.notify(fmt.Sprintf("stopped the idle engine: it %s", why))
	return false, nil
}
