package compose

import (
	"maps"
	"slices"
)

// What Compose knows. The tests compare these names with the schema that
// compose-go carries.

var topKeys = set("version", "name", "include", "services", "models", "networks", "volumes", "secrets", "configs", "jobs")

// usedKeys are the keys of a service that a build needs to know.
var usedKeys = []string{"image", "build", "environment", "env_file", "extends", "profiles", "provider"}

var serviceKeys = set(
	"annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command",
	"configs", "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period",
	"cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "credential_spec", "depends_on", "deploy", "develop",
	"device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "env_file",
	"environment", "expose", "extends", "external_links", "extra_hosts", "gpus", "group_add", "healthcheck",
	"hostname", "image", "init", "ipc", "isolation", "label_file", "labels", "links", "logging", "mac_address",
	"mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "networks",
	"oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "ports", "post_start", "pre_start",
	"pre_stop", "privileged", "profiles", "provider", "pull_policy", "pull_refresh_after", "read_only", "restart",
	"runtime", "scale", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal",
	"storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "umask", "use_api_socket", "user", "userns_mode", "uts",
	"volumes", "volumes_from", "working_dir",
)

var buildKeys = set(
	"additional_contexts", "args", "cache_from", "cache_to", "context", "dockerfile", "dockerfile_inline",
	"entitlements", "extra_hosts", "isolation", "labels", "network", "no_cache", "no_cache_filter", "platforms",
	"privileged", "provenance", "pull", "sbom", "secrets", "shm_size", "ssh", "tags", "target", "ulimits",
)

var secretMountKeys = set("source", "target", "uid", "gid", "mode")

var xbakeKeys = set(
	"cache-from", "cache-to", "contexts", "no-cache", "no-cache-filter", "output", "platforms", "pull", "secret",
	"ssh", "tags",
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
