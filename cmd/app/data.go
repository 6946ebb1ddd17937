package app

import (
	"io"
	"strings"

	"bake/cmd/github"
	"bake/cmd/terminal"
)

// JSON is standard output for a JSON document. Where it is watched for workflow
// commands, what would be one is escaped: the document stays the same.
func (a *App) JSON() io.Writer { return github.JSON(a.Out) }

// Templated is standard output for what a Go template of the user makes: a JSON
// document, if the template says so.
func (a *App) Templated(template string) io.Writer {
	if strings.Contains(template, "json") {
		return a.JSON()
	}
	return a.Out
}

// Raw is standard output for what has to stay as it is, byte for byte.
func (a *App) Raw() io.Writer {
	if f, ok := terminal.File(a.Out); ok {
		return f // which tells whether it is a console
	}
	return github.Raw(a.Out)
}
