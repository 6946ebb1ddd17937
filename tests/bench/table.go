package main

import (
	"bufio"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

var columns = []string{"case", "measure", "bake", "buildx", "ratio", "growth", "line"}

// writeTable writes the figures for a terminal.
func writeTable(w io.Writer, figures []figure) {
	if len(figures) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(columns, "\t")))
	for _, f := range figures {
		fmt.Fprintln(t, strings.Join(f.cells(), "\t"))
	}
	_ = t.Flush()
}

// writeMarkdown writes the figures to a file, with what they depend on.
func (b *bench) writeMarkdown(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "# bake and docker buildx bake, measured\n\n")
	fmt.Fprintf(w, "Written by `go run ./tests/bench -write tests/bench/RESULTS.md` (`make bench` prints the same) on %s:\n", time.Now().Format(time.DateOnly))
	fmt.Fprintf(w, "%s, %d cores, load %s at the end, Linux %s, %s; the peer is %s.\n\n",
		cpuModel(), runtime.NumCPU(), firstField("/proc/loadavg"), firstField("/proc/sys/kernel/osrelease"), runtime.Version(), peerVersion(b))
	fmt.Fprint(w, legend)
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, f := range b.figures {
		fmt.Fprintf(w, "| %s |\n", strings.ReplaceAll(strings.Join(f.cells(), " | "), "MISSED", "**missed**"))
	}
	return w.Flush()
}

const legend = `Figures are medians of whole processes, which ran in turn: CPU is user and system time, RSS the most memory at a
time. The machine is shared, so compare ratios, never times. *Growth* is the exponent fitted over several sizes,
bake : buildx: 1 is linear, 2 quadratic. *Warm* means that everything is cached, so what is measured is the work of
finding that out. Both submit to the same engine, the one that bake carries.

`

// peerVersion is the version of the peer's module: the program itself only knows
// it when it is linked by its own makefile.
func peerVersion(b *bench) string {
	info, err := buildinfo.ReadFile(b.peer("").Path)
	if err != nil {
		return "docker buildx"
	}
	return "docker buildx " + info.Main.Version
}

// cpuModel is the name of the processor.
func cpuModel() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for text := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(text, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// firstField is the first word of a small file.
func firstField(path string) string {
	data, _ := os.ReadFile(path)
	if fields := strings.Fields(string(data)); len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}
