package submit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"bake/bake/submit/vertex"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// metadataKeys are the parts of a result that its consumers need.
var metadataKeys = []string{exptypes.ExporterImageConfigKey, "containerimage.buildinfo"}

// subset checks that the platforms of a consumer are among those of its
// producer. One platform on either side always fits.
func subset(consumer, producer []ocispecs.Platform, name string) error {
	if len(consumer) < 2 || len(producer) < 2 {
		return nil
	}
	have := map[string]bool{}
	for _, p := range producer {
		have[platforms.FormatAll(p)] = true
	}
	for _, p := range consumer {
		if !have[platforms.FormatAll(p)] {
			return fmt.Errorf("target %s can't be used because it is not built for %s", name, platforms.FormatAll(p))
		}
	}
	return nil
}

// linkInputs adds the results that q links to as inputs of its frontend: one
// per platform if the producer builds for several. It waits for the producers
// to be loaded, not evaluated.
func (q *request) linkInputs(ctx context.Context, attrs map[string]string) (map[string]*pb.Definition, error) {
	inputs := map[string]*pb.Definition{}
	for _, l := range q.links {
		q.watch.stop()
		if err := await(ctx, l.producer.loaded); err != nil {
			return nil, err
		}
		q.watch.start()
		if err := q.checkLinks(); err != nil {
			return nil, err
		}
		res := l.producer.result
		name, only, one := strings.Cut(l.name, "::") // a context for one platform only
		if _, ok := res.Refs[only]; one && !ok && len(res.Refs) > 0 {
			return nil, fmt.Errorf("the context %s is for %s, which target %s is not built for", name, only, l.producer.target.Name)
		}
		for platform, ref := range res.Refs {
			if one && platform != only {
				continue
			}
			if err := addInput(ctx, inputs, attrs, name, "::"+platform, "/"+platform, ref, l.producer); err != nil {
				return nil, err
			}
		}
		if len(res.Refs) > 0 {
			continue
		}
		if err := addInput(ctx, inputs, attrs, l.name, "", "", res.Ref, l.producer); err != nil {
			return nil, err
		}
	}
	return inputs, nil
}

// addInput offers one reference of producer as the named context name+suffix, together
// with its image configuration. A nil reference is an image without files; as
// an input must have a definition, it becomes one with an empty directory.
func addInput(ctx context.Context, inputs map[string]*pb.Definition, attrs map[string]string, name, suffix, metaSuffix string, ref gateway.Reference, producer *request) error {
	state := llb.Scratch().File(llb.Mkdir("/", 0o755))
	if ref != nil {
		var err error
		if state, err = ref.ToState(); err != nil {
			return err
		}
	}
	def, err := vertex.Definition(ctx, state)
	if err != nil {
		return err
	}
	if producer.depth > maxProvenanceLinks {
		vertex.Thin(def)
	}
	key := "context:" + name + suffix
	inputs[key] = def
	attrs[key] = "input:" + key
	meta := map[string][]byte{}
	for _, k := range metadataKeys {
		if v, ok := producer.result.Metadata[k+metaSuffix]; ok {
			meta[k] = v
		}
	}
	if len(meta) == 0 {
		return nil
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	attrs["input-metadata:"+key] = string(text)
	return nil
}
