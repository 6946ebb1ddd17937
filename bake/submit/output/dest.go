package output

import (
	"fmt"
	"io"
	"os"

	"bake/bake/submit/host"
)

// toDir makes e write into a directory. It is created when there is something
// to write.
func (e *Export) toDir(dest string, at *host.Caller) error {
	switch dest {
	case "":
		return fmt.Errorf("dest is required for %s exporter", e.Type)
	case "-":
		return fmt.Errorf("dest cannot be stdout for %s exporter", e.Type)
	}
	e.Where = host.Plain(dest)
	e.OutputDir = at.Place(dest)
	fi, err := os.Stat(e.OutputDir)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("invalid destination directory %s: %w", dest, err)
	}
	if err == nil && !fi.IsDir() {
		return fmt.Errorf("destination directory %s is a file", dest)
	}
	if err != nil {
		return checkWritable(e.OutputDir, dest)
	}
	return nil // which of its files are written is not known yet
}

// toFile makes e write one file, or the standard output for "-" or none.
func (e *Export) toFile(dest string, at *host.Caller, stdout io.Writer) error {
	if dest == "" || dest == "-" {
		return e.toStdout(stdout)
	}
	e.Where = host.Plain(dest)
	full := at.Place(dest)
	fi, err := os.Stat(full)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("invalid destination file %s: %w", dest, err)
	}
	if err == nil && fi.IsDir() {
		return fmt.Errorf("destination file %s is a directory", dest)
	}
	e.File = &File{path: full}
	e.Output = e.File.open
	if err == nil && !fi.Mode().IsRegular() {
		return nil // it is written, not replaced
	}
	return checkWritable(full, dest)
}

func (e *Export) toStdout(stdout io.Writer) error {
	if stdout == nil {
		return fmt.Errorf("dest file is required for %s exporter: standard output is not available", e.Type)
	}
	if f, ok := stdout.(*os.File); ok && isTerminal(f) {
		return fmt.Errorf("dest file is required for %s exporter. refusing to write to console", e.Type)
	}
	e.Where = "-"
	e.Output = func(map[string]string) (io.WriteCloser, error) {
		e.Spent = true
		return nopCloser{stdout}, nil
	}
	return nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// isTerminal reports whether f is a character device other than the null
// device, which is what a console looks like.
func isTerminal(f *os.File) bool {
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}
