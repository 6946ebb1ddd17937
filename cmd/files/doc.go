// Package files finds and reads the files of a definition on this machine, bounded,
// and notes what it reads for the progress.
package files
