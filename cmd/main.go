package cmd

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"bake/bake/submit/host"
	"bake/cmd/app"
	"bake/cmd/enginecmd"
	"bake/cmd/exit"
	"bake/cmd/github"
	"bake/cmd/terminal"
)

// Main runs the command line of the process and returns its exit code. It is
// the only place that reads the environment and the working directory.
func Main() int {
	env := app.ReadEnv(os.Environ())
	dir, err := workingDirectory()
	a := &app.App{Streams: terminal.System(env), Env: env, Dir: dir, Args: os.Args[1:]}
	if err != nil {
		a.Fail(fmt.Errorf("find the working directory: %w", err))
		return exit.Usage
	}
	if ran, code := enginecmd.RunDaemon(a, os.Args[0]); ran {
		return code
	}
	return runCommand(a)
}

// workingDirectory is where the process is, as the kernel knows it. What $PWD says
// may lead there by way of a link, and up from that is somewhere else.
func workingDirectory() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return host.Place("", dir), nil
}

// runCommand parses the command line, does what it says and reports an error.
func runCommand(a *app.App) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			a.Fail(internalError(fault, a.Debug))
			code = exit.Build
		}
	}()
	out := &terminal.Watched{W: a.Out}
	a.Out = out
	joinWorkflow(a)
	a.Args = bareList(a.Args)
	root := newRoot(a)
	settleVerb(a, root)
	root.SetArgs(a.Args)
	err := root.Execute()
	if lost := out.Err(); lost != nil && (err == nil || errors.Is(err, lost)) {
		err = fmt.Errorf("write to standard output: %w", lost)
	}
	if err != nil {
		a.Fail(err)
	}
	return exit.CodeOf(err)
}

// internalError is what the user sees of a panic.
func internalError(fault any, trace bool) error {
	err := &exit.Error{Code: exit.Build, Err: fmt.Errorf("internal error: %v", fault)}
	if trace {
		return err.WithHint("%s", terminal.Indent(string(debug.Stack())))
	}
	return err.WithHint("This is a bug of bake, not of your definition. Run it again with --debug and report what it says.")
}

// joinWorkflow makes everything that bake says from now on safe to say in a
// workflow.
func joinWorkflow(a *app.App) {
	a.GitHub = github.New(a.Err, a.Env)
	if a.GitHub != nil && !a.Terminal {
		a.Err = &github.Guard{W: a.Err}
		a.Out = github.GuardData(a.Out)
	}
}
