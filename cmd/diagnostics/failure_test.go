package diagnostics

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/cmd/exit"
	"bake/cmd/terminal"
)

func TestFailure(t *testing.T) {
	inline := "FROM scratch\nRUN false\n"
	source := &errdefs.Source{
		Info:   &pb.SourceInfo{Filename: "Dockerfile", Data: []byte("FROM scratch\nCOPY . /\nRUN make \\\n  all\nCMD x\n")},
		Ranges: []*pb.Range{{Start: &pb.Position{Line: 3}, End: &pb.Position{Line: 4}}},
	}
	at := hcl.Range{Filename: "docker-bake.hcl", Start: hcl.Pos{Line: 7, Column: 8}, End: hcl.Pos{Line: 7, Column: 13}}
	plan := &bake.Plan{Targets: []*bake.Target{
		{Name: "app", Context: "src", Dockerfile: "Dockerfile"},
		{Name: "here", Context: ".", Dockerfile: "cwd://build/Dockerfile"},
		{Name: "far", Context: "https://example.com/x.git", Dockerfile: "Dockerfile"},
		{Name: "inline", Context: ".", Dockerfile: "Dockerfile", DockerfileInline: &inline},
	}}
	tests := []struct {
		target string
		source *errdefs.Source
		place  string // in the excerpt
		file   string // for annotations
	}{
		{"app", source, "src/Dockerfile:3:1", "src/Dockerfile"},
		{"here", source, "build/Dockerfile:3:1", "build/Dockerfile"},
		{"far", source, "Dockerfile:3:1", "Dockerfile"},
		{"inline", source, "dockerfile-inline of inline:3:1", "docker-bake.hcl"},
		{"app", nil, "docker-bake.hcl:7:8", "docker-bake.hcl"},
	}
	for _, tt := range tests {
		target := &failure.TargetError{Target: tt.target, Range: at, Source: tt.source, Err: errors.New("failed to solve: it broke")}
		f := NewFailure(target, target, plan, map[string][]byte{"docker-bake.hcl": []byte("\n\n\n\n\n\ntarget app {}\n")})
		var b strings.Builder
		f.writeText(&b, terminal.Streams{Width: 80})
		if !strings.Contains(b.String(), "--> "+tt.place+"\n") || f.Subject.Filename != tt.file {
			t.Errorf("%s: want %s and %s:\n%s", tt.target, tt.place, tt.file, b.String())
		}
		if !strings.HasPrefix(b.String(), "error[build-failed]: target "+tt.target+": it broke\n") {
			t.Errorf("%s: wrong first line:\n%s", tt.target, b.String())
		}
	}
}

func TestFailureHints(t *testing.T) {
	full := errors.New("failed to solve: exit code: 1")
	for _, tt := range []struct {
		err  error
		code int
		want string
	}{
		{&terminal.LoggedError{Err: full, Log: []string{"dd: error writing '/x': No space left on device"}, Shown: true}, exit.Build, "bake engine prune"},
		{errors.New("ResourceExhausted: rpc error: code = ResourceExhausted desc = write /o: no space left on device"), exit.Build, "holds the output"},
		{errors.New("the engine's state directory /x cannot be written: permission denied"), exit.Unreachable, ""},
		{errors.New("connection refused"), exit.Unreachable, "Trying again"},
		{errors.New("unexpected status from HEAD request to http://r/v2/a/manifests/1: 503 Service Unavailable"), exit.Unreachable, "Trying again"},
		{unreachable("dial tcp: i/o timeout"), exit.Unreachable, "Trying again"},
		{&failure.UnreachableError{Err: context.DeadlineExceeded}, exit.Unreachable, "Trying again"},
		{&failure.LostError{Builder: "b", Err: errors.New("EOF")}, exit.Unreachable, "Building again goes on"},
		{errors.New("dial tcp: lookup r.example on 127.0.0.53:53: no such host"), exit.Unreachable, "how it is written"},
		{unreachable("dial tcp: lookup b.example: no such host"), exit.Unreachable, "how it is written"},
		{unreachable("the engine cannot start: it needs the right to make namespaces"), exit.Unreachable, ""},
		{unreachable("no node of builder b that answers builds for linux/s390x"), exit.Unreachable, ""},
		{&failure.UnreachableError{Err: errors.New("its certificate has expired: i/o timeout"), Advice: "Get another."}, exit.Unreachable, "Get another."},
	} {
		if got := FailureHint(tt.err, tt.code); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%v: hint is %q", tt.err, got)
		}
	}
}

func unreachable(text string) error {
	return &failure.UnreachableError{Err: errors.New("cannot reach builder b: " + text)}
}

func TestFailureText(t *testing.T) {
	plan := &bake.Plan{Targets: []*bake.Target{{Name: "app", Context: ".", Dockerfile: "Dockerfile"}}}
	target := &failure.TargetError{
		Target: "app",
		Range:  hcl.Range{Filename: "docker-bake.hcl", Start: hcl.Pos{Line: 1, Column: 8}, End: hcl.Pos{Line: 1, Column: 13}},
		Source: &errdefs.Source{
			Info:   &pb.SourceInfo{Filename: "Dockerfile", Data: []byte("FROM scratch\nRUN make\nCMD x")},
			Ranges: []*pb.Range{{Start: &pb.Position{Line: 2}, End: &pb.Position{Line: 2}}},
		},
		Err: errors.New("write: no space left on device"),
	}
	err := &terminal.LoggedError{Err: target, Step: "RUN make", Log: []string{"cc", "ld"}}
	var b strings.Builder
	NewFailure(err, target, plan, nil).writeText(&b, terminal.Streams{Width: 80})
	want := `error[build-failed]: target app: write: no space left on device
 --> Dockerfile:2:1
  |
1 | FROM scratch
2 | RUN make
  | ^^^^^^^^
3 | CMD x
  = target app is defined at docker-bake.hcl:1:8
  = the last lines of RUN make:

  | cc
  | ld

` + "The disk is full. `bake engine prune` frees the cache of the embedded engine.\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
