package output

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
)

func TestExports(t *testing.T) {
	target := &bake.Target{Tags: []string{"r/a:1", "r/a:2"}, Annotations: []string{"k=v"}, Args: map[string]string{"BUILDKIT_INLINE_BUILDINFO_ATTRS": "1"}}
	for name, c := range map[string]struct {
		out   bake.Entry
		typ   string
		attrs map[string]string
		where string
	}{
		"registry": {
			out: bake.Entry{Type: "registry"}, typ: "image", where: "pushed r/a:1, r/a:2",
			attrs: map[string]string{"push": "true", "unpack": "false", "name": "r/a:1,r/a:2", "annotation.k": "v", "buildinfo-attrs": "1"},
		},
		"registry with unpack": {
			out: bake.Entry{Type: "registry", Attrs: map[string]string{"unpack": "true"}}, typ: "image", where: "pushed r/a:1, r/a:2",
			attrs: map[string]string{"push": "true", "unpack": "true", "name": "r/a:1,r/a:2", "annotation.k": "v", "buildinfo-attrs": "1"},
		},
		"image": {
			out: bake.Entry{Type: "image", Attrs: map[string]string{"compression": "zstd"}}, typ: "image", where: "r/a:1, r/a:2",
			attrs: map[string]string{"compression": "zstd", "name": "r/a:1,r/a:2", "annotation.k": "v", "buildinfo-attrs": "1"},
		},
		"local": {
			out: bake.Entry{Type: "local", Dest: "d", Attrs: map[string]string{"mode": "copy"}}, typ: "local", where: "d",
			attrs: map[string]string{"mode": "copy", "annotation.k": "v"},
		},
		"unknown types are left to the engine": {
			out: bake.Entry{Type: "other", Attrs: map[string]string{"x": "y"}}, typ: "other",
			attrs: map[string]string{"x": "y", "annotation.k": "v"},
		},
	} {
		got, err := Prepare(target, []bake.Entry{c.out, {Type: "cacheonly"}}, &host.Caller{Dir: t.TempDir()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Type != c.typ || got[0].Where != c.where || !cmp.Equal(got[0].Attrs, c.attrs) {
			t.Errorf("%s: got %d exports, %s %q %s", name, len(got), got[0].Type, got[0].Where, cmp.Diff(c.attrs, got[0].Attrs))
		}
	}
}

func TestExportErrors(t *testing.T) {
	w := workspace.New(t, map[string]string{"file": ""})
	if err := os.Mkdir(filepath.Join(w.Path, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	at := &host.Caller{Dir: w.Path}
	for text, outputs := range map[string][]bake.Entry{
		"type is required for output":                    {{}},
		"dest is required for local exporter":            workspace.To("local", ""),
		"dest cannot be stdout for local exporter":       workspace.To("local", "-"),
		"destination directory file is a file":           workspace.To("local", "file"),
		"destination file dir is a directory":            workspace.To("tar", "dir"),
		"dest is required for oci exporter":              workspace.To("oci", "", "tar", "false"),
		"multiple outputs configured to write to stdout": append(workspace.To("tar", "-"), workspace.To("oci", "-")...),
		`invalid local exporter mode "x"`:                workspace.To("local", "d", "mode", "x"),
	} {
		_, err := Prepare(&bake.Target{}, outputs, at, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), text) {
			t.Errorf("error is %v, want %s", err, text)
		}
	}
	if _, err := Prepare(&bake.Target{}, workspace.To("tar", "-"), &host.Caller{}, nil); err == nil {
		t.Error("standard output was used without being given")
	}
}

func TestDockerArchiveHoldsOneManifest(t *testing.T) {
	e := []*Export{{ExportEntry: client.ExportEntry{Type: "docker"}}}
	if err := CheckDocker(&bake.Target{}, e, 1); err != nil {
		t.Error(err)
	}
	if err := CheckDocker(&bake.Target{}, e, 2); err == nil {
		t.Error("two platforms were taken")
	}
	if err := CheckDocker(&bake.Target{Attest: []bake.Entry{{Type: "sbom"}}}, e, 1); err == nil {
		t.Error("attestations were taken")
	}
}
