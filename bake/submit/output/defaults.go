package output

import (
	"errors"
	"strconv"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/node"

	"github.com/docker/buildx/driver"
	"github.com/moby/buildkit/client"
)

// MobyExporter is the exporter of a BuildKit inside Docker that stores images
// in Docker.
const MobyExporter = "moby"

// Default is where a target goes that says nothing about its output: to
// Docker, if the builder is part of it or was created to load by default, else
// nowhere.
func Default(t *bake.Target, n *node.Node, at *host.Caller) []bake.Entry {
	if off, _ := at.Flag("BUILDX_NO_DEFAULT_LOAD"); off || len(t.Outputs) > 0 || t.Linked {
		return nil
	}
	if n.Driver.IsMobyDriver() {
		return []bake.Entry{{Type: client.ExporterImage}}
	}
	if n.Features[driver.DefaultLoad] {
		return []bake.Entry{{Type: client.ExporterDocker}}
	}
	return nil
}

// ForMoby adapts exports to a BuildKit inside Docker: images go to its store.
// That names every image, so that none can be pushed without a name.
func ForMoby(exports []*Export, n *node.Node) error {
	if !n.Driver.IsMobyDriver() {
		return nil
	}
	for _, e := range exports {
		if e.Load {
			e.Type, e.Load = client.ExporterImage, false
		}
		if e.Type != client.ExporterImage {
			continue
		}
		if tagless, _ := strconv.ParseBool(e.Attrs["push-by-digest"]); e.Push && tagless {
			return failure.In("output", e.Key, errors.New("push-by-digest is currently not implemented for docker driver: use another builder, such as --builder embedded"))
		}
		e.Type = MobyExporter
		if n.Features[driver.PreferImageDigest] {
			e.Attrs[PreferImageDigest] = "true"
		}
	}
	return nil
}

// Unheld reports whether exports are images for an image store only. Who says
// push=false knows.
func Unheld(exports []*Export) bool {
	for _, e := range exports {
		if _, said := e.Attrs["push"]; e.Type != client.ExporterImage || said {
			return false
		}
	}
	return len(exports) > 0
}

// PreferImageDigest is the attribute that makes an exporter say by which digest
// a Docker with containerd's image store knows an image: that of its manifest or
// index. Other Dockers know images by the digest of their configuration.
const PreferImageDigest = "prefer-image-digest"
