package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"bake/bake/submit/report"
)

// writeMetadata writes what was built to the file of --metadata-file.
func writeMetadata(name string, outcome *report.Report) error {
	if name == "" {
		return nil
	}
	data, err := outcome.Metadata()
	if err != nil {
		return fmt.Errorf("write the metadata: %w", err)
	}
	if err := writeFileAtomic(name, data); err != nil {
		return fmt.Errorf("write the metadata: %w", err)
	}
	return nil
}

// writeFileAtomic writes a file so that readers see the old content or the
// new, never a part: beside it first, then renamed. What is not a regular file,
// such as /dev/stdout, is written in place.
func writeFileAtomic(name string, data []byte) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		return os.WriteFile(name, data, 0o644)
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
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
