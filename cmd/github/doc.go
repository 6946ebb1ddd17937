// Package github is the step of a workflow of GitHub Actions that bake runs in: the
// commands that the runner obeys and those that it must not, groups of log lines,
// the summary of the step and its outputs.
package github
