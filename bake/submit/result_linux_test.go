package submit

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/moby/buildkit/client"
)

func TestFailureNamesEverything(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": shellBase + "RUN echo about to fail && exit 3\n"})
	w.Busybox()
	bad := &bake.Target{Name: "bad", Outputs: workspace.To("oci", "bad.tar")}
	slow := &bake.Target{Name: "slow", DockerfileInline: workspace.Ptr(shellBase + "RUN sleep 60\n"), Outputs: workspace.To("oci", "slow.tar")}
	started := time.Now()
	told, rec, err := runPlan(w, Options{}, bad, slow)
	var failed *failure.TargetError
	if !errors.As(err, &failed) {
		t.Fatalf("error is %v", err)
	}
	if failed.Target != "bad" || failed.Source == nil || failed.Source.Ranges[0].Start.Line != 4 {
		t.Errorf("error blames %s, %v", failed.Target, failed.Source.GetRanges())
	}
	if !strings.Contains(err.Error(), "target bad: failed to solve: process") || !strings.Contains(rec.logs, "about to fail") {
		t.Errorf("error is %q, logs are %q", err, rec.logs)
	}
	if told.Targets[0].Result != report.Failed || told.Targets[1].Result != report.Canceled {
		t.Errorf("results are %s and %s", told.Targets[0].Result, told.Targets[1].Result)
	}
	if d := time.Since(started); d > 30*time.Second {
		t.Errorf("the other target was not cancelled: took %s", d)
	}
	if failure.Unreachable(err) {
		t.Error("a failed step counts as unreachable")
	}
	workspace.AssertOnly(t, w.Path, "Dockerfile", "busybox")
}

func TestCancel(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": shellBase + "RUN echo running && sleep 600\n"})
	w.Busybox()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var at time.Time
	progress := func(s *client.SolveStatus) {
		for _, l := range s.Logs {
			if strings.Contains(string(l.Data), "running") && at.IsZero() {
				at = time.Now()
				cancel()
			}
		}
	}
	app := &bake.Target{Name: "app", Context: ".", Dockerfile: "Dockerfile", Outputs: workspace.To("oci", "a.tar")}
	told, err := Run(ctx, &bake.Plan{Targets: []*bake.Target{app}}, nodes(t), Options{Caller: host.Caller{Dir: w.Path}, Progress: progress})
	if !errors.Is(err, context.Canceled) || told.Targets[0].Result != report.Canceled {
		t.Errorf("error is %v, result %s", err, told.Targets[0].Result)
	}
	if took := time.Since(at); at.IsZero() || took > 2*time.Second {
		t.Errorf("it took %s to cancel", took)
	}
	workspace.AssertOnly(t, w.Path, "Dockerfile", "busybox")
}

func TestPreparationErrors(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": "FROM scratch\n", "file": "", "broken.Dockerfile": "FROM scratch\nCOYP f /\n"})
	for text, target := range map[string]*bake.Target{
		`target a: unable to prepare context: path "none" not found`:     {Context: "none"},
		`target a: failed to read dockerfile: open `:                     {Dockerfile: "none.Dockerfile"},
		`target a: invalid tag "BAD TAG": invalid reference format`:      {Tags: []string{"BAD TAG"}},
		`target a: tag is needed when pushing to registry`:               {Outputs: workspace.To("registry", "")},
		`target a: failed to get build context lib: stat `:               {Contexts: map[string]string{"lib": "none"}},
		`target a: failed to get build context lib: open `:               {Contexts: map[string]string{"lib": "file"}},
		`target a: failed to stat none: stat `:                           {Secrets: []bake.Secret{{ID: "none"}}},
		`target a: dest is required for local exporter`:                  {Outputs: workspace.To("local", "")},
		`target a: policy file p.rego: no such file or directory`:        {Policy: []bake.Policy{{Filename: "p.rego"}}},
		`target a: there is no Docker to load the image into`:            {Outputs: workspace.To("docker", "")},
		`target a: failed to solve: dockerfile parse error on line 2: u`: {Dockerfile: "broken.Dockerfile"},
	} {
		target.Name = "a"
		_, _, err := runPlan(w, Options{}, target)
		var failed *failure.TargetError
		if !errors.As(err, &failed) || !strings.HasPrefix(err.Error(), text) {
			t.Errorf("error is %v, want %s", err, text)
		}
	}
}

func TestEntitlements(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": shellBase + "RUN --security=insecure true\n"})
	w.Busybox()
	base := &bake.Target{Name: "base", Entitlements: []string{"security.insecure"}}
	app := &bake.Target{Name: "app", DockerfileInline: workspace.Ptr("FROM base\n")}
	workspace.Use(app, "base", base)
	_, _, err := runPlan(w, Options{}, base, app)
	var refused *failure.EntitlementError
	if !errors.As(err, &refused) {
		t.Fatalf("error is %v", err)
	}
	if want := []bake.Entitlement{{Name: "security.insecure", Targets: []string{"base", "app"}}}; !cmp.Equal(refused.Missing, want) {
		t.Error(cmp.Diff(want, refused.Missing))
	}
	mustRun(w, Options{Allow: []string{"security.insecure"}}, base, app)
}

func TestIdenticalBuildsAreOne(t *testing.T) {
	reg := httptest.NewServer(registry.New(registry.Logger(quiet)))
	defer reg.Close()
	image := strings.TrimPrefix(reg.URL, "http://") + "/app:1"
	w := workspace.New(t, map[string]string{"f": "x", "Dockerfile": "FROM scratch\nCOPY f /f\n"})
	target := func(name string) *bake.Target {
		return &bake.Target{Name: name, Tags: []string{image}, Outputs: workspace.To("image", "", "push", "true")}
	}
	told, rec := mustRun(w, Options{}, target("a"), target("b"))
	if a, b := told.Targets[0], told.Targets[1]; a.Digest == "" || a.Digest != b.Digest || b.Name != "b" || !cmp.Equal(a.Where, b.Where) {
		t.Errorf("reports differ: %+v, %+v", a, b)
	}
	if n := rec.names["[a] exporting to image"]; n != 1 || rec.names["[b] exporting to image"] != 0 {
		t.Errorf("exported %v", rec.names)
	}
}

func TestMetadata(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "x", "Dockerfile": "FROM scratch\nCOPY f /f\n"})
	a := &bake.Target{Name: "a", Outputs: workspace.To("oci", "a.tar")}
	b := &bake.Target{Name: "b", Outputs: workspace.To("cacheonly", "")}
	told, _ := mustRun(w, Options{Metadata: true}, a, b)
	text, err := told.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if want := []string{"buildx.build.provenance", "buildx.build.ref", "containerimage.config.digest", "containerimage.descriptor", "containerimage.digest"}; !cmp.Equal(slices.Sorted(maps.Keys(got["a"])), want) {
		t.Error(cmp.Diff(want, slices.Sorted(maps.Keys(got["a"]))))
	}
	if want := []string{"buildx.build.provenance", "buildx.build.ref"}; !cmp.Equal(slices.Sorted(maps.Keys(got["b"])), want) {
		t.Error(cmp.Diff(want, slices.Sorted(maps.Keys(got["b"]))))
	}
	if got["a"]["buildx.build.ref"] == got["b"]["buildx.build.ref"] {
		t.Error("two targets share a record")
	}
}

// With a limit, targets are evaluated one after another and links come first.
func TestJobs(t *testing.T) {
	w := workspace.New(t, map[string]string{"base.Dockerfile": shellBase})
	w.Busybox()
	base := &bake.Target{Name: "base", Dockerfile: "base.Dockerfile"}
	targets := []*bake.Target{base}
	for _, name := range []string{"a", "b", "c"} {
		q := &bake.Target{Name: name, DockerfileInline: workspace.Ptr("FROM base\nRUN echo start-" + name + " && sleep 0.3 && echo end-" + name + "\n")}
		workspace.Use(q, "base", base)
		targets = append(targets, q)
	}
	_, rec := mustRun(w, Options{Jobs: 1}, targets...)
	order := strings.Join(strings.Fields(rec.logs), " ")
	if order != "start-a end-a start-b end-b start-c end-c" {
		t.Errorf("the order was %s", order)
	}
}
