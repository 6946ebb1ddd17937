package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/cmd/exit"
)

// stdoutFile is the name of a file that means standard output.
const stdoutFile = "-"

// checkMetadata finds before a build that the file of --metadata-file could not
// be written after it, or would be mixed up with other data.
func checkMetadata(o *bakeOptions, plan *bake.Plan) error {
	if o.metadataFile != stdoutFile {
		if err := writable(o.metadataFile); err != nil && !makesRoom(plan, filepath.Dir(host.Place("", o.metadataFile))) {
			return exit.Usagef("--metadata-file cannot be written: %w", err)
		}
		return nil
	}
	for _, t := range plan.Targets {
		if method, err := t.Asks(); err == nil && method != "" {
			return exit.Usagef("--metadata-file=-: the answer to --call of target %s goes to standard output, too", t.Name)
		}
		for _, out := range t.Outputs {
			if out.Dest == stdoutFile {
				return exit.Usagef("--metadata-file=-: an output of target %s goes to standard output, too", t.Name)
			}
		}
	}
	return nil
}

// writeMetadata writes what was built to the file of --metadata-file.
func writeMetadata(name string, stdout io.Writer, outcome *report.Report) error {
	if name == "" {
		return nil
	}
	data, err := outcome.Metadata()
	switch {
	case err != nil:
	case name == stdoutFile:
		_, err = stdout.Write(data)
	default:
		err = writeFileAtomic(name, data)
	}
	if err != nil {
		return fmt.Errorf("write the metadata: %w", err)
	}
	return nil
}

// writable does what writeFileAtomic begins with, and leaves nothing.
func writable(name string) error {
	if name == "" {
		return nil
	}
	place := host.Place("", name)
	if st, err := os.Stat(place); err == nil && !st.Mode().IsRegular() {
		if st.IsDir() {
			return fmt.Errorf("%s is a directory", name)
		}
		return nil // a pipe might wait for a reader
	}
	temporary, err := createBeside(place)
	if err != nil {
		return beside(name, err)
	}
	return errors.Join(temporary.Close(), os.Remove(temporary.Name()))
}

// makesRoom reports whether a directory is not there yet, and an output of the
// plan makes it.
func makesRoom(plan *bake.Plan, dir string) bool {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	for _, t := range plan.Targets {
		for _, out := range t.Outputs {
			dest := host.Place("", out.Dest)
			if out.Dest != "" && (host.Contains(dir, dest) || host.Contains(dest, dir)) {
				return true
			}
		}
	}
	return false
}

// beside is an error about a file that was to stand beside another, as one of
// their directory.
func beside(name string, err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// createBeside creates a new file beside a place.
func createBeside(place string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(place), "."+filepath.Base(place)+".*")
}

// writeFileAtomic writes a file so that readers see the old content or the
// new, never a part: beside it first, then renamed. What is not a regular file,
// such as /dev/stdout, is written in place.
func writeFileAtomic(name string, data []byte) error {
	name = host.Place("", name)
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		return os.WriteFile(name, data, 0o644)
	}
	temporary, err := createBeside(name)
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // gone already when all went well
	if _, err = temporary.Write(data); err == nil {
		err = temporary.Chmod(0o644)
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
