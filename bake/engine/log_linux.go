package engine

import (
	"fmt"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/sirupsen/logrus"
)

// setupLog applies the [log] table of the configuration to the engine's log.
func setupLog(cfg config.LogConfig) error {
	var f logrus.Formatter = &logrus.TextFormatter{FullTimestamp: true, DisableColors: true}
	switch cfg.Format {
	case "", "text":
	case "json":
		f = &logrus.JSONFormatter{}
	default:
		return fmt.Errorf("unknown log format %q in the engine configuration, use text or json", cfg.Format)
	}
	logrus.SetFormatter(discreet{f})
	if cfg.Level == "" {
		return nil
	}
	level, err := logrus.ParseLevel(cfg.Level)
	if err != nil {
		return fmt.Errorf("unknown log level in the engine configuration: %w", err)
	}
	logrus.SetLevel(level)
	return nil
}

// discreet leaves out what BuildKit writes with every build and what means
// nothing here: the engine records no traces on purpose.
type discreet struct{ logrus.Formatter }

func (d discreet) Format(e *logrus.Entry) ([]byte, error) {
	if e.Message == "no trace recorder found, skipping" {
		return nil, nil
	}
	return d.Formatter.Format(e)
}
