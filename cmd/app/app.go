package app

import (
	"errors"
	"fmt"
	"strings"

	"bake/bake"
	"bake/cmd/exit"
	"bake/cmd/files"
	"bake/cmd/github"
	"bake/cmd/terminal"

	"github.com/spf13/cobra"
)

// App is what every verb gets from the outside.
type App struct {
	terminal.Streams
	Env   bake.Env
	Dir   string // working directory, absolute
	Args  []string
	Debug bool // --debug: stack traces in errors, log messages of libraries

	GitHub *github.Workflow // that this is a step of, or nil

	Opened  *files.Opened  // what the command line was looked up in; may be nil
	VerbToo *cobra.Command // the verb that the first word would be if it were no target

	LastWords func() // what to say when the process has to end at once; may be nil
}

// Fail tells an error, and what to do about it if that is known.
func (a *App) Fail(err error) {
	var own *exit.Error
	isOwn := errors.As(err, &own)
	if isOwn && own.Err == nil {
		return
	}
	text := err.Error()
	if a.Debug {
		text = fmt.Sprintf("%+v", err)
	}
	label := "error"
	if isOwn && own.Label != "" {
		label = own.Label
	}
	fmt.Fprintf(a.Err, "%s: %s\n", a.Paint(terminal.StyleError, label), strings.TrimRight(text, "\n"))
	if isOwn && own.Hint != "" {
		fmt.Fprintf(a.Err, "\n%s\n", terminal.Wrap(own.Hint, a.Prose()))
	}
}

// Warn tells something that does not stop the run.
func (a *App) Warn(format string, args ...any) {
	fmt.Fprintf(a.Err, "%s: %s\n", a.Paint(terminal.StyleWarning, "warning"), fmt.Sprintf(format, args...))
}

// Note tells a fact in passing.
func (a *App) Note(format string, args ...any) {
	fmt.Fprintf(a.Err, "%s: %s\n", a.Paint(terminal.StyleMark, "note"), fmt.Sprintf(format, args...))
}

// Getenv is the environment in the shape that other packages ask for.
func (a *App) Getenv(name string) string { return a.Env[name] }
