package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/workspace"

	"bake/bake"
	"bake/cmd/exit"

	"github.com/google/go-cmp/cmp"
)

func TestDefinitionNames(t *testing.T) {
	w := workspace.New(t, nil)
	w.Write("a.hcl", "")
	w.Write("sub/b.hcl", "")
	tests := []struct {
		name  string
		flags []string
		env   bake.Env
		want  []string
		err   string
	}{
		{"nothing", nil, nil, nil, ""},
		{"flags need not exist yet", []string{"x.hcl", "-"}, nil, []string{"x.hcl", "-"}, ""},
		{"a local file", []string{"cwd://x.hcl"}, nil, []string{"x.hcl"}, ""},
		{"an empty flag", []string{""}, nil, nil, "--file needs a name"},
		{"the environment", nil, bake.Env{envFiles: "a.hcl:sub/b.hcl"}, []string{"a.hcl", "sub/b.hcl"}, ""},
		{"flags win over the environment", []string{"c.hcl"}, bake.Env{envFiles: "a.hcl"}, []string{"c.hcl"}, ""},
		{"another separator", nil, bake.Env{envFiles: "a.hcl, ,-", envFileSeparator: ","}, []string{"a.hcl", "-"}, ""},
		{"blank", nil, bake.Env{envFiles: " "}, nil, ""},
		{"absolute", nil, bake.Env{envFiles: w.Path + "/a.hcl"}, []string{w.Path + "/a.hcl"}, ""},
		{"missing", nil, bake.Env{envFiles: "a.hcl:no.hcl"}, nil, "read a definition file named by $BUILDX_BAKE_FILE: open no.hcl: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Names(tt.flags, tt.env, HostFS{Dir: w.Path})
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadDefinition(t *testing.T) {
	w := workspace.New(t, nil)
	if _, err := Read(nil, HostFS{Dir: w.Path}, nil); err == nil || err.Error() != "couldn't find a bake definition" {
		t.Errorf("without files: got %v", err)
	}
	w.Write("empty.hcl", "")
	if _, err := Read([]string{"empty.hcl"}, HostFS{Dir: w.Path}, nil); err == nil || err.Error() != "couldn't find a bake definition: empty.hcl is empty" {
		t.Errorf("with an empty file: got %v", err)
	}
	w.Write("docker-bake.hcl", "# nothing\n")
	for _, names := range [][]string{nil, {"docker-bake.hcl"}, {w.Path + "/docker-bake.hcl"}, {"../" + w.Path[strings.LastIndex(w.Path, "/")+1:] + "/docker-bake.hcl"}} {
		files, err := Read(names, HostFS{Dir: w.Path}, nil)
		if err != nil || len(files) != 1 || string(files[0].Data) != "# nothing\n" {
			t.Errorf("%v: got %v, %v", names, files, err)
		}
	}
	files, err := Read([]string{"-"}, HostFS{Dir: w.Path}, strings.NewReader("target x {}"))
	if err != nil || len(files) != 1 || files[0].Name != "-" {
		t.Errorf("standard input: got %v, %v", files, err)
	}
	if _, err := Read([]string{"no.hcl"}, HostFS{Dir: w.Path}, nil); exit.CodeOf(err) != exit.Usage {
		t.Errorf("a missing file: got %v", err)
	}
}

// TestDefinitionTooLarge reads no further than to the bound.
func TestDefinitionTooLarge(t *testing.T) {
	defer func(most int64) { maxDefinition = most }(maxDefinition)
	maxDefinition = 1 << 20
	w := workspace.New(t, nil)
	text := "# " + strings.Repeat("x", int(maxDefinition)-2)
	w.Write("docker-bake.hcl", text)
	w.Write("more.hcl", text+"\n")
	for name, input := range map[string]string{"docker-bake.hcl": "", "-": text} {
		files, err := Read([]string{name}, HostFS{Dir: w.Path}, strings.NewReader(input))
		if err != nil || len(files) != 1 || string(files[0].Data) != text {
			t.Errorf("%s: got %d files, %v", name, len(files), err)
		}
	}
	for name, input := range map[string]string{"more.hcl": "", "-": text + "\n"} {
		_, err := Read([]string{name}, HostFS{Dir: w.Path}, strings.NewReader(input))
		if want := "read " + name + ": more than 1 MiB, which is no definition"; err == nil || !strings.HasSuffix(err.Error(), want) || exit.CodeOf(err) != exit.Usage {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

// Up from a link is where the link has led, as to the kernel.
func TestPathsThroughLinks(t *testing.T) {
	w := workspace.New(t, map[string]string{"real/work/in": "", "real/file": "real", "file": "wrong"})
	if err := os.Symlink("real/work", filepath.Join(w.Path, "alias")); err != nil {
		t.Skip("no links here:", err)
	}
	for dir, names := range map[string][]string{"alias": {"../file", "./../file"}, ".": {"alias/../file", filepath.Join(w.Path, "alias") + "/../file"}} {
		fsys := HostFS{Dir: filepath.Join(w.Path, dir)}
		for _, name := range names {
			if data, err := fs.ReadFile(fsys, name); err != nil || string(data) != "real" {
				t.Errorf("%s in %s holds %q, %v", name, dir, data, err)
			}
			if info, err := fs.Stat(fsys, name); err != nil || info.Size() != int64(len("real")) {
				t.Errorf("%s in %s is %v, %v", name, dir, info, err)
			}
		}
	}
}
