// Bench compares bake with docker buildx bake where bake promises to be faster.
// Both run in turn in one go, A B A B, on the same engine: what a noisy machine
// does to one it does to the other, so the ratios hold where times do not. Each
// figure is a median.
//
//	go run ./tests/bench                      all cases
//	BENCH=print,submit go run ./tests/bench   some of them
//	go run ./tests/bench -bake bin/bake       with a program that is built already
//
// The exit code is 1 if a figure misses its line.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"bake/tests/fixture"
)

// bench is one run of the comparison.
type bench struct {
	*host
	program string // bake
	rounds  int
	targets int
	git     bool
	results []result
}

// comparison is a case, such as "print".
type comparison struct {
	name string
	run  func(*bench)
}

// cases are what can be chosen, in the order in which they run.
var cases = []comparison{
	{"print", (*bench).print},
	{"submit", (*bench).submit},
	{"start", (*bench).start},
}

func main() {
	chosen := flag.String("cases", os.Getenv("BENCH"), "`NAMES` of cases: print, submit, start; all by default ($BENCH)")
	program := flag.String("bake", "", "`PATH` of bake; by default it is compiled")
	rounds := flag.Int("rounds", 0, "`NUMBER` of runs of each side; 0 is what the case needs")
	targets := flag.Int("targets", 200, "`NUMBER` of targets that are submitted")
	git := flag.Bool("git", false, "submit from a git repository, which costs docker buildx bake more")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	b := &bench{host: newHost(ctx), program: *program, rounds: *rounds, targets: *targets, git: *git}
	err := b.guarded(func() { b.run(*chosen) })
	stop()
	writeResults(os.Stdout, b.results)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if slices.ContainsFunc(b.results, result.missed) {
		os.Exit(1)
	}
}

// run runs the chosen cases.
func (b *bench) run(chosen string) {
	names := strings.FieldsFunc(chosen, func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range names {
		if !slices.ContainsFunc(cases, func(c comparison) bool { return c.name == name }) {
			b.Fatalf("there is no case %q", name)
		}
	}
	b.prepare()
	for _, c := range cases {
		if len(names) == 0 || slices.Contains(names, c.name) {
			fmt.Fprintf(os.Stderr, "bench: %s\n", c.name)
			c.run(b)
		}
	}
}

// prepare compiles bake if it must, and makes its path absolute.
func (b *bench) prepare() {
	if b.program == "" {
		b.program = filepath.Join(b.TempDir(), "bake")
		fixture.MustRun(b, exec.CommandContext(b.Context(), "go", "build", "-ldflags", "-s -w", "-o", b.program, "bake/cmd/bake"))
	}
	path, err := filepath.Abs(b.program)
	if err != nil {
		b.Fatal(err)
	}
	b.program = path
}

// command is a bake that is to run in dir with the engine in state.
func (b *bench) command(dir, state string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.Context(), b.program, args...)
	cmd.Dir = dir
	home := filepath.Join(b.TempDir(), "home")
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(), "NO_COLOR=1",
		"BAKE_ENGINE_DIR=" + state, "BAKE_ENGINE_IDLE=5m", "DOCKER_HOST=unix://" + home + "/no-docker-here.sock",
	}
	return cmd
}

// engine starts an engine that ends with the run, and returns its state
// directory.
func (b *bench) engine() string {
	state := b.state()
	fixture.MustRun(b, b.command("/", state, "engine", "start"))
	return state
}

// state is a state directory for an engine, which is stopped at the end.
func (b *bench) state() string {
	top, err := os.MkdirTemp("", "bake-bench-")
	if err != nil {
		b.Fatal(err)
	}
	state := filepath.Join(top, "engine")
	b.Cleanup(func() {
		stop := exec.Command(b.program, "engine", "stop", "--dir", state)
		if out, err := stop.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: stop the engine: %v\n%s", err, out)
		}
		_ = os.RemoveAll(top)
	})
	return state
}

// writeResults writes the results as a table.
func writeResults(w io.Writer, results []result) {
	if len(results) == 0 {
		return
	}
	fmt.Fprintf(w, "%-28s %-22s %9s %9s %7s  %s\n", "CASE", "MEASURE", "BAKE", "BUILDX", "RATIO", "LINE")
	for _, r := range results {
		fmt.Fprintln(w, r)
	}
}
