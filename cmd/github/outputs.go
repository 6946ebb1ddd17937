package github

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"bake/bake/submit/report"
)

// maxStepOutput is how large an output may be: GitHub allows a job 1 MiB of
// outputs, and counts two bytes a character.
const maxStepOutput = 400 << 10

// WriteStepOutputs sets the outputs of the step: "metadata", what a metadata
// file has, and "digests", an object of targets and the digests of their
// images. They tell what was built when something failed, too.
func (w *Workflow) WriteStepOutputs(outcome *report.Report) error {
	if w == nil || w.outputs == "" {
		return nil
	}
	metadata, err := stepMetadata(outcome)
	if err != nil {
		return err
	}
	digests := map[string]string{}
	for _, t := range outcome.Targets {
		if t.Complete() && t.Digest != "" {
			digests[t.Name] = t.Digest
		}
	}
	text, err := json.Marshal(digests)
	if err != nil {
		return err
	}
	return appendFile(w.outputs, stepOutput("metadata", metadata)+stepOutput("digests", string(text)))
}

// stepMetadata is the metadata in one line. When it is too large for an output
// it goes without the provenance, else without all but the report.
func stepMetadata(outcome *report.Report) (string, error) {
	data, err := outcome.Metadata()
	if err != nil {
		return "", err
	}
	for _, keep := range []func(key string) bool{
		func(string) bool { return true },
		func(key string) bool { return !strings.HasPrefix(key, "buildx.build.provenance") },
		func(string) bool { return false },
	} {
		text, err := thinMetadata(data, keep)
		if err != nil || len(text) <= maxStepOutput {
			return text, err
		}
	}
	return "{}", nil
}

// thinMetadata leaves only some of what the exporters said in metadata.
func thinMetadata(data []byte, keep func(key string) bool) (string, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return "", err
	}
	for name, value := range all {
		var target map[string]json.RawMessage
		if name == report.Key || json.Unmarshal(value, &target) != nil {
			continue
		}
		for key := range target {
			if !keep(key) {
				delete(target, key)
			}
		}
		thin, err := json.Marshal(target)
		if err != nil {
			return "", err
		}
		all[name] = thin
	}
	text, err := json.Marshal(all)
	var line bytes.Buffer
	if err == nil {
		err = json.Compact(&line, text)
	}
	return line.String(), err
}

// stepOutput is an output in the form that allows any value. What ends it is a
// word that no value can know.
func stepOutput(name, value string) string {
	end := "bake-" + rand.Text()
	return fmt.Sprintf("%s<<%s\n%s\n%s\n", name, end, value, end)
}
