package parity

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notOurs are the environment variables in the source of buildx that bake has no
// use for, and why.
var notOurs = map[string]string{
	"BAKE_CMD_CONTEXT":                       "a variable of definitions",
	"BAKE_LOCAL_PLATFORM":                    "a variable of definitions",
	"BUILDKIT_INLINE_BUILDINFO_ATTRS":        "a build argument",
	"BUILDKIT_INLINE_CACHE":                  "a build argument",
	"BUILDKIT_MULTI_PLATFORM":                "a build argument",
	"BUILDKIT_SYNTAX":                        "a build argument",
	"BUILDX_DAP_USER_AGENT":                  "for the debugger of docker buildx build",
	"BUILDX_EXPERIMENTAL":                    "shows commands that bake has not",
	"DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": "how buildx writes its own name in a hint",
	"DOCKER_DEFAULT_PLATFORM":                "for docker buildx build; not for bake",
}

// quotedVariable is the name of an environment variable as a string of Go.
var quotedVariable = regexp.MustCompile(`"((?:BUILDX|BUILDKIT|BAKE|COMPOSE|ACTIONS|AWS|EXPERIMENTAL|SOURCE_DATE|DOCKER)_[A-Z0-9_]+)"`)

// TestEnvironment looks in the source of buildx for the environment variables
// that a bake depends on: each must be read by bake, and be part of a test, or
// be in the list above.
func TestEnvironment(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/docker/buildx").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{"SOURCE_DATE_EPOCH": true} // a constant of containerd
	for _, dir := range []string{"bake", "build", "builder", "commands", "localstate", "policy", "store", "util"} {
		walk(t, filepath.Join(strings.TrimSpace(string(out)), dir), func(path, text string) {
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				for _, m := range quotedVariable.FindAllStringSubmatch(text, -1) {
					theirs[m[1]] = true
				}
			}
		})
	}
	read, tested := mentions(t)
	if len(theirs) < 30 {
		t.Fatalf("only %d variables in the source of buildx", len(theirs))
	}
	for name := range theirs {
		switch {
		case notOurs[name] != "":
		case !read[name]:
			t.Errorf("buildx reads $%s, bake does not", name)
		case !tested[name]:
			t.Errorf("no test has to do with $%s", name)
		}
	}
	for name := range notOurs {
		if !theirs[name] {
			t.Errorf("buildx does not know $%s any more", name)
		}
	}
}

// variable is the name of an environment variable in a text.
var variable = regexp.MustCompile(`\b[A-Z]+_[A-Z0-9_]+\b`)

// mentions are the names of variables in the program, and in its tests.
func mentions(t *testing.T) (read, tested map[string]bool) {
	read, tested = map[string]bool{}, map[string]bool{}
	// Read by libraries: the AWS SDK.
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		read[name] = true
	}
	for _, dir := range []string{"bake", "cmd", "compose", "tests"} {
		walk(t, filepath.Join("../..", dir), func(path, text string) {
			found := read
			switch {
			case filepath.Base(path) == "environment_test.go":
				return
			case strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".txtar"):
				found = tested
			case !strings.HasSuffix(path, ".go"), dir == "tests":
				return
			}
			for _, name := range variable.FindAllString(text, -1) {
				found[name] = true
			}
		})
	}
	return read, tested
}

// walk reads the files below a directory that may hold something of interest.
func walk(t *testing.T, dir string, visit func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".txtar"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		visit(path, string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
