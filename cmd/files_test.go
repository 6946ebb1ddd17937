package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bake/bake"
)

func TestDefinitionNames(t *testing.T) {
	a, _, _ := newTestApp(t)
	a.write(t, "a.hcl", "")
	a.write(t, "sub/b.hcl", "")
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
		{"absolute", nil, bake.Env{envFiles: a.dir + "/a.hcl"}, []string{a.dir + "/a.hcl"}, ""},
		{"missing", nil, bake.Env{envFiles: "a.hcl:no.hcl"}, nil, "read a definition file named by $BUILDX_BAKE_FILE: open no.hcl: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := definitionNames(tt.flags, tt.env, hostFS{a.dir})
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
	a, _, _ := newTestApp(t)
	if _, err := readDefinition(nil, hostFS{a.dir}, nil); err == nil || err.Error() != "couldn't find a bake definition" {
		t.Errorf("without files: got %v", err)
	}
	a.write(t, "empty.hcl", "")
	if _, err := readDefinition([]string{"empty.hcl"}, hostFS{a.dir}, nil); err == nil || err.Error() != "couldn't find a bake definition: empty.hcl is empty" {
		t.Errorf("with an empty file: got %v", err)
	}
	a.write(t, "docker-bake.hcl", "# nothing\n")
	for _, names := range [][]string{nil, {"docker-bake.hcl"}, {a.dir + "/docker-bake.hcl"}, {"../" + a.dir[strings.LastIndex(a.dir, "/")+1:] + "/docker-bake.hcl"}} {
		files, err := readDefinition(names, hostFS{a.dir}, nil)
		if err != nil || len(files) != 1 || string(files[0].Data) != "# nothing\n" {
			t.Errorf("%v: got %v, %v", names, files, err)
		}
	}
	files, err := readDefinition([]string{"-"}, hostFS{a.dir}, strings.NewReader("target x {}"))
	if err != nil || len(files) != 1 || files[0].Name != "-" {
		t.Errorf("standard input: got %v, %v", files, err)
	}
	if _, err := readDefinition([]string{"no.hcl"}, hostFS{a.dir}, nil); exitCode(err) != ExitUsage {
		t.Errorf("a missing file: got %v", err)
	}
}

func TestParseVars(t *testing.T) {
	got, err := parseVars([]string{"A=1", "B=x=y", "", "A=2", "C="})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"A": "2", "B": "x=y", "C": ""}, got); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"FOO": `invalid variable "FOO", expected key=value`,
		"=x":  `invalid variable "=x", key is empty`,
	} {
		if _, err := parseVars([]string{text}); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestReadEnv(t *testing.T) {
	got := readEnv([]string{"A=1", "B=", "C", "A=2", "=D=x", "E=a=b"})
	if diff := cmp.Diff(bake.Env{"A": "1", "B": "", "E": "a=b"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestDefinitionTooLarge reads no further than to the bound.
func TestDefinitionTooLarge(t *testing.T) {
	defer func(most int64) { maxDefinition = most }(maxDefinition)
	maxDefinition = 1 << 20
	a, _, _ := newTestApp(t)
	text := "# " + strings.Repeat("x", int(maxDefinition)-2)
	a.write(t, "docker-bake.hcl", text)
	a.write(t, "more.hcl", text+"\n")
	for name, input := range map[string]string{"docker-bake.hcl": "", "-": text} {
		files, err := readDefinition([]string{name}, hostFS{a.dir}, strings.NewReader(input))
		if err != nil || len(files) != 1 || string(files[0].Data) != text {
			t.Errorf("%s: got %d files, %v", name, len(files), err)
		}
	}
	for name, input := range map[string]string{"more.hcl": "", "-": text + "\n"} {
		_, err := readDefinition([]string{name}, hostFS{a.dir}, strings.NewReader(input))
		if want := "read " + name + ": more than 1 MiB, which is no definition"; err == nil || !strings.HasSuffix(err.Error(), want) || exitCode(err) != ExitUsage {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}
