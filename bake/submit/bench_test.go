package submit

import (
	"context"
	"fmt"
	"testing"

	"github.com/docker/buildx/builder"
	controlapi "github.com/moby/buildkit/api/services/control"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"
)

// BenchmarkRun is what it costs to submit a plan to an engine that needs no time
// itself: preparing the requests, calling the engine, and the report.
func BenchmarkRun(b *testing.B) {
	for _, c := range []struct {
		name    string
		targets int
		change  func(t *bake.Target, before []*bake.Target)
	}{
		{"distinct/n=50", 50, nil},
		{"distinct/n=200", 200, nil},
		{"linked/n=200", 200, func(t *bake.Target, before []*bake.Target) {
			if len(before) > 0 {
				workspace.Use(t, "before", before[len(before)-1])
			}
		}},
		{"exported/n=200", 200, func(t *bake.Target, _ []*bake.Target) { t.Outputs = workspace.To("image", "") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			plan := &bake.Plan{}
			for n := range c.targets {
				t := &bake.Target{Name: fmt.Sprint("t", n), DockerfileInline: workspace.Ptr(fmt.Sprintf("FROM scratch\nCOPY f /f%d\n", n))}
				if c.change != nil {
					c.change(t, plan.Targets)
				}
				plan.Targets = append(plan.Targets, t)
			}
			dir := b.TempDir()
			node := startFakeEngine(b, "n", nil, idle{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Run(b.Context(), plan, []builder.Node{node}, Options{Caller: host.Caller{Dir: dir}}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.targets), "ns/target")
		})
	}
}

// idle is an engine that does nothing.
type idle struct{}

func (idle) load(context.Context, string, map[string]string) (*gatewayapi.Result, error) {
	return &gatewayapi.Result{Result: &gatewayapi.Result_Ref{Ref: &gatewayapi.Ref{}}}, nil
}

func (idle) evaluate(context.Context, string, string) error { return nil }

func (idle) keep(context.Context, string, *pb.Definition) error { return nil }

func (idle) export(context.Context, string, *gatewayapi.Result, []*controlapi.Exporter) (map[string]string, error) {
	return nil, nil
}
