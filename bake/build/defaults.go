package build

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"bake/bake"

	"github.com/docker/buildx/driver"
	"github.com/moby/buildkit/client"
)

// mobyExporter is the exporter of a BuildKit inside Docker that stores images
// in Docker.
const mobyExporter = "moby"

// defaultExport is where a target goes that says nothing about its output: to
// Docker, if the builder is part of it or was created to load by default, else
// nowhere.
func defaultExport(t *bake.Target, n *node, opt *Options) []bake.Entry {
	if off, _ := opt.flag("BUILDX_NO_DEFAULT_LOAD"); off || len(t.Outputs) > 0 || t.Linked {
		return nil
	}
	if n.Driver.IsMobyDriver() {
		return []bake.Entry{{Type: client.ExporterImage}}
	}
	if n.features[driver.DefaultLoad] {
		return []bake.Entry{{Type: client.ExporterDocker}}
	}
	return nil
}

// forMoby adapts exports to a BuildKit inside Docker: images go to its store.
func forMoby(exports []*export, n *node) error {
	if !n.Driver.IsMobyDriver() {
		return nil
	}
	for _, e := range exports {
		if e.load {
			e.Type, e.load = client.ExporterImage, false
		}
		if e.Type != client.ExporterImage {
			continue
		}
		e.Type = mobyExporter
		if n.features[driver.PreferImageDigest] {
			e.Attrs["prefer-image-digest"] = "true"
		}
		push, _ := strconv.ParseBool(e.Attrs["push"])
		if push && !n.features[driver.DirectPush] {
			return in("output", "", errors.New("pushing is not supported by the docker driver without the containerd image store: use another builder"))
		}
	}
	return nil
}

// warnNoOutput tells which targets leave nothing but the build cache.
func (r *run) warnNoOutput() {
	if off, _ := r.opt.flag("BUILDX_NO_DEFAULT_LOAD"); off {
		return
	}
	var names []string
	driverName := ""
	for _, q := range r.requests {
		for _, as := range append([]*request{q}, q.same...) {
			if !as.target.Linked && len(as.target.Outputs) == 0 && len(as.exports) == 0 {
				names = append(names, as.target.Name)
				driverName = as.node.Driver.Factory().Name()
			}
		}
	}
	if len(names) == 0 {
		return
	}
	where := fmt.Sprintf("with %s driver", driverName)
	if len(names) > 1 || names[0] != "default" {
		where = fmt.Sprintf("for %s target(s) with %s driver", strings.Join(names, ", "), driverName)
	}
	r.progress.warn(fmt.Sprintf("No output specified %s. Build result will only remain in the build cache. "+
		"To push result image into registry use --push or to load image into docker use --load", where))
}
