package submit

import (
	"fmt"
	"strconv"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/node"
	"bake/bake/submit/output"

	"github.com/docker/buildx/driver"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// demand is something that a target can ask for and that not every BuildKit
// knows. One that does not know it takes no notice and says nothing.
type demand struct {
	option    string             // as people write it
	attribute string             // of the target
	since     int                // the first BuildKit that knows it is 0.since
	ability   apicaps.CapID      // that tells, empty if only the version does
	refuse    bool               // what comes out is not what was asked for, or does harm; else it lacks something
	without   string             // what an older BuildKit does
	asked     func(*request) ask // whether a target asks for it
}

// ask says where in its attribute a target asks for something, if it does.
type ask struct {
	key string
	yes bool
}

// demands are those of which it is known what an older BuildKit does without
// them, found in the sources of its releases from 0.8 on. What it refuses by
// itself, in good time and in clear words, is not among them.
var demands = []demand{
	{option: "src", attribute: "output", since: 34, refuse: true, without: "exports everything",
		asked: anOutput(func(_ *request, e *output.Export) bool { return e.Files() && e.Attrs["src"] != "" })},
	{option: "mode=delete with several platforms", attribute: "output", since: 31, refuse: true, without: "removes the files of one platform for another's",
		asked: anOutput(func(q *request, e *output.Export) bool {
			return e.Type == client.ExporterLocal && output.Mirrors(e.Attrs) && len(q.platforms) > 1
		})},
	{option: "several outputs", attribute: "output", since: 13, ability: pb.CapMultipleExporters, refuse: true, without: "makes only the first",
		asked: func(q *request) ask { return ask{"", len(q.exports) > 1} }},
	{option: "platform-split", attribute: "output", since: 12, refuse: true, without: "writes the files to other directories",
		asked: anOutput(func(_ *request, e *output.Export) bool { return e.Files() && e.Attrs["platform-split"] != "" })},
	{option: "tar=false", attribute: "output", since: 11, refuse: true, without: "sends an archive",
		asked: anOutput(func(_ *request, e *output.Export) bool { return e.Layout != nil })},
	{option: "rewrite-timestamp=true together with unpack", attribute: "output", since: 34, refuse: true, without: "fails when the image is stored and has its tags",
		asked: anOutput(func(q *request, e *output.Export) bool {
			return set(e, exptypes.OptKeyRewriteTimestamp) && q.unpacks(e)
		})},
	{option: "compression=zstd and compression=estargz", attribute: "output", since: 10, refuse: true, without: "fails when all is built",
		asked: anOutput(func(_ *request, e *output.Export) bool {
			c := e.Attrs[string(exptypes.OptKeyLayerCompression)]
			return c == "zstd" || c == "estargz"
		})},
	{option: "rewrite-timestamp=true", attribute: "output", since: 13, without: "leaves files the time of the build",
		asked: anOutput(func(_ *request, e *output.Export) bool { return set(e, exptypes.OptKeyRewriteTimestamp) })},
	{option: "SOURCE_DATE_EPOCH", attribute: "args", since: 11, ability: pb.CapSourceDateEpoch, without: "gives results the time of the build",
		asked: func(q *request) ask {
			return ask{"SOURCE_DATE_EPOCH", q.attrs["build-arg:SOURCE_DATE_EPOCH"] != "" && len(q.exports) > 0}
		}},
	{option: "annotations", attribute: "annotations", since: 11, ability: pb.CapAnnotations, without: "leaves them out",
		asked: anOutput(func(_ *request, e *output.Export) bool { return len(e.Whole) > 0 })},
	{option: "oci-artifact=true", attribute: "output", since: 19, without: "writes attestations in the old form",
		asked: anOutput(func(_ *request, e *output.Export) bool { return set(e, exptypes.OptKeyOCIArtifact) })},
	{option: "store=false", attribute: "output", since: 11, without: "stores the image",
		asked: anOutput(func(_ *request, e *output.Export) bool { return unset(e, exptypes.OptKeyStore) })},
	{option: "compression-level", attribute: "output", since: 10, without: "compresses as usual",
		asked: anOutput(func(_ *request, e *output.Export) bool { return e.Attrs[string(exptypes.OptKeyCompressionLevel)] != "" })},
	{option: "force-compression=true", attribute: "output", since: 9, without: "leaves layers as they are",
		asked: anOutput(func(_ *request, e *output.Export) bool { return set(e, exptypes.OptKeyForceCompression) })},
	{option: "prefer-nondist-layers=true", attribute: "output", since: 10, without: "makes all layers distributable",
		asked: anOutput(func(_ *request, e *output.Export) bool { return set(e, exptypes.OptKeyPreferNondistLayers) })},
	{option: "version=v1 of provenance", attribute: "attest", since: 23, without: "writes version 0.2",
		asked: func(q *request) ask { return ask{"provenance", q.provenance("version") == "v1"} }},
	{option: "image-manifest=true", attribute: "cache-to", since: 12, without: "writes an index, which some registries refuse",
		asked: cache(func(c client.CacheOptionsEntry) bool { return isTrue(c.Attrs, "image-manifest") })},
	{option: "compression of an s3 cache", attribute: "cache-to", since: 34, without: "compresses with gzip",
		asked: cache(func(c client.CacheOptionsEntry) bool { return c.Type == "s3" && c.Attrs["compression"] != "" })},
	{option: "compression of a cache", attribute: "cache-to", since: 10, without: "compresses with gzip",
		asked: cache(func(c client.CacheOptionsEntry) bool { return c.Type != "s3" && c.Attrs["compression"] != "" })},
	{option: "resources", attribute: "resources", since: 31, ability: pb.CapExecMetaLinuxResources, without: "runs commands without these limits",
		asked: attrs("memory", "memswap", "cpushares", "cpuperiod", "cpuquota", "cpusetcpus", "cpusetmems")},
	{option: "ulimits", attribute: "ulimits", since: 10, ability: pb.CapExecMetaUlimit, without: "runs commands without these limits", asked: attrs("ulimit")},
	{option: "shm-size", attribute: "shm-size", since: 10, without: "gives commands 64 MiB", asked: attrs("shm-size")},
}

// anOutput asks if one of the outputs does.
func anOutput(does func(*request, *output.Export) bool) func(*request) ask {
	return func(q *request) ask {
		for _, e := range q.exports {
			if does(q, e) {
				return ask{e.Key, true}
			}
		}
		return ask{}
	}
}

// cache asks if one of the caches that are exported does.
func cache(does func(client.CacheOptionsEntry) bool) func(*request) ask {
	return func(q *request) ask {
		for _, c := range q.cacheTo {
			if does(c) {
				return ask{c.Type, true}
			}
		}
		return ask{}
	}
}

// attrs asks if one of these attributes of the frontend is set.
func attrs(names ...string) func(*request) ask {
	return func(q *request) ask {
		for _, name := range names {
			if q.attrs[name] != "" {
				return ask{"", true}
			}
		}
		return ask{}
	}
}

func set(e *output.Export, option exptypes.ImageExporterOptKey) bool {
	return isTrue(e.Attrs, string(option))
}

func unset(e *output.Export, option exptypes.ImageExporterOptKey) bool {
	b, err := strconv.ParseBool(e.Attrs[string(option)])
	return err == nil && !b
}

// isTrue reports whether an option is on, which it also is without a value.
func isTrue(attrs map[string]string, option string) bool {
	value, ok := attrs[option]
	b, _ := strconv.ParseBool(value)
	return ok && (b || value == "")
}

// unpacks reports whether the builder unpacks the image that e makes: on demand,
// and inside Docker with containerd's image store unless it is told not to.
func (q *request) unpacks(e *output.Export) bool {
	switch e.Type {
	case client.ExporterImage:
		return set(e, exptypes.OptKeyUnpack)
	case output.MobyExporter:
		return q.node.Features[driver.MultiPlatform] && !unset(e, exptypes.OptKeyUnpack)
	}
	return false
}

// provenance is a parameter of the provenance that the target asks for.
func (q *request) provenance(parameter string) string {
	for _, a := range q.target.Attest {
		if a.Type == "provenance" && !a.Disabled() {
			return a.Attrs[parameter]
		}
	}
	return ""
}

// missing reports whether the BuildKit of a node is too old for d.
func (d *demand) missing(n *node.Node) bool {
	if d.ability != "" {
		return !n.Embedded && !n.Supports(d.ability)
	}
	return n.Older(d.since)
}

// checkDemands refuses what the BuildKit of q is too old for, or notes that it
// has no effect.
func (q *request) checkDemands(r *run) error {
	if q.call != "" || q.node.Embedded {
		return nil
	}
	for i := range demands {
		d := &demands[i]
		at := ask{}
		if d.missing(q.node) {
			at = d.asked(q)
		}
		switch {
		case !at.yes:
		case d.refuse:
			return failure.In(d.attribute, at.key, fmt.Errorf("%s needs BuildKit 0.%d, and %s: it %s. Update the builder, use another one, or leave it out", d.option, d.since, q.node.Age(), d.without))
		default:
			r.noteIneffective(d, q)
		}
	}
	return nil
}

// noEffect is a demand that has no effect on some targets.
type noEffect struct {
	*demand
	node    *node.Node
	targets []string
}

// noteIneffective notes that a demand of q has no effect.
func (r *run) noteIneffective(d *demand, q *request) {
	for _, u := range r.ineffective {
		if u.demand == d && u.node == q.node {
			u.targets = appendNew(u.targets, q.target.Name)
			return
		}
	}
	r.ineffective = append(r.ineffective, &noEffect{d, q.node, []string{q.target.Name}})
}

// warnIneffective tells of all demands that have no effect.
func (r *run) warnIneffective() {
	for _, u := range r.ineffective {
		r.progress.Warn(fmt.Sprintf("%s of %s has no effect: it needs BuildKit 0.%d, and %s, which %s",
			u.option, strings.Join(u.targets, ", "), u.since, u.node.Age(), u.without))
	}
}
