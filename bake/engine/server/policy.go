//go:build linux

package server

import (
	"fmt"
	"slices"

	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/cache/remotecache/azblob"
	"github.com/moby/buildkit/cache/remotecache/gha"
	inlinecache "github.com/moby/buildkit/cache/remotecache/inline"
	localcache "github.com/moby/buildkit/cache/remotecache/local"
	registrycache "github.com/moby/buildkit/cache/remotecache/registry"
	s3cache "github.com/moby/buildkit/cache/remotecache/s3"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/util/archutil"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/disk"
	"github.com/moby/buildkit/util/resolver/limited"
	"github.com/moby/buildkit/worker/base"
)

// applySystem sets the process-wide knobs of the [system] table.
func applySystem(cfg config.Config) error {
	sys := cfg.System
	if sys == nil {
		return nil
	}
	if d := sys.PlatformsCacheMaxAge; d != nil {
		archutil.CacheMaxAge = d.Duration
	}
	if n := sys.MaxRegistryConcurrency; n != nil {
		if *n <= 0 {
			return fmt.Errorf("maxRegistryConcurrency is %d in the engine configuration, it must be greater than zero", *n)
		}
		limited.SetMaxConcurrency(int64(*n))
	}
	if d := sys.SessionAuthTimeout; d != nil {
		auth.SessionAuthTimeout = d.Duration
	}
	return nil
}

// entitlements that weaken the isolation of builds are off unless the
// configuration or the caller grants them.
func entitlements(opt Options) []string {
	list := slices.Concat(opt.File.Entitlements, opt.Entitlements)
	if devicesEnabled(opt.File.CDI) {
		list = append(list, deviceEntitlement)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// gcPolicy turns the configured limits into prune rules; without any they
// follow from the size of the disk, as they do in stock BuildKit.
func gcPolicy(cfg config.GCConfig, root string) []client.PruneInfo {
	if cfg.GC != nil && !*cfg.GC {
		return nil
	}
	stat, err := disk.GetDiskStat(root)
	if err != nil {
		bklog.L.Warnf("cannot read the size of the disk, assuming a small one for garbage collection: %v", err)
	}
	rules := cfg.GCPolicy
	if len(rules) == 0 {
		rules = config.DefaultGCPolicy(cfg, stat)
	}
	var list []client.PruneInfo
	for _, r := range rules {
		reserved := r.ReservedSpace
		if reserved == (config.DiskSpace{}) {
			//lint:ignore SA1019 the old name is still in people's files
			reserved = r.KeepBytes
		}
		list = append(list, client.PruneInfo{
			Filter:        r.Filters,
			All:           r.All,
			KeepDuration:  r.KeepDuration.Duration,
			ReservedSpace: reserved.AsBytes(stat),
			MaxUsedSpace:  r.MaxUsedSpace.AsBytes(stat),
			MinFreeSpace:  r.MinFreeSpace.AsBytes(stat),
		})
	}
	return list
}

type (
	cacheExporters = map[string]remotecache.ResolveCacheExporterFunc
	cacheImporters = map[string]remotecache.ResolveCacheImporterFunc
)

func cacheBackends(opt Options, sessions *session.Manager, w *base.Worker, hosts registryHosts) (cacheExporters, cacheImporters) {
	return cacheExporters{
			"registry": registrycache.ResolveCacheExporterFunc(sessions, hosts),
			"local":    localcache.ResolveCacheExporterFunc(sessions),
			"inline":   inlinecache.ResolveCacheExporterFunc(),
			"gha":      gha.ResolveCacheExporterFunc(opt.File.Cache.GHA, nil),
			"s3":       s3cache.ResolveCacheExporterFunc(),
			"azblob":   azblob.ResolveCacheExporterFunc(),
		}, distinct(cacheImporters{
			"registry": registrycache.ResolveCacheImporterFunc(sessions, w.ContentStore(), hosts),
			"local":    localcache.ResolveCacheImporterFunc(sessions),
			"gha":      gha.ResolveCacheImporterFunc(opt.File.Cache.GHA, nil),
			"s3":       s3cache.ResolveCacheImporterFunc(),
			"azblob":   azblob.ResolveCacheImporterFunc(),
		})
}
