package submit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bake/bake/submit/failure"
	"bake/bake/submit/node"
	"bake/bake/submit/output"

	"github.com/docker/buildx/driver"
	"github.com/docker/buildx/util/imagetools"
	buildxprogress "github.com/docker/buildx/util/progress"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	dockerclient "github.com/moby/moby/client"
)

// dockerPushes are the names under which Docker has to push what its BuildKit
// built: that one cannot push by itself unless images are in containerd's store.
func (q *request) dockerPushes() []string {
	if !q.node.Driver.IsMobyDriver() || q.node.Features[driver.DirectPush] {
		return nil
	}
	var names []string
	for _, e := range q.exports {
		if push, _ := strconv.ParseBool(e.Attrs["push"]); push && e.Type == output.MobyExporter {
			names = append(names, strings.Split(e.Attrs["name"], ",")...)
		}
	}
	return names
}

// pushByDocker pushes the image of q, which is in Docker by now, and puts the
// digest that the registry knows it by into the response.
func (r *run) pushByDocker(ctx context.Context, q *request, response map[string]string) error {
	names := q.dockerPushes()
	if len(names) == 0 {
		return nil
	}
	api, auth := q.node.Driver.Config().DockerAPI, q.node.Driver.Config().Auth
	if api == nil {
		return failure.In("output", "", errors.New("there is no connection to Docker to push with"))
	}
	login := ""
	for _, name := range names {
		var err error
		if login, err = imagetools.RegistryAuthForRef(name, auth); err != nil {
			return failure.In("output", "", fmt.Errorf("push %s: %w", name, err))
		}
		err = buildxprogress.Wrap("pushing "+name+" with docker", r.writer(q).Write, func(l buildxprogress.SubLogger) error {
			stream, err := api.ImagePush(ctx, name, dockerclient.ImagePushOptions{RegistryAuth: login})
			if err != nil {
				return err
			}
			return followPush(ctx, stream, l)
		})
		if err = lostDocker(q.node, err); err != nil {
			return failure.In("output", "", fmt.Errorf("push %s: %w", name, err))
		}
	}
	remote, err := api.DistributionInspect(ctx, names[len(names)-1], dockerclient.DistributionInspectOptions{EncodedRegistryAuth: login})
	if err = lostDocker(q.node, err); err != nil {
		return failure.In("output", "", fmt.Errorf("look up what was pushed as %s: %w", names[len(names)-1], err))
	}
	// What the exporter calls the digest is that of the configuration.
	if config, known := response[exptypes.ExporterImageDigestKey]; known && response[exptypes.ExporterImageConfigDigestKey] == "" {
		response[exptypes.ExporterImageConfigDigestKey] = config
	}
	response[exptypes.ExporterImageDigestKey] = remote.Descriptor.Digest.String()
	return nil
}

// lostDocker recognises that Docker, which is the builder, went away. What it says
// of a registry comes in its own answers.
func lostDocker(n *node.Node, err error) error {
	if dockerclient.IsErrConnectionFailed(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return n.Lost(err)
	}
	return err
}

// followPush shows the progress of a push until it ends.
func followPush(ctx context.Context, stream dockerclient.ImagePushResponse, l buildxprogress.SubLogger) error {
	defer stream.Close()
	layers := map[string]*client.VertexStatus{}
	for message, err := range stream.JSONMessages(ctx) {
		if err != nil {
			return err
		}
		if message.Error != nil {
			return message.Error
		}
		layer := layers[message.ID]
		if message.ID == "" || layer == nil && message.Progress == nil {
			continue
		}
		now := time.Now()
		if layer == nil {
			layer = &client.VertexStatus{ID: "pushing layer " + message.ID, Started: &now}
			layers[message.ID] = layer
		}
		layer.Timestamp = now
		if message.Progress != nil {
			layer.Current, layer.Total = message.Progress.Current, message.Progress.Total
		}
		if message.Status == "Pushed" {
			layer.Completed, layer.Current = &now, layer.Total
		}
		l.SetStatus(layer)
	}
	return ctx.Err()
}

// writer shows what is done for q under the name of its target.
func (r *run) writer(q *request) buildxprogress.Writer {
	return buildxprogress.WithPrefix(r.progress, q.target.Name, r.progress.Prefixed)
}
