package cmd

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"bake/bake"
)

// app is what every verb gets from the outside.
type app struct {
	streams
	env   bake.Env
	dir   string // working directory, absolute
	args  []string
	debug bool // --debug: stack traces in errors, log messages of libraries

	github *workflow // that this is a step of, or nil

	opened  *openedFiles   // what the command line was looked up in; may be nil
	verbToo *cobra.Command // the verb that the first word would be if it were no target

	lastWords func() // what to say when the process has to end at once; may be nil
}

// Main runs the command line of the process and returns its exit code. It is
// the only place that reads the environment and the working directory.
func Main() int {
	env := readEnv(os.Environ())
	dir, err := os.Getwd()
	a := &app{streams: systemStreams(env), env: env, dir: dir, args: os.Args[1:]}
	if err != nil {
		a.fail(fmt.Errorf("find the working directory: %w", err))
		return ExitUsage
	}
	if ran, code := a.daemon(os.Args[0]); ran {
		return code
	}
	return a.run()
}

// run parses the command line, does what it says and reports an error.
func (a *app) run() (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			a.fail(internalError(fault, a.debug))
			code = ExitBuild
		}
	}()
	a.joinWorkflow()
	a.args = bareList(a.args)
	root := newRoot(a)
	a.settleVerb(root)
	root.SetArgs(a.args)
	err := root.Execute()
	if err != nil {
		a.fail(err)
	}
	return exitCode(err)
}

// internalError is what the user sees of a panic.
func internalError(fault any, trace bool) error {
	err := &exitError{code: ExitBuild, err: fmt.Errorf("internal error: %v", fault)}
	if trace {
		return err.withHint("%s", indent(string(debug.Stack())))
	}
	return err.withHint("This is a bug of bake, not of your definition. Run it again with --debug and report what it says.")
}

// fail tells an error, and what to do about it if that is known.
func (a *app) fail(err error) {
	var own *exitError
	isOwn := errors.As(err, &own)
	if isOwn && own.err == nil {
		return
	}
	text := err.Error()
	if a.debug {
		text = fmt.Sprintf("%+v", err)
	}
	label := "error"
	if isOwn && own.label != "" {
		label = own.label
	}
	fmt.Fprintf(a.err, "%s: %s\n", a.paint(styleError, label), strings.TrimRight(text, "\n"))
	if isOwn && own.hint != "" {
		fmt.Fprintf(a.err, "\n%s\n", wrap(own.hint, a.prose()))
	}
}

// warn tells something that does not stop the run.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.err, "%s: %s\n", a.paint(styleWarning, "warning"), fmt.Sprintf(format, args...))
}

// note tells a fact in passing.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.err, "%s: %s\n", a.paint(styleMark, "note"), fmt.Sprintf(format, args...))
}

// getenv is the environment in the shape that other packages ask for.
func (a *app) getenv(name string) string { return a.env[name] }
