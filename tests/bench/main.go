// Bench compares bake with docker buildx bake where bake promises to be faster.
// Both run in turn in one go, A B A B, submissions on the same engine: what a
// noisy machine does to one it does to the other, so the ratios hold where times
// do not. Each figure is a median. For what grows, the exponent of the growth is
// fitted over several sizes: 1 is linear, 2 quadratic.
//
//	go run ./tests/bench                      all suites
//	BENCH=print,submit go run ./tests/bench   some of them: print, submit, context, push, memory, start
//	go run ./tests/bench -bake bin/bake       with a program that is built already
//	go run ./tests/bench -case ladder         the cases whose names hold a word
//
// The exit code is 1 if a figure misses its line, unless -n is given.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"bake/tests/fixture"
)

// bench is one run of the comparison.
type bench struct {
	*host
	options
	figures []figure
	top     string                   // see home
	peers   map[string]*fixture.Peer // by socket
}

// options are the flags.
type options struct {
	suites  string
	only    string
	bake    string        // path of the program
	budget  time.Duration // of one case, for repetitions
	scale   float64       // of all sizes; lines are only judged at 1
	seed    uint64
	lenient bool
	write   string
}

// suite is a part of the comparison that can be chosen.
type suite struct {
	name string
	run  func(*bench)
}

// suites are listed in the order in which they run.
var suites = []suite{
	{"print", (*bench).print},
	{"submit", (*bench).submit},
	{"context", (*bench).context},
	{"push", (*bench).push},
	{"memory", (*bench).memory},
	{"start", (*bench).start},
}

func main() {
	var o options
	flag.StringVar(&o.suites, "suites", os.Getenv("BENCH"), "`NAMES` of suites: print, submit, context, push, memory, start; all by default ($BENCH)")
	flag.StringVar(&o.only, "case", "", "run only cases whose name holds `WORD`")
	flag.StringVar(&o.bake, "bake", "", "`PATH` of bake; by default it is compiled")
	flag.DurationVar(&o.budget, "budget", 8*time.Second, "`TIME` for the repetitions of a figure; each is measured once at least")
	flag.Float64Var(&o.scale, "scale", 1, "`FACTOR` for the sizes of all cases; with another than 1 no line is judged")
	flag.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that generated names and values depend on")
	flag.BoolVar(&o.lenient, "n", false, "exit with 0 even if a figure misses its line")
	flag.StringVar(&o.write, "write", "", "write the table to a `FILE`, as Markdown")
	flag.Parse()

	// What the kernel reports as the largest memory of a child is never less than
	// that of the parent which started it, so this process has to stay small.
	debug.SetGCPercent(20)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	b := &bench{host: newHost(ctx), options: o, peers: map[string]*fixture.Peer{}}
	err := b.guarded(b.run)
	stop()
	os.Exit(b.report(err))
}

// report writes the tables and returns the exit code.
func (b *bench) report(err error) int {
	writeTable(os.Stdout, b.figures)
	if err == nil && b.write != "" {
		err = b.writeMarkdown(b.write)
	}
	missed := slices.DeleteFunc(slices.Clone(b.figures), func(f figure) bool { return !f.missed() })
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	case len(missed) > 0:
		fmt.Printf("\n%d of %d figures miss their line\n", len(missed), len(b.figures))
		if !b.lenient {
			return 1
		}
	}
	return 0
}

// run runs the chosen suites.
func (b *bench) run() {
	names := strings.FieldsFunc(b.suites, func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range names {
		if !slices.ContainsFunc(suites, func(s suite) bool { return s.name == name }) {
			b.Fatalf("there is no suite %q, want print, submit, context, push, memory or start", name)
		}
	}
	b.prepare()
	for _, s := range suites {
		if len(names) == 0 || slices.Contains(names, s.name) {
			s.run(b)
		}
	}
}

// prepare compiles bake if it must, and installs it as users do, by copying:
// what a linker has just written is cached, and mapped, in pages of 2 MB, all of
// which counts as memory of the program. The peer is installed by go install,
// which copies.
func (b *bench) prepare() {
	built := b.bake
	if built == "" {
		built = filepath.Join(b.TempDir(), "bake")
		fixture.MustRun(b, exec.CommandContext(b.Context(), "go", "build", "-ldflags", "-s -w", "-o", built, "bake/cmd/bake"))
	}
	b.bake = filepath.Join(b.TempDir(), "bake")
	fixture.MustRun(b, exec.CommandContext(b.Context(), "cp", built, b.bake))
}

// chosen reports whether a case is to be measured, and tells that it begins.
func (b *bench) chosen(name string) bool {
	if !strings.Contains(name, b.only) {
		return false
	}
	fmt.Fprintf(os.Stderr, "bench: %s\n", name)
	return true
}

// size is n, scaled.
func (b *bench) size(n int) int { return max(1, int(float64(n)*b.scale)) }

// add keeps a figure. Without its real size it has no line to keep.
func (b *bench) add(f figure) {
	if b.scale != 1 {
		f.line = line{}
	}
	fmt.Fprintf(os.Stderr, "bench:   %s\n", f)
	b.figures = append(b.figures, f)
}

// command is a bake that is to run in dir with the engine in state.
func (b *bench) command(dir, state string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.Context(), b.bake, args...)
	cmd.Dir = dir
	home := filepath.Join(b.home(), "home")
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(), "NO_COLOR=1",
		"BAKE_ENGINE_DIR=" + state, "BAKE_ENGINE_IDLE=15m", "DOCKER_HOST=unix://" + home + "/no-docker-here.sock",
	}
	return cmd
}
