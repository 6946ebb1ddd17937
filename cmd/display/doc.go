// Package display shows the progress of a build while it runs, and a table of its
// targets when it has ended.
//
// The log lines of workflows are grouped by the package github.
package display
