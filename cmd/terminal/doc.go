// Package terminal is the three standard streams and text on them: widths, colours,
// broken lines, columns, and the last lines of the logs of steps.
//
// It knows nothing of builds.
package terminal
