// Package diagnostics shows what a person sees who makes a mistake: each
// archive of testdata is one mistake, with the whole of what bake says about it
// on stderr and its exit code.
package diagnostics

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"bake/cmd"
)

// asBake makes this test program behave as bake.
const asBake = "BAKE_TEST_AS_BAKE"

func TestMain(m *testing.M) {
	if os.Getenv(asBake) != "" {
		os.Exit(cmd.Main())
	}
	os.Exit(m.Run())
}

// TestMistakes runs every archive: the line "bake ARGS" of its comment, lines
// "env NAME=VALUE" and "stdin FILE", in a directory with its files. BAKE_UPDATE=1 writes what
// bake says now.
func TestMistakes(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 120 {
		t.Errorf("only %d mistakes; a person makes at least 120", len(paths))
	}
	seen := map[string]string{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			got := mistake(t, path)
			if other, ok := seen[got]; ok {
				t.Errorf("says exactly what %s says", other)
			}
			seen[got] = name
		})
	}
}

// mistake runs one archive and returns what was said.
func mistake(t *testing.T, path string) string {
	t.Helper()
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	want, kept := "", ar.Files[:0:0]
	for _, f := range ar.Files {
		if f.Name == "stderr" {
			want = string(f.Data)
			continue
		}
		kept = append(kept, f)
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said, stdout := run(t, dir, string(ar.Comment))
	if stdout != "" {
		t.Errorf("wrote to stdout although there is a mistake:\n%s", stdout)
	}
	checkPosition(t, said)
	if os.Getenv("BAKE_UPDATE") != "" {
		ar.Files = append(kept, txtar.File{Name: "stderr", Data: []byte(said)})
		if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return said
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
	return said
}

func run(t *testing.T, dir, comment string) (stderr, stdout string) {
	t.Helper()
	var args []string
	var stdin []byte
	env := []string{asBake + "=1", "COLUMNS=80", "HOME=" + dir, "PATH=" + os.Getenv("PATH"), "BAKE_ENGINE_DIR=" + filepath.Join(dir, "engine")}
	for _, line := range strings.Split(comment, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "env":
			env = append(env, rest)
		case "stdin":
			var err error
			if stdin, err = os.ReadFile(filepath.Join(dir, rest)); err != nil {
				t.Fatal(err)
			}
		case "bake":
			args = words(rest)
		}
	}
	if args == nil {
		args = []string{"--print"}
	}
	c := exec.Command(os.Args[0], args...)
	c.Dir, c.Env, c.Stdin = dir, env, bytes.NewReader(stdin)
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return errOut.String() + fmt.Sprintf("exit %d\n", c.ProcessState.ExitCode()), out.String()
}

// words splits at spaces; single quotes keep what is between them together.
func words(line string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		out = append(out, strings.Trim(m, "'"))
	}
	return out
}

// elsewhere are the identities of diagnostics about what is typed on the
// command line or stands in the environment.
var elsewhere = regexp.MustCompile(`^(unknown-target|no-default|no-match|bad-pattern|bad-override|bad-environment|group-not-target|unknown-key|unknown-attribute|unknown-variable)$`)

// checkPosition fails when something written in a file is reported without
// its place.
func checkPosition(t *testing.T, said string) {
	t.Helper()
	lines := strings.Split(said, "\n")
	for i, line := range lines {
		m := regexp.MustCompile(`^(?:error|warning)\[([a-z-]+)\]:`).FindStringSubmatch(line)
		if m == nil || elsewhere.MatchString(m[1]) {
			continue
		}
		if i+1 >= len(lines) || !strings.Contains(lines[i+1], "--> ") {
			t.Errorf("no position: %s", line)
		}
	}
}
