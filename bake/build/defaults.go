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
// That names every image, so that none can be pushed without a name.
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
		if tagless, _ := strconv.ParseBool(e.Attrs["push-by-digest"]); e.push && tagless {
			return in("output", e.key, errors.New("push-by-digest is currently not implemented for docker driver: use another builder, such as --builder embedded"))
		}
		e.Type = mobyExporter
		if n.features[driver.PreferImageDigest] {
			e.Attrs[preferImageDigest] = "true"
		}
	}
	return nil
}

// warnNoOutput tells which targets leave nothing but the build cache.
func (r *run) warnNoOutput() {
	if off, _ := r.opt.flag("BUILDX_NO_DEFAULT_LOAD"); off {
		return
	}
	var silent, unkept []string
	for _, a := range r.assemblies {
		if len(a.parts) > 0 && a.parts[0].call != "" {
			return // as if nothing was built at all
		}
		if len(a.parts) == 0 {
			continue
		}
		switch exports := a.parts[0].exports; {
		case !a.target.Linked && len(a.target.Outputs) == 0 && len(exports) == 0:
			silent = append(silent, a.target.Name)
		case a.parts[0].node.embedded && unheld(exports):
			unkept = append(unkept, a.target.Name)
		}
	}
	r.warnOf(silent, "has no output", "have no output", "(--push, --load or output = ...)")
	r.warnOf(unkept, "makes an image that is not pushed", "make images that are not pushed",
		"as the embedded engine has no image store (--push, --load or type=oci,dest=FILE)")
}

// warnOf warns that the results of targets stay in the cache.
func (r *run) warnOf(names []string, one, several, how string) {
	switch len(names) {
	case 0:
	case 1:
		r.progress.warn(fmt.Sprintf("%s %s: its result stays in the cache %s", names[0], one, how))
	default:
		r.progress.warn(fmt.Sprintf("%s %s: their results stay in the cache %s", strings.Join(names, ", "), several, how))
	}
}

// unheld reports whether exports are images for an image store only. Who says
// push=false knows.
func unheld(exports []*export) bool {
	for _, e := range exports {
		if _, said := e.Attrs["push"]; e.Type != client.ExporterImage || said {
			return false
		}
	}
	return len(exports) > 0
}
