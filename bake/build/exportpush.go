package build

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/moby/buildkit/client"
)

// divisible returns an error if nodes cannot make e together.
func (e *export) divisible(driver string) error {
	const hint = "push it, write a directory with type=local, or name platforms of one node only"
	switch e.Type {
	case mobyExporter:
		return fmt.Errorf("the %s driver cannot build a part of an image: use another builder", driver)
	case client.ExporterOCI, client.ExporterDocker, client.ExporterTar:
		return fmt.Errorf("several nodes build this target, and cannot write one output of type %s together: %s", e.Type, hint)
	case client.ExporterLocal:
		if mirrors(e.Attrs) {
			return errors.New("several nodes build this target, and with mode=delete each would remove what the others wrote: leave out the mode, or name platforms of one node only")
		}
	}
	return nil
}

// mirrors reports whether an output removes from its directory all that it does
// not write.
func mirrors(attrs map[string]string) bool {
	mode, _ := client.ParseLocalExporterMode(attrs["mode"])
	return mode == client.LocalExporterModeDelete
}

// insecure reports whether e may push without TLS, or without checking it.
func (e *export) insecure() bool {
	yes, _ := strconv.ParseBool(e.Attrs["registry.insecure"])
	return yes
}

// tagged reports whether e pushes an image under tags.
func (e *export) tagged() bool { return e.push && !e.tagless && e.Type == client.ExporterImage }
