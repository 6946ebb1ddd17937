package submit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/node"
	"bake/bake/submit/output"
	"bake/bake/submit/platform"
	"bake/bake/submit/progress"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	cappb "github.com/moby/buildkit/util/apicaps/pb"
)

// asking is a request that asks for each of the demands, by the option.
var asking = map[string]*request{
	"src":                                exportingTo("local", "src=/app"),
	"mode=delete with several platforms": exportingTo("local", "mode=delete"),
	"several outputs":                    {exports: append(exportingTo("tar").exports, exportingTo("oci").exports...)},
	"platform-split":                     exportingTo("tar", "platform-split=false"),
	"tar=false":                          {exports: []*output.Export{{ExportEntry: client.ExportEntry{Type: "oci"}, Layout: &output.Layout{}}}},
	"rewrite-timestamp=true together with unpack": exportingTo("image", "rewrite-timestamp=true", "unpack=true"),
	"compression=zstd and compression=estargz":    exportingTo("oci", "compression=zstd"),
	"rewrite-timestamp=true":                      exportingTo("oci", "rewrite-timestamp=true"),
	"SOURCE_DATE_EPOCH":                           {exports: exportingTo("oci").exports, attrs: map[string]string{"build-arg:SOURCE_DATE_EPOCH": "1"}},
	"annotations":                                 {exports: []*output.Export{{Whole: map[string]string{"annotation-index.k": "v"}}}},
	"oci-artifact=true":                           exportingTo("image", "oci-artifact="),
	"store=false":                                 exportingTo("image", "store=false"),
	"compression-level":                           exportingTo("image", "compression-level=9"),
	"force-compression=true":                      exportingTo("image", "force-compression=1"),
	"prefer-nondist-layers=true":                  exportingTo("image", "prefer-nondist-layers=true"),
	"version=v1 of provenance":                    {target: &bake.Target{Attest: []bake.Entry{{Type: "provenance", Attrs: map[string]string{"version": "v1"}}}}},
	"image-manifest=true":                         cachingIn("registry", "image-manifest=true"),
	"compression of an s3 cache":                  cachingIn("s3", "compression=zstd"),
	"compression of a cache":                      cachingIn("local", "compression=zstd"),
	"resources":                                   {attrs: map[string]string{"cpusetcpus": "0"}},
	"ulimits":                                     {attrs: map[string]string{"ulimit": "nofile=1:1"}},
	"shm-size":                                    {attrs: map[string]string{"shm-size": "1"}},
}

func exportingTo(kind string, options ...string) *request {
	return &request{exports: []*output.Export{{Key: kind, ExportEntry: client.ExportEntry{Type: kind, Attrs: pairs(options)}}}}
}

func cachingIn(kind string, options ...string) *request {
	return &request{cacheTo: []client.CacheOptionsEntry{{Type: kind, Attrs: pairs(options)}}}
}

func pairs(options []string) map[string]string {
	out := map[string]string{}
	for _, o := range options {
		k, v, _ := strings.Cut(o, "=")
		out[k] = v
	}
	return out
}

// Whatever a builder is too old for is refused or warned about, on exactly the
// builders that are too old, and is no business of who does not ask for it.
func TestDemands(t *testing.T) {
	asked := map[string]bool{}
	for i := range demands {
		d := &demands[i]
		asked[d.option] = true
		q := asking[d.option]
		if q == nil {
			t.Errorf("%s: no target asks for it", d.option)
			continue
		}
		q.platforms, _ = platform.Parse([]string{"linux/amd64,linux/arm64"})
		if q.target == nil {
			q.target = &bake.Target{Name: "a"}
		}
		old, recent := &node.Node{Version: fmt.Sprintf("v0.%d.9", d.since-1)}, &node.Node{Version: fmt.Sprintf("v0.%d.0-rc1", d.since)}
		if d.ability != "" {
			recent.Caps = capsOf(d.ability)
		}
		for n, lacks := range map[*node.Node]bool{old: true, recent: false, {Version: "v0.0.0+unknown", Caps: recent.Caps}: false, {Embedded: true}: false} {
			if d.missing(n) != lacks {
				t.Errorf("%s: BuildKit %s lacks it: %t", d.option, n.Version, !lacks)
			}
		}
		if !d.missing(&node.Node{}) && d.since > 10 { // from 0.11 on it says its version
			t.Errorf("%s: a BuildKit that does not say its version has it", d.option)
		}
		q.node = old
		if at := d.asked(q); !at.yes {
			t.Errorf("%s is not asked for", d.option)
		}
		idle := exportingTo("image")
		idle.target, idle.node = &bake.Target{}, old
		if d.asked(idle).yes {
			t.Errorf("%s is asked for by a target that does not", d.option)
		}
	}
	for option := range asking {
		if !asked[option] {
			t.Errorf("%s is no demand", option)
		}
	}
}

// Inside a current Docker images are unpacked unless they are told not to be.
func TestUnpacked(t *testing.T) {
	q := &request{node: &node.Node{Features: map[driver.Feature]bool{driver.MultiPlatform: true}}}
	for want, e := range map[bool]*output.Export{
		true:  {ExportEntry: client.ExportEntry{Type: output.MobyExporter}},
		false: {ExportEntry: client.ExportEntry{Type: output.MobyExporter, Attrs: map[string]string{"unpack": "false"}}},
	} {
		if q.unpacks(e) != want {
			t.Errorf("%v: unpacked: %t", e.Attrs, !want)
		}
	}
}

func capsOf(id apicaps.CapID) apicaps.CapSet {
	for _, c := range pb.Caps.All() {
		if apicaps.CapID(c.ID) == id {
			return pb.Caps.CapSet([]*cappb.APICap{c})
		}
	}
	return apicaps.CapSet{}
}

// unplayed fails the test when anything is asked of the engine that needs a
// build.
type unplayed struct {
	theater
	t *testing.T
}

func (u unplayed) load(context.Context, string, map[string]string) (*gatewayapi.Result, error) {
	u.t.Error("the target was loaded")
	return nil, errors.New("not played")
}

func (u unplayed) export(context.Context, string, *gatewayapi.Result, []*controlapi.Exporter) (map[string]string, error) {
	return nil, nil
}

// What an old builder would do else is refused before anything is built, where
// it is written; what it would leave out is warned about, once for all targets.
func TestOldBuilder(t *testing.T) {
	w := workspace.New(t, nil)
	run := func(n builder.Node, targets ...*bake.Target) (*report.Report, error) {
		for _, target := range targets {
			target.Context, target.DockerfileInline = ".", workspace.Ptr("FROM scratch\n")
		}
		return Run(t.Context(), &bake.Plan{Targets: targets}, []builder.Node{n}, Options{Caller: host.Caller{Dir: w.Path}, Allow: []string{"fs=*"}})
	}
	old := startEngine(t, "old", nil, unplayed{t: t}, &age{"v0.12.5", []apicaps.CapID{pb.CapMultipleExporters, pb.CapExecMetaLinuxResources}})
	_, err := run(old, &bake.Target{Name: "a", Outputs: []bake.Entry{{Type: "local", Dest: "out", Attrs: map[string]string{"src": "/app"}}}})
	failed := (*failure.TargetError)(nil)
	if !errors.As(err, &failed) || failed.Target != "a" ||
		!strings.Contains(err.Error(), "src needs BuildKit 0.34, and builder fake has 0.12.5: it exports everything") {
		t.Errorf("src: error is %v", err)
	}
	_, err = run(old, &bake.Target{Name: "a", Outputs: []bake.Entry{{Type: "tar", Dest: "a.tar"}, {Type: "oci", Dest: "b.tar"}}})
	if err == nil || !strings.Contains(err.Error(), "several outputs needs BuildKit 0.13") {
		t.Errorf("several outputs: error is %v", err)
	}
}

// What has no effect is told once for all targets of a node.
func TestNoEffect(t *testing.T) {
	r := &run{progress: progress.New(nil, nil, true)}
	n := &node.Node{Version: "v0.12.5"}
	n.Builder = "mine"
	for _, name := range []string{"a", "b"} {
		q := exportingTo("oci", "rewrite-timestamp=true")
		q.target, q.node = &bake.Target{Name: name}, n
		if err := q.checkDemands(r); err != nil {
			t.Fatal(err)
		}
	}
	r.warnIneffective()
	want := "rewrite-timestamp=true of a, b has no effect: it needs BuildKit 0.13, and builder mine has 0.12.5, which leaves files the time of the build"
	if got := strings.Join(r.progress.Warnings, "\n"); got != want {
		t.Errorf("warnings are:\n%s\nwant:\n%s", got, want)
	}
}
