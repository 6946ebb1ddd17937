package submit

import (
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/remote"
	"bake/tests/workspace"

	"github.com/docker/buildx/builder"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client/llb"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
	fsutiltypes "github.com/tonistiigi/fsutil/types"
)

// scene is what one fake engine plays that has a fate: all goes well until then.
type scene struct{ archive *archive }

func (scene) pass(ctx context.Context) error {
	select {
	case <-time.After(time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s scene) load(ctx context.Context, _ string, attrs map[string]string) (*gatewayapi.Result, error) {
	def, err := llb.Scratch().File(llb.Mkdir("/x", 0o755)).Marshal(ctx)
	if err != nil {
		return nil, err
	}
	return &gatewayapi.Result{Result: &gatewayapi.Result_Ref{Ref: &gatewayapi.Ref{Id: "ref", Def: def.ToPB()}}}, s.pass(ctx)
}

func (s scene) evaluate(ctx context.Context, _, _ string) error { return s.pass(ctx) }

func (s scene) keep(ctx context.Context, _ string, _ *pb.Definition) error { return s.pass(ctx) }

func (s scene) export(ctx context.Context, _ string, _ *gatewayapi.Result, _ []*controlapi.Exporter) (map[string]string, error) {
	return s.archive.response(), s.pass(ctx)
}

// fakeFiles are those that any result of a fake engine holds.
var fakeFiles = map[string]string{"Dockerfile": "FROM scratch\n", "docker-bake.hcl": "target \"default\" {}\n", "p.rego": "package docker\ndecision := {\"allow\": true}\n"}

func (fakeGateway) StatFile(_ context.Context, req *gatewayapi.StatFileRequest) (*gatewayapi.StatFileResponse, error) {
	text, ok := fakeFiles[req.Path]
	if !ok {
		return nil, errors.New("no such file or directory")
	}
	return &gatewayapi.StatFileResponse{Stat: &fsutiltypes.Stat{Path: req.Path, Mode: 0o644, Size: int64(len(text))}}, nil
}

func (fakeGateway) ReadFile(_ context.Context, req *gatewayapi.ReadFileRequest) (*gatewayapi.ReadFileResponse, error) {
	return &gatewayapi.ReadFileResponse{Data: []byte(fakeFiles[req.FilePath])}, nil
}

// submit is a use of an engine.
type submit func(ctx context.Context, node builder.Node, opt Options) error

// building is a Run of targets.
func building(change func(*Options), targets ...*bake.Target) submit {
	return func(ctx context.Context, node builder.Node, opt Options) error {
		if change != nil {
			change(&opt)
		}
		_, err := Run(ctx, &bake.Plan{Targets: targets}, []builder.Node{node}, opt)
		return err
	}
}

// fetching is the Fetch of a definition, and of a file beside it if there is one.
func fetching(url string) submit {
	return func(ctx context.Context, node builder.Node, opt Options) error {
		f, err := remote.Fetch(ctx, []builder.Node{node}, url, nil, remote.Options{Caller: opt.Caller, Progress: opt.Progress, Retries: opt.Retries})
		if err == nil && f.Tree != "" {
			_, err = f.ReadFile(ctx, "p.rego")
		}
		return err
	}
}

// uses of an engine that differ in what they ask of it.
func uses() map[string]submit {
	target := func(name string, outputs ...[]bake.Entry) *bake.Target {
		return &bake.Target{Name: name, Dockerfile: "Dockerfile", DockerfileInline: workspace.Ptr("FROM scratch\n"), Args: map[string]string{"ID": name}, Outputs: slices.Concat(outputs...)}
	}
	base, app, files := target("base"), target("app", workspace.To("image", "", "push", "true")), target("files", workspace.To("local", "out"))
	app.Tags = []string{"registry.test/app:1"}
	workspace.Use(app, "base", base)
	app.Contexts["lib"] = "target:base"
	twice := target("twice", workspace.To("image", "", "push", "true", "compression", "zstd"), workspace.To("image", "", "push", "true"))
	twice.Tags = []string{"registry.test/twice:1"}
	archived := target("archived", workspace.To("oci", "archived.tar"))
	remote, guarded := target("remote"), target("guarded")
	remote.DockerfileInline, remote.Dockerfile = nil, "https://files.test/Dockerfile"
	guarded.Context, guarded.Policy = "https://git.test/app.git", []bake.Policy{{Filename: "p.rego"}}
	asked := target("asked")
	asked.Call = workspace.Ptr("outline")
	cached, other := target("cached"), target("other")
	for name, t := range map[string]*bake.Target{"one": cached, "two": other} {
		t.CacheFrom = []bake.Entry{{Type: "registry", Attrs: map[string]string{"ref": "registry.test/" + name}}}
	}
	return map[string]submit{
		"linked":   building(nil, base, app),
		"metadata": building(func(o *Options) { o.Metadata = true }, base, app, twice),
		"files":    building(func(o *Options) { o.KeepGoing, o.Retries = true, 2 }, base, files, archived),
		"held":     building(func(o *Options) { o.HoldOutput = true }, base, files, archived),
		"remote":   building(nil, remote, guarded),
		"asked":    building(nil, asked),
		"caches":   building(func(o *Options) { o.Retries = 2 }, cached, other),
		"fetched":  fetching("https://git.test/app.git"),
		"archive":  fetching("https://files.test/app.tar.gz#:sub"),
		"file":     fetching("https://files.test/docker-bake.hcl"),
	}
}

// perform uses an engine with a fate once, and returns how that ended.
// met is whether the engine went away before that.
func (f *fate) perform(t *testing.T, driver string, archive *archive, use submit) (met bool, err error) {
	t.Helper()
	dir, journals := t.TempDir(), t.TempDir()
	bubble(t, func(t *testing.T) {
		e := &fakeEngine{name: "n", played: scene{archive}, driver: driver, fate: f, archive: archive}
		node := e.start(t, nil)
		ctx, cancel := context.WithTimeoutCause(t.Context(), 24*time.Hour, errForEver)
		defer cancel()
		opt := Options{Caller: host.Caller{Dir: dir, Env: bake.Env{}}, Allow: []string{"fs=*"}}
		opt.Journals.Dir = journals
		err = use(ctx, node, opt)
		met = f.struck()
		if errors.Is(context.Cause(ctx), errForEver) {
			t.Error("it came to no end by itself")
		}
	})
	return met, err
}

// An engine may go away whenever it is asked for anything: the run ends, says
// that the builder is lost, and blames no target.
func TestLostAtAnyMoment(t *testing.T) {
	level := logrus.GetLevel()
	logrus.SetLevel(logrus.ErrorLevel) // as the program does
	log.SetOutput(io.Discard)
	defer func() {
		logrus.SetLevel(level)
		log.SetOutput(os.Stderr)
	}()
	asked, archive := map[string]int{}, newArchive(t)
	for name, use := range uses() {
		drivers := []string{"container"}
		if name == "linked" || name == "caches" {
			drivers = append(drivers, embeddedDriver) // which is asked for less, and pools caches
		}
		for _, driver := range drivers {
			healthy := &fate{}
			if _, err := healthy.perform(t, driver, archive, use); err != nil {
				t.Fatalf("%s on %s: %v", name, driver, err)
			}
			for _, m := range healthy.seen {
				asked[m.method]++
				t.Run(strings.Join([]string{name, driver, m.String()}, "/"), func(t *testing.T) {
					met, err := (&fate{at: m}).perform(t, driver, archive, use)
					switch target := (*failure.TargetError)(nil); {
					case !met: // what runs side by side does not always come to that
					case err == nil && name == "remote" && m.late && m.method == controlapi.Control_Solve_FullMethodName:
						// The build that a policy asked with ends when all is done.
					case !failure.Lost(err) || !failure.Unreachable(err):
						t.Errorf("it ends with %v", err)
					case errors.As(err, &target):
						t.Errorf("%s is blamed", target.Target)
					}
				})
			}
		}
	}
	t.Log(slices.Sorted(maps.Keys(asked)))
}

// A node that goes away while all that it builds waits for another node is missed
// at once, not when the other has ended.
func TestLostWhileOthersBuild(t *testing.T) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	dir := t.TempDir()
	bubble(t, func(t *testing.T) {
		idle := &fate{}
		nodes := []builder.Node{
			(&fakeEngine{name: "amd", played: scene{}, driver: "container", fate: idle}).start(t, []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}}),
			(&fakeEngine{name: "arm", played: slowScene{}, driver: "container"}).start(t, []ocispecs.Platform{{OS: "linux", Architecture: "arm64"}}),
		}
		plan := &bake.Plan{Targets: []*bake.Target{{
			Name: "app", DockerfileInline: workspace.Ptr("FROM scratch\n"), Platforms: []string{"linux/amd64", "linux/arm64"}, Outputs: workspace.To("local", "out"),
		}}}
		time.AfterFunc(time.Minute, func() { idle.end() })
		started := time.Now()
		_, err := Run(t.Context(), plan, nodes, Options{Caller: host.Caller{Dir: dir, Env: bake.Env{}}, Allow: []string{"fs=*"}})
		if took := time.Since(started); !failure.Lost(err) || took > 2*time.Minute {
			t.Errorf("after %s it ends with %v", took, err)
		}
	})
}

// slowScene takes an hour to build.
type slowScene struct{ scene }

func (slowScene) evaluate(ctx context.Context, _, _ string) error {
	select {
	case <-time.After(time.Hour):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
