package frontend

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"

	"github.com/docker/go-units"
)

// networkAttrs adds the network mode. Extra hosts need the node and are added
// by hostAttrs.
func networkAttrs(t *bake.Target, attrs map[string]string) error {
	if t.Network == nil {
		return nil
	}
	switch mode := *t.Network; mode {
	case "", "default":
	case "host", "none":
		attrs["force-network-mode"] = mode
	default:
		return failure.In("network", "", fmt.Errorf("network mode %q is not known to BuildKit: use default, none or host", mode))
	}
	return nil
}

// HostAttrs adds the extra hosts. gateway looks up the address that stands for
// "host-gateway"; it is only called when a host asks for it.
func HostAttrs(t *bake.Target, gateway func() (net.IP, error), attrs map[string]string) error {
	var hosts []string
	for _, host := range slices.Sorted(maps.Keys(t.ExtraHosts)) {
		addresses, err := hostAddresses(t.ExtraHosts[host], gateway)
		if err != nil || host == "" {
			if err == nil {
				err = fmt.Errorf("a host needs a name")
			}
			return failure.In("extra-hosts", host, fmt.Errorf("invalid host %s=%s: %w", host, t.ExtraHosts[host], err))
		}
		for _, a := range addresses {
			hosts = append(hosts, host+"="+a)
		}
	}
	if len(hosts) > 0 {
		attrs["add-hosts"] = strings.Join(hosts, ",")
	}
	return nil
}

func hostAddresses(value string, gateway func() (net.IP, error)) ([]string, error) {
	if value == "host-gateway" {
		ip, err := gateway()
		if err != nil {
			return nil, fmt.Errorf("cannot find the address of host-gateway: %w", err)
		}
		return []string{ip.String()}, nil
	}
	var out []string
	for a := range strings.SplitSeq(value, ",") {
		if len(a) > 2 && a[0] == '[' && a[len(a)-1] == ']' {
			a = a[1 : len(a)-1]
		}
		if net.ParseIP(a) == nil {
			return nil, fmt.Errorf("%q is not an IP address", a)
		}
		out = append(out, a)
	}
	return out, nil
}

// limitAttrs adds what bounds the containers of RUN.
func limitAttrs(t *bake.Target, attrs map[string]string) error {
	if t.ShmSize != nil {
		n, err := units.RAMInBytes(*t.ShmSize)
		if err != nil {
			return failure.In("shm-size", "", fmt.Errorf("invalid value %s for membytes key shm-size", *t.ShmSize))
		}
		if n > 0 {
			attrs["shm-size"] = strconv.FormatInt(n, 10)
		}
	}
	limits := map[string]string{}
	for _, u := range t.Ulimits {
		limit, err := units.ParseUlimit(u)
		if err != nil {
			return failure.In("ulimits", "", fmt.Errorf("invalid ulimit %q: %w", u, err))
		}
		limits[limit.Name] = limit.String()
	}
	if len(limits) > 0 {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(limits)) {
			list = append(list, limits[name])
		}
		attrs["ulimit"] = strings.Join(list, ",")
	}
	return resourceAttrs(t.Resources, attrs)
}

func resourceAttrs(r *bake.Resources, attrs map[string]string) error {
	if r == nil {
		return nil
	}
	for _, size := range []struct{ key, attr, value string }{
		{"memory", "memory", r.Memory},
		{"memory-swap", "memswap", r.MemorySwap},
	} {
		if size.value == "" {
			continue
		}
		n := int64(-1) // unlimited swap
		if size.key == "memory" || size.value != "-1" {
			var err error
			if n, err = units.RAMInBytes(size.value); err != nil {
				return failure.In("resources", size.key, fmt.Errorf("invalid value %q for resource %s: %w", size.value, size.key, err))
			}
		}
		if n > 0 || n == -1 && size.key == "memory-swap" {
			attrs[size.attr] = strconv.FormatInt(n, 10)
		}
	}
	for attr, n := range map[string]*int64{"cpushares": r.CPUShares, "cpuperiod": r.CPUPeriod, "cpuquota": r.CPUQuota} {
		if n != nil && *n > 0 {
			attrs[attr] = strconv.FormatInt(*n, 10)
		}
	}
	for attr, set := range map[string]string{"cpusetcpus": r.CPUSetCPUs, "cpusetmems": r.CPUSetMems} {
		if set != "" {
			attrs[attr] = set
		}
	}
	return nil
}
