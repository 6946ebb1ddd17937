package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"bake/bake"
	"bake/bake/dockerfile"
	"bake/bake/graph"
	locate "bake/bake/submit/dockerfile"
	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/cmd/app"
	"bake/cmd/exit"

	"github.com/hashicorp/hcl/v2"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// nativePlatform is that of the builder that bake would start.
func nativePlatform() ocispecs.Platform {
	return ocispecs.Platform{OS: "linux", Architecture: runtime.GOARCH}
}

// dockerfilesOf finds the Dockerfiles of a plan on this machine.
func dockerfilesOf(a *app.App, plan *bake.Plan) func(*bake.Target) graph.Dockerfile {
	at := &host.Caller{Dir: a.Dir, Env: a.Env}
	return func(t *bake.Target) graph.Dockerfile {
		if t.DockerfileInline != nil && *t.DockerfileInline != "" {
			return graph.Dockerfile{Text: []byte(*t.DockerfileInline)}
		}
		if plan.Remote != nil {
			return graph.Dockerfile{Name: t.Dockerfile, Missing: fmt.Sprintf("%s is fetched when it is built", t.Dockerfile)}
		}
		f, err := locate.Find(t, at, "")
		switch {
		case err != nil:
			return graph.Dockerfile{Name: t.Dockerfile, Missing: "the Dockerfile cannot be read: " + reasonOf(err)}
		case f.Url != "":
			return graph.Dockerfile{Name: f.Url, Missing: fmt.Sprintf("%s is fetched when it is built", f.Url)}
		case f.Data == nil:
			return graph.Dockerfile{Name: f.Name, Missing: fmt.Sprintf("%s is fetched with the context %s", f.Name, t.Context)}
		}
		return graph.Dockerfile{Name: filepath.ToSlash(host.Shown(a.Dir, f.Path)), Text: f.Data}
	}
}

// layoutConfigs tells the configurations of images that lie in OCI layouts on this
// machine.
func layoutConfigs(a *app.App, plan *bake.Plan) func(*bake.Target, dockerfile.Image) *dockerfile.Config {
	at := &host.Caller{Dir: a.Dir, Env: a.Env}
	return func(t *bake.Target, image dockerfile.Image) *dockerfile.Config {
		value := t.Contexts[image.Context]
		if plan.Remote != nil || !strings.HasPrefix(value, "oci-layout://") {
			return nil
		}
		config, err := input.LayoutConfig(context.Background(), value, image.Platform, at)
		if err != nil {
			return nil // the build says what is wrong with it
		}
		return config
	}
}

// reasonOf is why a file cannot be read, without the path of the machine that comes
// before.
func reasonOf(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

// faultDiagnostics tell what no target can be built from.
func faultDiagnostics(faults []graph.Fault) hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, f := range faults {
		d := &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Dockerfile that cannot be built",
			Detail: fmt.Sprintf("It has no stages in the picture, and a build of %s fails: %s.", strings.Join(f.Targets, ", "), f.Err),
		}
		if f.File != "" {
			at := hcl.Pos{Line: max(1, f.Line), Column: 1}
			d.Subject = &hcl.Range{Filename: f.File, Start: at, End: at}
		}
		out = append(out, d)
	}
	return out
}

// readDockerfileGraph reads the Dockerfile that --dockerfile names.
func readDockerfileGraph(a *app.App, o *graphOptions) (*graph.Graph, error) {
	args, err := buildArgs(o.args)
	if err != nil {
		return nil, err
	}
	path := inDir(a, o.dockerfile)
	text, err := host.ReadBelow(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		return nil, exit.Usagef("read %s: %s", o.dockerfile, reasonOf(err))
	}
	g, err := graph.OfFile(graph.Dockerfile{Name: filepath.ToSlash(o.dockerfile), Text: text}, o.stage, args, nativePlatform())
	var fault *dockerfile.Error
	switch {
	case errors.As(err, &fault) && fault.Line > 0:
		wrong := exit.Usagef("%s:%d: %w", o.dockerfile, fault.Line, fault.Err)
		if strings.Contains(fault.Err.Error(), "should not be blank") {
			wrong = wrong.WithHint("An argument that has no value needs one: --build-arg NAME=VALUE.")
		}
		return nil, wrong
	case err != nil:
		return nil, exit.Usagef("%s: %w", o.dockerfile, err)
	}
	return g, nil
}

// buildArgs reads --build-arg.
func buildArgs(texts []string) (map[string]string, error) {
	out := map[string]string{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, exit.Usagef("invalid --build-arg %q, want NAME=VALUE", text)
		}
		out[name] = value
	}
	return out, nil
}
