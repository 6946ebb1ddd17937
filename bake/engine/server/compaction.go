//go:build linux

package server

import (
	"fmt"

	dbcompaction "github.com/moby/buildkit/util/db/compaction"
)

// compactionRules say when a database gives back the space that it does not need
// any more.
type compactionRules = dbcompaction.Config

// compaction are the rules of the [compaction] table for every database, none if
// it is off, as it is in stock BuildKit unless it is switched on.
func compaction(opt Options) ([]compactionRules, error) {
	rules, err := opt.File.Compaction.Policy()
	if err != nil {
		return nil, fmt.Errorf("the table [compaction] of the engine configuration: %w", err)
	}
	if !opt.File.Compaction.Enabled {
		return nil, nil
	}
	return []compactionRules{rules}, nil
}
