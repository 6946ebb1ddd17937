package tests

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"bake/bake/engine"
	"bake/cmd"
	"bake/tests/fixture"
)

// TestMain lets this program be bake, when it is called by that name.
func TestMain(m *testing.M) {
	engine.Main()
	if filepath.Base(os.Args[0]) == "bake" {
		os.Exit(cmd.Main())
	}
	os.Exit(m.Run())
}

// block is a fenced block of a page: its language, what else stands behind the
// fence, and its text.
type block struct {
	page string
	line int // of the fence
	lang string
	more string
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// network says that a block pulls from or pushes to a registry on the internet:
// it is planned, not built.
func (b block) network() bool { return b.more == "network" }

// blocks are the fenced blocks of a page of the repository.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	f, err := os.Open(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []block
	var open *block
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch fence, ok := strings.CutPrefix(line, "```"); {
		case ok && open == nil:
			lang, more, _ := strings.Cut(fence, " ")
			open = &block{page: page, line: n, lang: lang, more: more}
		case ok:
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Fatalf("%s: the block does not end", open)
	}
	return all
}

// pages are the README of the project and those of the examples.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, file := range files(t) {
		if file == "README.md" || strings.HasPrefix(file, "examples/") && strings.HasSuffix(file, "/README.md") {
			found = append(found, file)
		}
	}
	if len(found) < 7 {
		t.Fatalf("only %q", found)
	}
	return found
}

// verbs are commands of bake that build nothing, so nothing is planned.
var verbs = []string{"explain", "engine", "builders", "inspect", "version", "help", "completion"}

// commandOfBake finds bake on a line of shell: environment variables, bake, and
// its arguments.
var commandOfBake = regexp.MustCompile(`^((?:[A-Z_]+=\S+ )*)bake\b(.*)$`)

// pictureFile is the file that bake graph writes.
var pictureFile = regexp.MustCompile(` -o (\S+)`)

// TestDocsPlan plans every command of bake and every definition that a page
// shows.
func TestDocsPlan(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the pages are written for Linux")
	}
	bin := binDir(t)
	for _, page := range pages(t) {
		planned := 0
		for _, b := range blocks(t, page) {
			switch b.lang {
			case "hcl":
				dir := t.TempDir()
				write(t, filepath.Join(dir, "docker-bake.hcl"), b.text)
				shell(t, b, bin, dir, nil, "bake --strict --print '*'")
				planned++
			case "sh":
				for line := range strings.Lines(b.text) {
					if command := planOf(line); command != "" {
						shell(t, b, bin, filepath.Join(root, filepath.Dir(page)), nil, command)
						planned++
					}
				}
			}
		}
		if planned == 0 {
			t.Errorf("%s shows no use of bake", page)
		}
	}
}

// planOf is a line of a page with bake told to print only, or "" if the line
// does not build.
func planOf(line string) string {
	m := commandOfBake.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil || slices.ContainsFunc(verbs, func(v string) bool { return strings.HasPrefix(m[2], " "+v) }) {
		return ""
	}
	command, _, _ := strings.Cut(m[2], " #")
	if strings.HasPrefix(command, " graph") { // it draws what it is told to, elsewhere
		return m[1] + "bake" + pictureFile.ReplaceAllString(command, ` -o "$(mktemp -d)/$1"`)
	}
	if slices.ContainsFunc([]string{"--resume", "--rollback", "--forget"}, func(flag string) bool { return strings.Contains(command, flag) }) {
		return "" // there is no release to end
	}
	if !strings.Contains(command, "--list") && !strings.Contains(command, "--print") {
		command += " --print"
	}
	return m[1] + "bake --strict" + command
}

func TestPlanOf(t *testing.T) {
	for line, want := range map[string]string{
		"bake release\n":             "bake --strict release --print",
		"A=b C=d bake":               "A=b C=d bake --strict --print",
		"bake x --push # and pushes": "bake --strict x --push --print",
		"bake --list=targets":        "bake --strict --list=targets",
		"bake engine status":         "",
		"bake graph -o b.svg # it":   `bake graph -o "$(mktemp -d)/b.svg"`,
		"cat out/hello.txt":          "",
	} {
		if have := planOf(line); have != want {
			t.Errorf("%q: have %q, want %q", line, have, want)
		}
	}
}

// TestDocsBuild runs the blocks of the examples' pages, as they stand, one after
// another on the embedded engine.
func TestDocsBuild(t *testing.T) {
	fixture.NeedRoot(t)
	shellImage := fixture.WriteLayout(t, "1", fixture.Image(t, fixture.LocalPlatform(), fixture.Busybox(t)...))
	// The layout stands for an image of a registry, which needs no grant.
	env := append(engineOf(t), "SHELL_IMAGE="+shellImage.Context(), "SSH_AUTH_SOCK="+agent(t), "BUILDX_BAKE_ENTITLEMENTS_FS=0")
	bin := binDir(t)
	t.Cleanup(func() { shell(t, block{page: "the end"}, bin, root, env, "bake engine stop") })
	for _, page := range pages(t) {
		if page == "README.md" {
			continue
		}
		t.Run(filepath.Base(filepath.Dir(page)), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "example")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, filepath.Dir(page)))); err != nil {
				t.Fatal(err)
			}
			for _, b := range blocks(t, page) {
				if b.lang == "sh" && !b.network() {
					shell(t, b, bin, dir, env, b.text)
				}
			}
		})
	}
}

// engineOf is the environment of an engine for this test alone.
func engineOf(t *testing.T) []string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bake-docs-") // TempDir's names are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return []string{"BUILDX_BUILDER=embedded", "BAKE_ENGINE_DIR=" + filepath.Join(dir, "engine")}
}

// agent starts an SSH agent without keys, and returns its socket.
func agent(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bake-agent-")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	process := exec.Command(fixture.Program(t, "ssh-agent", "openssh-client"), "-D", "-a", socket)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		os.RemoveAll(dir)
	})
	return socket
}

// binDir is a directory to put on the PATH, with bake in it: the program under
// test, $BAKE_TEST_PROGRAM, or this one.
func binDir(t *testing.T) string {
	t.Helper()
	program := os.Getenv("BAKE_TEST_PROGRAM")
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.Symlink(program, filepath.Join(dir, "bake")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shell runs a script of a page, and fails the test if one of its commands does.
func shell(t *testing.T, b block, bin, dir string, env []string, script string) {
	t.Helper()
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+t.TempDir(),
		"GOCACHE="+goEnv(t, "GOCACHE"), "GOPATH="+goEnv(t, "GOPATH"), "NO_COLOR=1", "DOCKER_HOST=unix:///no/docker/here")
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %s\n%v\n%s", b, strings.TrimSpace(script), err, out)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(fixture.MustRun(t, exec.Command("go", "env", name)).Stdout)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The README names the Docker that the tests run.
func TestDocsNameDocker(t *testing.T) {
	requirements, err := os.ReadFile(filepath.Join(root, "tests", "fixture", "moby", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(readme)), " ")
	for module, name := range map[string]string{"github.com/moby/moby/v2": "moby", "github.com/moby/buildkit": "BuildKit"} {
		_, rest, _ := strings.Cut(string(requirements), "\t"+module+" ")
		version := strings.Fields(rest + " none")[0]
		if !strings.Contains(text, name+" "+version) {
			t.Errorf("the README does not say %s %s", name, version)
		}
	}
}
