package engine

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/tonistiigi/fsutil"
)

// configured is an engine of its own with a buildkitd.toml.
func configured(t *testing.T, toml string) Config {
	t.Helper()
	cfg := tempConfig(t)
	cfg.File = filepath.Join(t.TempDir(), "buildkitd.toml")
	if err := os.WriteFile(cfg.File, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// runInsecure runs true as a privileged process, granted by the client.
func runInsecure(ctx context.Context, t *testing.T, cfg Config) error {
	t.Helper()
	c, err := Client(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	st := llb.Scratch().File(llb.Copy(llb.Local("base"), "/", "/")).
		Run(llb.Args([]string{"/bin/busybox", "true"}), llb.Security(pb.SecurityMode_INSECURE)).Root()
	def, err := st.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := fsutil.NewFS(busyboxDir(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Solve(ctx, def, client.SolveOpt{
		LocalMounts:         map[string]fsutil.FS{"base": fs},
		AllowedEntitlements: []string{entitlements.EntitlementSecurityInsecure.String()},
	}, nil)
	return err
}

func TestEntitlementsAreOffByDefault(t *testing.T) {
	cfg := tempConfig(t)
	refused(t, runInsecure(testContext(t), t, cfg), "security.insecure", "not allowed")
}

func TestEntitlementsByConfiguration(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs real privileges")
	}
	byFile := configured(t, `insecure-entitlements = ["security.insecure"]`)
	byFlag := tempConfig(t)
	byFlag.Entitlements = []string{"security.insecure"}
	for name, cfg := range map[string]Config{"file": byFile, "flag": byFlag} {
		if err := runInsecure(testContext(t), t, cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfigurationFile(t *testing.T) {
	cfg := configured(t, `
[dns]
  nameservers = ["192.0.2.53"]
  searchDomains = ["example.test"]
[worker.oci]
  platforms = ["linux/amd64", "linux/s390x"]
  snapshotter = "native"
  [worker.oci.labels]
    "org.example.rack" = "7"
  [[worker.oci.gcpolicy]]
    keepDuration = "48h"
    maxUsedSpace = "50MB"
    filters = ["type==source.local"]
  [[worker.oci.gcpolicy]]
    all = true
    keepBytes = "1GB"
`)
	ctx := testContext(t)
	out, err := solve(ctx, t, cfg, busyboxDir(t), shell("cat /etc/resolv.conf > /out/dns"))
	if err != nil {
		t.Fatal(err)
	}
	if dns := read(t, filepath.Join(out, "dns")); !strings.Contains(dns, "nameserver 192.0.2.53") || !strings.Contains(dns, "search example.test") {
		t.Errorf("resolv.conf in a RUN:\n%s", dns)
	}
	c, err := Client(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	workers, err := c.ListWorkers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(workers) != 1 {
		t.Fatalf("%d workers", len(workers))
	}
	w := workers[0]
	if w.Labels["org.example.rack"] != "7" || status(t, cfg).Snapshotter != "native" {
		t.Errorf("labels: %v", w.Labels)
	}
	if len(w.Platforms) < 2 || w.Platforms[0].Architecture != "amd64" || w.Platforms[1].Architecture != "s390x" {
		t.Errorf("platforms: %v", w.Platforms)
	}
	if len(w.GCPolicy) != 2 || w.GCPolicy[0].MaxUsedSpace != 50<<20 || w.GCPolicy[0].KeepDuration.Hours() != 48 ||
		!w.GCPolicy[1].All || w.GCPolicy[1].ReservedSpace != 1<<30 {
		t.Errorf("garbage collection: %+v", w.GCPolicy)
	}
}

func TestBadConfigurationIsTold(t *testing.T) {
	for toml, words := range map[string][]string{
		"[worker.oci]\nnetworkMode = \"carrier-pigeon\"": {"carrier-pigeon", "host"},
		"[worker.oci]\nsnapshotter = \"papyrus\"":        {"papyrus", "overlayfs"},
		"[worker.oci]\nplatforms = [\"a/b/c/d/e\"]":      {"a/b/c/d/e"},
		"[system]\nmaxRegistryConcurrency = 0":           {"maxRegistryConcurrency"},
		"[log]\nformat = \"morse\"":                      {"morse"},
		"[compaction]\nminReclaimPercent = 101":          {"[compaction]"},
		"this is not toml":                               {"buildkitd.toml"},
	} {
		cfg := configured(t, toml)
		refused(t, Start(testContext(t), cfg), append(words, "cannot start")...)
	}
}

// The databases give back space only when they are told to.
func TestCompaction(t *testing.T) {
	for toml, want := range map[string]int{"": 0, "[compaction]\nenabled = true": 4} {
		cfg := configured(t, toml)
		if _, err := solve(testContext(t), t, cfg, busyboxDir(t), shell("true")); err != nil {
			t.Fatal(err)
		}
		if err := Stop(testContext(t), cfg); err != nil {
			t.Fatal(err)
		}
		var watched []string
		for _, pattern := range []string{"*", "*/*"} {
			found, err := filepath.Glob(filepath.Join(cfg.Dir, pattern+".compact-state"))
			if err != nil {
				t.Fatal(err)
			}
			watched = append(watched, found...)
		}
		if len(watched) != want {
			t.Errorf("%q: %d databases are watched, want %d: %v", toml, len(watched), want, watched)
		}
	}
}

func TestPruneBeforeIdleExit(t *testing.T) {
	cfg := configured(t, "[[worker.oci.gcpolicy]]\nall = true\nmaxUsedSpace = \"1MB\"\n")
	ctx := testContext(t)
	if _, err := solve(ctx, t, cfg, busyboxDir(t), shell("dd if=/dev/zero of=/out/big bs=1M count=20")); err != nil {
		t.Fatal(err)
	}
	before := diskUsed(cfg.Dir)
	if err := Stop(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Idle = 50e6
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if err := waitGone(ctx, cfg, status(t, cfg).PID); err != nil {
		t.Fatal(err)
	}
	if after := diskUsed(cfg.Dir); before < 20<<20 || after > 8<<20 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
}

func TestEngineFollowsItsConfiguration(t *testing.T) {
	cfg := configured(t, "[worker.oci.labels]\n\"n\" = \"1\"\n")
	ctx := testContext(t)
	client := func() State {
		t.Helper()
		c, err := Client(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return status(t, cfg)
	}
	first := client()
	if again := client(); again.PID != first.PID || again.Labels["n"] != "1" {
		t.Errorf("an engine that is as wanted was replaced: %+v", again)
	}
	if err := os.WriteFile(cfg.File, []byte("[worker.oci.labels]\n\"n\" = \"2\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := client()
	if second.PID == first.PID || second.Labels["n"] != "2" {
		t.Errorf("the changed file is not followed: %+v", second)
	}
	cfg.Entitlements = []string{"network.host"}
	third := client()
	if third.PID == second.PID || !slices.Contains(third.Entitlements, "network.host") {
		t.Errorf("the entitlement is not granted: %+v", third)
	}
	cfg.Entitlements, cfg.File = nil, ""
	if fourth := client(); fourth.PID != third.PID {
		t.Errorf("a client without wishes replaced the engine: %+v", fourth)
	}
}

func TestForegroundEngineIsNotReplaced(t *testing.T) {
	cfg := tempConfig(t)
	ctx, cancel := context.WithCancel(testContext(t))
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, cfg) }()
	waitFor(t, "it serves", 20*time.Second, func() bool { return status(t, cfg).Running })
	var told []string
	other := cfg
	other.Version = "v9"
	other.Notify = func(text string) { told = append(told, text) }
	c, err := Client(ctx, other)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if len(told) != 1 || !strings.Contains(told[0], "foreground") {
		t.Errorf("told %q", told)
	}
	select {
	case err := <-ended:
		t.Errorf("it was stopped: %v", err)
	default:
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
