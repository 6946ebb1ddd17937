// Package progress merges the status of all jobs into one stream in which each
// vertex appears once, under the name of a target. It keeps the last state of each
// vertex, how long it ran, and all warnings, for the report.
//
// It does not draw anything: that is done where the stream is shown.
package progress
