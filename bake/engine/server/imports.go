//go:build linux

package server

import (
	"context"

	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/worker"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// distinct makes importers whose caches name their keys apart. BuildKit names a
// step in all imported caches alike, and of several that know it keeps one: what
// follows the step in the others is then not found (moby/buildkit#4674).
func distinct(importers cacheImporters) cacheImporters {
	for kind, resolve := range importers {
		importers[kind] = func(ctx context.Context, g session.Group, attrs map[string]string) (remotecache.Importer, ocispecs.Descriptor, error) {
			i, desc, err := resolve(ctx, g, attrs)
			if err != nil {
				return nil, desc, err
			}
			return distinctImporter{i}, desc, nil
		}
	}
	return importers
}

// distinctImporter is one import.
type distinctImporter struct{ remotecache.Importer }

// Resolve implements remotecache.Importer.
func (i distinctImporter) Resolve(ctx context.Context, desc ocispecs.Descriptor, id string, w worker.Worker) (solver.CacheManager, error) {
	m, err := i.Importer.Resolve(ctx, desc, id, w)
	if err != nil {
		return nil, err
	}
	return distinctCache{m}, nil
}

// distinctCache is one imported cache.
type distinctCache struct{ solver.CacheManager }

// Query implements solver.CacheManager. A key without dependencies is the same
// in all caches, and has to stay so.
func (c distinctCache) Query(deps []solver.CacheKeyWithSelector, input solver.Index, dgst digest.Digest, output solver.Index) ([]*solver.CacheKey, error) {
	keys, err := c.CacheManager.Query(deps, input, dgst, output)
	for _, k := range keys {
		if len(deps) > 0 {
			k.ID = c.ID() + "/" + k.ID
		}
	}
	return keys, err
}
