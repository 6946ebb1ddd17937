// Command summary reads the events of "go test -json" and prints what a person
// wants to see of a run: the closing line of each package, the output of each
// test that failed, every test that was skipped with its reason, and the totals.
// Its exit code is 1 when a test or a package failed, or when no test ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(1)
	}
	if !s.close() {
		os.Exit(1)
	}
}

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Output     string
}

// name identifies the test of an event, or its package where Test is empty.
type name struct{ pkg, test string }

type summary struct {
	out     io.Writer
	started time.Time
	output  map[name][]string // of tests and packages that still run
	bad     map[string]bool   // packages of which a test failed
	skips   map[name][]string // by package and what is said of it, the tests
	passed  int
	skipped int
	failed  int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, started: time.Now(), output: map[name][]string{}, bad: map[string]bool{}, skips: map[name][]string{}}
}

func (s *summary) read(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			s.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(s.out, line) // of the go command itself
		return
	}
	id := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		s.output[id] = append(s.output[id], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(id, e.Action)
		} else {
			s.endTest(id, e.Action)
		}
		delete(s.output, id)
	}
}

func (s *summary) endTest(id name, action string) {
	switch action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
		top, _, _ := strings.Cut(id.test, "/")
		why := name{id.pkg, top + ": " + reason(s.output[id])}
		s.skips[why] = append(s.skips[why], id.test)
	case "fail":
		s.failed++
		s.bad[id.pkg] = true
		fmt.Fprint(s.out, strings.Join(s.output[id], ""))
	}
}

// endPackage prints the closing line of a package, or all that a failed one
// said outside of its tests: a panic, a race, an exit.
func (s *summary) endPackage(id name, action string) {
	if action == "fail" {
		s.unfinished(id.pkg)
		if !s.bad[id.pkg] {
			s.failed++ // the package itself: it did not build, or died
		}
	}
	s.printSkips(id.pkg)
	for _, line := range s.output[id] {
		if action == "fail" || closing(line) {
			fmt.Fprint(s.out, line)
		}
	}
}

// printSkips prints the skipped tests of a package, those of one test with one
// reason, such as seeds of a fuzz test, on one line.
func (s *summary) printSkips(pkg string) {
	var lines []string
	for why, tests := range s.skips {
		switch {
		case why.pkg != pkg:
		case len(tests) == 1:
			lines = append(lines, "skipped "+tests[0]+strings.TrimPrefix(why.test, strings.SplitN(why.test, ":", 2)[0]))
		default:
			lines = append(lines, fmt.Sprintf("skipped %d of %s", len(tests), why.test))
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(s.out, line)
	}
}

// unfinished prints the output of tests of a package that never ended, which
// are those that ran when it died.
func (s *summary) unfinished(pkg string) {
	for id, lines := range s.output {
		if id.pkg == pkg && id.test != "" {
			fmt.Fprint(s.out, strings.Join(lines, ""))
		}
	}
}

// close prints the totals and reports whether the run was a success.
func (s *summary) close() bool {
	fmt.Fprintf(s.out, "%d tests passed, %d failed, %d skipped in %s\n",
		s.passed, s.failed, s.skipped, time.Since(s.started).Round(time.Second))
	return s.failed == 0 && s.passed > 0
}

// closing reports whether a line is the last one that go test prints of a
// package: "ok", or "?" for one without tests.
func closing(line string) bool {
	return strings.HasPrefix(line, "ok  \t")
}

// reason is what a skipped test said, on one line.
func reason(output []string) string {
	var words []string
	for _, line := range output {
		if !strings.HasPrefix(strings.TrimSpace(line), "--- ") && !strings.HasPrefix(line, "=== ") {
			words = append(words, strings.Fields(line)...)
		}
	}
	return strings.Join(words, " ")
}
