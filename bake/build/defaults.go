package build

import (
	"errors"
	"strconv"

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
func defaultExport(t *bake.Target, n *node, at *Caller) []bake.Entry {
	if off, _ := at.flag("BUILDX_NO_DEFAULT_LOAD"); off || len(t.Outputs) > 0 || t.Linked {
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

// preferImageDigest is the attribute that makes an exporter say by which digest
// a Docker with containerd's image store knows an image: that of its manifest or
// index. Other Dockers know images by the digest of their configuration.
const preferImageDigest = "prefer-image-digest"
