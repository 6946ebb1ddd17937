package dockerfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// told is what a build reads, in short: "FROM image", "COPY stage path",
// "context path", and the built stages.
func told(b *Build) []string {
	var out []string
	for _, n := range b.Nodes {
		switch {
		case !n.Built:
		case n.Kind == StageNode:
			out = append(out, "stage "+n.Name)
		case n.Kind == ImageNode:
			out = append(out, "image "+n.Name)
		case n.Kind == NamedNode:
			out = append(out, "named "+n.Name)
		}
	}
	for _, r := range b.Reads {
		if b.Nodes[r.Node].Built && r.From == Context {
			out = append(out, "context "+r.Path)
		}
	}
	return out
}

func resolve(t testing.TB, text string, req Request) (*Build, error) {
	t.Helper()
	if req.Platform.OS == "" {
		req.Platform, req.Native = amd64, amd64
	}
	f, err := Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return f.Resolve(req)
}

// Where good guesses are wrong. Each case is compared with BuildKit's own code, too.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		req        Request
		want       string // separated by commas
		fails      string
	}{
		{name: "FROM is the last stage above", text: "FROM a AS x\nFROM b AS x\nFROM x\n", want: "stage x,stage stage-2,image b"},
		{name: "FROM knows names in lower case only", text: "FROM a AS x\nFROM X AS y\n", fails: "must be lowercase"},
		{name: "COPY --from is the last of the file, in any case", text: "FROM a AS x\nCOPY f /\nFROM b AS y\nCOPY --from=X /f /\n", want: "stage x,stage y,image a,image b,context /f"},
		{name: "COPY --from of a later stage", text: "FROM a AS y\nCOPY --from=x /f /\nFROM b AS x\n", req: Request{Stage: "y"}, fails: "needs to be defined before"},
		{name: "COPY --from of a later stage that is not reached", text: "FROM a AS y\nCOPY --from=x /f /\nFROM b AS x\n", want: "stage x,image b"},
		{name: "the later of two stages wins for COPY", text: "FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=x /f /\n", want: "stage x,stage stage-2,image b,image c"},
		{name: "a number is the place of a stage", text: "FROM a\nFROM b\nCOPY --from=0 /f /\n", want: "stage stage-0,stage stage-1,image a,image b"},
		{name: "in a mount a number is an image", text: "FROM a\nFROM b\nRUN --mount=from=0,target=/m x\n", want: "stage stage-1,image 0,image b"},
		{name: "a target by number", text: "FROM a\nFROM b\n", req: Request{Stage: "0"}, fails: "could not be found"},
		{name: "a target in any case", text: "FROM a AS x\nFROM b\n", req: Request{Stage: "X"}, want: "stage x,image a"},
		{name: "a stage that copies from itself breaks all", text: "FROM a AS x\nCOPY --from=x /f /\nFROM b AS y\n", fails: "circular"},
		{name: "an invalid FROM breaks all", text: "FROM a@b AS x\nFROM b AS y\n", fails: "parse"},
		{name: "ONBUILD of a stage", text: "FROM a AS tool\nFROM b AS base\nONBUILD COPY --from=tool /t /\nONBUILD COPY f /\nFROM base\n", want: "stage tool,stage base,stage stage-2,image a,image b,context /f"},
		{name: "ONBUILD is for the next stage only", text: "FROM b AS base\nONBUILD COPY f /\nFROM base AS one\nFROM one\n", req: Request{}, want: "stage base,stage one,stage stage-2,image b,context /f"},
		{name: "ONBUILD of an image", text: "FROM onbuild\n", want: "stage stage-0,image onbuild,context /triggered"},
		{name: "what is unused is not read", text: "FROM a AS x\nCOPY one /\nFROM b\nCOPY two /\n", want: "stage stage-1,image b,context /two"},
		{name: "a wildcard", text: "FROM a\nCOPY *.go ./**/x dir/ /\n", want: "stage stage-0,image a,context /*.go,context /**/x,context /dir"},
		{name: "the last of ARG and ENV", text: "FROM a\nENV V=env\nARG V=arg\nCOPY $V /\nENV V=again\nCOPY $V /\n", want: "stage stage-0,image a,context /arg,context /again"},
		{name: "ENV is inherited", text: "FROM a AS x\nENV V=env\nFROM x\nCOPY ${V:-none} /\n", want: "stage x,stage stage-1,image a,context /env"},
		{name: "an argument that is not declared", text: "FROM a\nCOPY ${V:-none} /\n", req: Request{Args: map[string]string{"V": "x"}}, want: "stage stage-0,image a,context /none"},
		{name: "a global argument has to be declared again", text: "ARG V=glob\nFROM a\nCOPY ${V:-none} /\nARG V\nCOPY $V /\n", want: "stage stage-0,image a,context /none,context /glob"},
		{name: "an argument names the base", text: "ARG BASE=x\nFROM a AS x\nFROM b AS y\nFROM $BASE\n", want: "stage x,stage stage-2,image a"},
		{name: "an argument names another base", text: "ARG BASE=x\nFROM a AS x\nFROM b AS y\nFROM $BASE\n", req: Request{Args: map[string]string{"BASE": "y"}}, want: "stage y,stage stage-2,image b"},
		{name: "patterns of the shell", text: "FROM a\nARG S=x*yz\nCOPY ${S#x\\*} /\n", want: "stage stage-0,image a,context /yz"},
		{name: "a named context takes the place of an image", text: "FROM img:latest\nCOPY f /\n", req: Request{Contexts: NewContexts(map[string]string{"docker.io/library/img": "./dir"})}, want: "stage stage-0,named docker.io/library/img,context /f"},
		{name: "a named context takes the place of a stage", text: "FROM a AS x\nCOPY f /\nFROM b\nCOPY --from=x /f /\n", req: Request{Contexts: NewContexts(map[string]string{"x": "docker-image://c"})}, want: "stage x,stage stage-1,named x,image b"},
		{name: "a named context for another platform", text: "FROM img\n", req: Request{Contexts: NewContexts(map[string]string{"img::linux/arm64": "./dir"})}, want: "stage stage-0,image img"},
		{name: "a digest is part of the name", text: "FROM img@sha256:" + strings.Repeat("0", 64) + "\n", req: Request{Contexts: NewContexts(map[string]string{"img": "./dir"})}, want: "stage stage-0,image img@sha256:" + strings.Repeat("0", 64)},
		{name: "scratch is never a named context", text: "FROM scratch\nCOPY f /\n", req: Request{Contexts: NewContexts(map[string]string{"scratch": "./dir"})}, want: "stage stage-0,context /f"},
		{name: "variables in --from", text: "FROM a\nARG V=x\nCOPY --from=$V /f /\n", fails: "variable expansion is not supported"},
		{name: "mounts are read after their variables", text: "FROM a\nARG V=x\nRUN --mount=target=/m,source=$V true\n", want: "stage stage-0,image a,context /x"},
		{name: "a key in another case is not used", text: "FROM a AS X\nCOPY f /\n", req: Request{Contexts: NewContexts(map[string]string{"X": "./dir"})}, want: "stage x,image a,context /f"},
		{name: "--parents keeps what is below the pivot", text: "FROM a\nCOPY --parents ./x/./y/** /\n", want: "stage stage-0,image a,context /x"},
		{name: "--exclude is no source", text: "FROM a\nCOPY --exclude=*.txt x /\n", want: "stage stage-0,image a,context /x"},
		{name: "ADD of a URL reads no file", text: "FROM a\nADD https://example.com/x /\n", want: "stage stage-0,image a"},
		{name: "ADD of a repository reads no file", text: "FROM a\nADD https://example.com/x.git#v1 /\n", want: "stage stage-0,image a"},
		{name: "COPY of a URL", text: "FROM a\nCOPY https://example.com/x /\n", fails: "source can't be a URL"},
		{name: "a tmpfs mount reads nothing", text: "FROM a\nRUN --mount=type=tmpfs,target=/t true\n", want: "stage stage-0,image a"},
		{name: "a cache that begins with an image", text: "FROM a\nRUN --mount=type=cache,from=b,target=/c true\n", want: "stage stage-0,image b,image a"},
		{name: "arm is v7", text: "FROM a\nARG TARGETVARIANT\nCOPY x$TARGETVARIANT /\n", req: Request{Platform: ocispecs.Platform{OS: "linux", Architecture: "arm"}, Native: amd64}, want: "stage stage-0,image a,context /xv7"},
		{name: "a later version of arm64 is kept", text: "FROM a\nARG TARGETVARIANT\nCOPY x$TARGETVARIANT /\n", req: Request{Platform: ocispecs.Platform{OS: "linux", Architecture: "arm64", Variant: "v9"}, Native: amd64}, want: "stage stage-0,image a,context /xv9"},
		{name: "the platform of the builder", text: "FROM --platform=$BUILDPLATFORM a AS b\nARG BUILDARCH\nCOPY $BUILDARCH /\nFROM c\nCOPY --from=b / /\n", req: Request{Platform: arm64, Native: amd64}, want: "stage b,stage stage-1,image a,image c,context /amd64"},
		{name: "a heredoc reads nothing", text: "FROM a\nCOPY <<EOF /f\nhi\nEOF\n", want: "stage stage-0,image a"},
		{name: "TARGETSTAGE", text: "FROM a AS one\nARG TARGETSTAGE\nCOPY $TARGETSTAGE /\n", want: "stage one,image a,context /one"},
		{name: "TARGETSTAGE of a stage without a name", text: "FROM a\nARG TARGETSTAGE\nCOPY $TARGETSTAGE /\n", want: "stage stage-0,image a,context /default"},
		{name: "the variant of a platform", text: "FROM a\nARG TARGETPLATFORM\nCOPY $TARGETPLATFORM /\n", req: Request{Platform: ocispecs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}, Native: amd64}, want: "stage stage-0,image a,context /linux/arm64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			images := registry{"docker.io/library/onbuild:latest": {"COPY triggered /"}}
			req := c.req
			req.Config = images.known
			b, err := resolve(t, c.text, req)
			switch {
			case c.fails != "":
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("error %v, want %s", err, c.fails)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			if got := strings.Join(told(b), ","); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if req.Platform.OS == "" {
				req.Platform, req.Native = amd64, amd64
			}
			compare(t, c.text, req, images)
		})
	}
}

// An image without layers is nothing but its environment.
func TestImageWithoutLayers(t *testing.T) {
	b, err := resolve(t, "FROM a\nCOPY $V /\n", Request{Config: func(Image) *Config { return &Config{Env: []string{"V=x"}, Empty: true} }})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(told(b), ","); got != "stage stage-0,context /x" {
		t.Error(got)
	}
}

// What depends on an image of which nothing is known is said, and read as all.
func TestUnknown(t *testing.T) {
	for _, c := range []struct {
		name, text string
		paths      string
		unknown    string
	}{
		{"a variable that the image may set", "FROM a\nCOPY $V /\n", "/", "the environment of a, which may set V"},
		{"a default for what the image may set", "FROM a\nCOPY ${V:-x} /\n", "/", "the environment of a, which may set V"},
		{"a variable of the file", "FROM a\nARG V=x\nCOPY $V /\n", "/x", ""},
		{"a variable made of an unknown one", "FROM a\nENV V=$W/x\nCOPY $V /\n", "/", "the environment of a, which may set W"},
		{"through another stage", "FROM a AS one\nFROM one\nCOPY $V /\n", "/", "the environment of a, which may set V"},
		{"of the empty image all is known", "FROM scratch\nCOPY ${V:-x} /\n", "/x", ""},
		{"an argument without a value", "FROM a\nARG V\nCOPY ${V:-x} /\n", "/", "the environment of a, which may set V"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := resolve(t, c.text, Request{})
			if err != nil {
				t.Fatal(err)
			}
			var paths, unknown []string
			for _, r := range b.Reads {
				paths = append(paths, r.Path)
			}
			for _, u := range b.Unknown {
				if u.Kind == UnknownValue {
					unknown = append(unknown, u.Why)
				}
			}
			if got := strings.Join(paths, ","); got != c.paths {
				t.Errorf("reads %s, want %s", got, c.paths)
			}
			if got := strings.Join(unknown, ","); got != c.unknown {
				t.Errorf("unknown %q, want %q", got, c.unknown)
			}
			if all := c.paths == "/"; b.Transfer.All != all {
				t.Errorf("all is sent: %v", b.Transfer.All)
			}
		})
	}
}

// The line with the frontend is found as BuildKit finds it.
func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"# syntax=docker/dockerfile:1\nFROM a\n":              "docker/dockerfile:1",
		"#syntax = docker/dockerfile:1 \nFROM a\n":            "docker/dockerfile:1",
		"# plain\n# syntax=docker/dockerfile:1\nFROM a\n":     "",
		"\n# syntax=docker/dockerfile:1\nFROM a\n":            "",
		"# unknown=x\n# syntax=docker/dockerfile:1\nFROM a\n": "",
		"# escape=`\n# syntax=other/thing\nFROM a\n":          "other/thing",
		"#!/usr/bin/x\n# syntax=other/thing\nFROM a\n":        "other/thing",
	} {
		f, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if f.Syntax != want {
			t.Errorf("%q: %q, want %q", text, f.Syntax, want)
		}
	}
	for image, own := range map[string]bool{
		"": true, "docker/dockerfile": true, "docker/dockerfile:1.7-labs": true, "docker.io/docker/dockerfile:1@sha256:" + strings.Repeat("0", 64): true,
		"docker/dockerfile-upstream:master": true, "example.com/docker/dockerfile:1": false, "r2d4/mocker": false,
	} {
		f := &File{Syntax: image}
		if got := f.Foreign(nil) == ""; got != own {
			t.Errorf("%q is BuildKit's own: %v", image, got)
		}
		if got := (&File{}).Foreign(map[string]string{syntaxArg: image}) == ""; got != own {
			t.Errorf("%q as an argument is BuildKit's own: %v", image, got)
		}
	}
}

// A text is parsed once, and one with many stages takes no more than its size.
func TestMany(t *testing.T) {
	var b strings.Builder
	b.WriteString("FROM alpine AS s0\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "FROM s%d AS s%d\nARG A=%d\nCOPY --from=s%d /x /\nRUN --mount=from=s%d,target=/m --mount=type=cache,target=/c true\n", i, i+1, i, i/2, i/3)
	}
	var memo Memo
	for range 20 {
		f, err := memo.Parse([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := memo.Parse([]byte(b.String())); again != f {
			t.Fatal("parsed again")
		}
		build, err := f.Resolve(Request{Platform: amd64, Native: amd64})
		if err != nil {
			t.Fatal(err)
		}
		if built := len(slices.DeleteFunc(build.Nodes, func(n Node) bool { return !n.Built })); built != 1002 {
			t.Fatalf("%d nodes are built", built)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("FROM a AS x\nCOPY --from=x $A /\n", "x", "A=1")
	f.Add("ARG A\nFROM $A\nRUN --mount=type=cache,target=$A,from=0 x\n", "", "A=scratch")
	f.Add("FROM a\nONBUILD COPY b c\nFROM 0\nADD https://x/y.git#a:b /\n", "0", "")
	f.Fuzz(func(t *testing.T, text, stage, arg string) {
		file, err := Parse([]byte(text))
		if err != nil {
			return
		}
		name, value, _ := strings.Cut(arg, "=")
		req := Request{Stage: stage, Platform: amd64, Native: amd64, Args: map[string]string{name: value}}
		b, err := file.Resolve(req)
		if err != nil {
			return
		}
		if b.Foreign == "" && (b.Target >= len(b.Nodes) || b.Target < 0) {
			t.Error("there is no target")
		}
	})
}
