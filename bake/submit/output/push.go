package output

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/moby/buildkit/client"
)

// Divisible returns an error if nodes cannot make e together.
func (e *Export) Divisible(driver string) error {
	const hint = "push it, write a directory with type=local, or name platforms of one node only"
	switch e.Type {
	case MobyExporter:
		return fmt.Errorf("the %s driver cannot build a part of an image: use another builder", driver)
	case client.ExporterOCI, client.ExporterDocker, client.ExporterTar:
		return fmt.Errorf("several nodes build this target, and cannot write one output of type %s together: %s", e.Type, hint)
	case client.ExporterLocal:
		if Mirrors(e.Attrs) {
			return errors.New("several nodes build this target, and with mode=delete each would remove what the others wrote: leave out the mode, or name platforms of one node only")
		}
	}
	return nil
}

// Mirrors reports whether an output removes from its directory all that it does
// not write.
func Mirrors(attrs map[string]string) bool {
	mode, _ := client.ParseLocalExporterMode(attrs["mode"])
	return mode == client.LocalExporterModeDelete
}

// Insecure reports whether e may push without TLS, or without checking it.
func (e *Export) Insecure() bool {
	yes, _ := strconv.ParseBool(e.Attrs["registry.insecure"])
	return yes
}

// Tagged reports whether e pushes an image under tags.
func (e *Export) Tagged() bool { return e.Push && !e.Tagless && e.Type == client.ExporterImage }
