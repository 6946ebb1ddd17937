//go:build linux

package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	ctdsnapshot "github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/diff/walking"
	"github.com/containerd/platforms"
	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	dockerfileversion "github.com/moby/buildkit/frontend/dockerfile/version"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/winlayers"
	"github.com/moby/buildkit/version"
	"github.com/moby/buildkit/worker/base"
	wlabel "github.com/moby/buildkit/worker/label"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/semaphore"
)

// registryHosts tells how to reach a registry: scheme, mirrors, certificates.
type registryHosts = docker.RegistryHosts

// Names of the worker labels by which clients recognise an embedded engine.
const (
	LabelVersion = "dev.bake.engine.version" // version of bake
	LabelBuild   = "dev.bake.engine.build"   // identity of the executable
)

// namespace is the containerd namespace stock BuildKit uses, so that a stock
// daemon can read the state directory and the other way round.
const namespace = "buildkit"

// newWorker builds the OCI worker. BuildKit's own constructor is not used: it
// makes an RSA key for a proxy nobody asked for, which takes 50 to 300 ms.
func newWorker(ctx context.Context, opt Options, hosts registryHosts) (*base.Worker, error) {
	cfg := opt.File.Workers.OCI
	name, snapshotter, err := chooseSnapshotter(opt)
	if err != nil {
		return nil, err
	}
	root := workerRoot(opt.Root, name)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the worker directory: %w", err)
	}
	sweepExecutor(filepath.Join(root, "executor"))
	wopt, err := newStores(ctx, opt, root, name, snapshotter)
	if err != nil {
		return nil, err
	}
	if wopt.ID, err = base.ID(root); err != nil {
		return nil, fmt.Errorf("cannot read the worker id: %w", err)
	}
	networks, mode, err := networkProviders(opt)
	if err != nil {
		return nil, err
	}
	if err := addExecutor(&wopt, opt, root, networks); err != nil {
		return nil, err
	}
	wopt.Root = root
	wopt.Labels = workerLabels(opt, name, mode)
	wopt.GCPolicy = gcPolicy(cfg.GCConfig, opt.Root)
	wopt.BuildkitVersion = buildkitVersion()
	wopt.RegistryHosts = hosts
	wopt.MountPoolRoot = filepath.Join(root, "cachemounts")
	if wopt.Platforms, err = workerPlatforms(cfg.Platforms); err != nil {
		return nil, err
	}
	if n := cfg.MaxParallelism; n > 0 {
		wopt.ParallelismSem = semaphore.NewWeighted(int64(n))
	}
	w, err := base.NewWorker(ctx, wopt)
	if err != nil {
		return nil, fmt.Errorf("cannot make the worker: %w", err)
	}
	return w, nil
}

// addExecutor sets how containers are run: with which runtime, networks, devices
// and limits.
func addExecutor(wopt *base.WorkerOpt, opt Options, root string, networks networks) (err error) {
	cfg := opt.File.Workers.OCI
	if cfg.NoProcessSandbox && !opt.Rootless {
		return errors.New("noProcessSandbox is set in the engine configuration: as root, that would let builds kill any process of the engine")
	}
	if wopt.ResourceMonitor, err = resources.NewMonitor(); err != nil {
		return fmt.Errorf("cannot watch cgroups: %w", err)
	}
	if wopt.CDIManager, err = newDevices(opt.File.CDI); err != nil {
		return err
	}
	wopt.NetworkProviders = networks
	wopt.Executor, err = runcexecutor.New(runcexecutor.Opt{
		Root:                filepath.Join(root, "executor"),
		CommandCandidates:   []string{opt.Runtime.Path},
		Rootless:            opt.Rootless,
		ProcessMode:         processMode(opt),
		DNS:                 dnsConfig(opt.File.DNS),
		ApparmorProfile:     cfg.ApparmorProfile,
		SELinux:             cfg.SELinux,
		DefaultCgroupParent: CgroupParent(opt),
		ResourceMonitor:     wopt.ResourceMonitor,
		CDIManager:          wopt.CDIManager,
	}, networks)
	if err != nil {
		return fmt.Errorf("cannot make the executor: %w", err)
	}
	return nil
}

func processMode(opt Options) oci.ProcessMode {
	if opt.File.Workers.OCI.NoProcessSandbox {
		return oci.NoProcessSandbox
	}
	return oci.ProcessSandbox
}

// workerRoot is the directory of the worker that uses the named snapshotter.
func workerRoot(root, snapshotter string) string {
	return filepath.Join(root, "runc-"+snapshotter)
}

// newStores opens what the worker keeps on disk: blobs, snapshots, leases and
// the cache's metadata.
func newStores(ctx context.Context, opt Options, root, name string, snapshotter ctdsnapshot.Snapshotter) (base.WorkerOpt, error) {
	var wopt base.WorkerOpt
	blobs, err := newBlobs(filepath.Join(root, "content"))
	if err != nil {
		return wopt, fmt.Errorf("cannot open the content store: %w", err)
	}
	rules, err := compaction(opt)
	if err != nil {
		return wopt, err
	}
	db, err := boltutil.Open(filepath.Join(root, "containerdmeta.db"), 0o600, &bolt.Options{
		FreelistType:   bolt.FreelistMapType,
		NoFreelistSync: true,
	}, rules...)
	if err != nil {
		return wopt, fmt.Errorf("cannot open the snapshot database: %w", err)
	}
	mdb := ctdmetadata.NewDB(db, blobs, map[string]ctdsnapshot.Snapshotter{name: snapshotter})
	if err := mdb.Init(ctx); err != nil {
		return wopt, fmt.Errorf("cannot read the snapshot database: %w", err)
	}
	md, err := metadata.NewStore(filepath.Join(root, "metadata_v2.db"), rules...)
	if err != nil {
		return wopt, fmt.Errorf("cannot open the cache metadata: %w", err)
	}
	content := containerdsnapshot.NewContentStore(mdb.ContentStore(), namespace)
	wopt.MetadataStore, wopt.ContentMetadata = md, db
	wopt.Snapshotter = containerdsnapshot.NewSnapshotter(name, mdb.Snapshotter(name), namespace, nil)
	wopt.ContentStore = content
	wopt.Applier = winlayers.NewFileSystemApplierWithWindows(content, newApplier(content, opt.SingleID))
	wopt.Differ = winlayers.NewWalkingDiffWithWindows(content, walking.NewWalkingDiff(content))
	wopt.LeaseManager = leaseutil.WithNamespace(ctdmetadata.NewLeaseManager(mdb), namespace)
	wopt.GarbageCollect = mdb.GarbageCollect
	return wopt, nil
}

func workerLabels(opt Options, snapshotter, network string) map[string]string {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	labels := map[string]string{
		wlabel.Executor:       "oci",
		wlabel.Snapshotter:    snapshotter,
		wlabel.Hostname:       hostname,
		wlabel.Network:        network,
		wlabel.OCIProcessMode: processMode(opt).String(),
		wlabel.SELinuxEnabled: strconv.FormatBool(opt.File.Workers.OCI.SELinux),
		LabelVersion:          opt.Origin.Version,
		LabelBuild:            opt.Origin.Build,
	}
	if p := opt.File.Workers.OCI.ApparmorProfile; p != "" {
		labels[wlabel.ApparmorProfile] = p
	}
	maps.Copy(labels, opt.File.Workers.OCI.Labels)
	return labels
}

// workerPlatforms parses the configured platforms. Without any, only the
// native one is given here: the worker itself adds those the kernel emulates
// when a client lists it, and probing them now would delay the start.
func workerPlatforms(names []string) ([]ocispecs.Platform, error) {
	if len(names) == 0 {
		return []ocispecs.Platform{platforms.Normalize(platforms.DefaultSpec())}, nil
	}
	var list []ocispecs.Platform
	for _, name := range names {
		p, err := platforms.Parse(name)
		if err != nil {
			return nil, fmt.Errorf("invalid platform %q in the engine configuration: %w", name, err)
		}
		list = append(list, platforms.Normalize(p))
	}
	return list, nil
}

func buildkitVersion() client.BuildkitVersion {
	return client.BuildkitVersion{
		Package:           version.Package,
		Version:           version.Version,
		Revision:          version.Revision,
		DockerfileVersion: dockerfileversion.Version(),
	}
}
