package frontend

import (
	"errors"
	"net"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/platform"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
)

func TestFrontendAttrs(t *testing.T) {
	for name, c := range map[string]struct {
		target bake.Target
		env    bake.Env
		proxy  map[string]string
		want   map[string]string
	}{
		"nothing": {},
		"args and labels": {
			target: bake.Target{Args: map[string]string{"A": "1", "B": ""}, Labels: map[string]string{"l": "x"}},
			want:   map[string]string{"build-arg:A": "1", "build-arg:B": "", "label:l": "x"},
		},
		"epoch of the environment": {
			env:  bake.Env{"SOURCE_DATE_EPOCH": "5"},
			want: map[string]string{"build-arg:SOURCE_DATE_EPOCH": "5"},
		},
		"epoch of the target wins": {
			target: bake.Target{Args: map[string]string{"SOURCE_DATE_EPOCH": "7"}},
			env:    bake.Env{"SOURCE_DATE_EPOCH": "5"},
			want:   map[string]string{"build-arg:SOURCE_DATE_EPOCH": "7"},
		},
		"proxy unless given in any spelling": {
			target: bake.Target{Args: map[string]string{"HTTP_PROXY": "mine"}},
			proxy:  map[string]string{"http_proxy": "theirs", "no_proxy": "x"},
			want:   map[string]string{"build-arg:HTTP_PROXY": "mine", "build-arg:no_proxy": "x"},
		},
		"stage":            {target: bake.Target{Stage: workspace.Ptr("release")}, want: map[string]string{"target": "release"}},
		"empty stage":      {target: bake.Target{Stage: workspace.Ptr("")}},
		"platforms":        {target: bake.Target{Platforms: []string{"linux/amd64,linux/arm64", "linux/arm/v7"}}, want: map[string]string{"platform": "linux/amd64,linux/arm64,linux/arm/v7"}},
		"no-cache":         {target: bake.Target{NoCache: workspace.Ptr(true), NoCacheFilter: []string{"a"}}, want: map[string]string{"no-cache": ""}},
		"no-cache-filter":  {target: bake.Target{NoCache: workspace.Ptr(false), NoCacheFilter: []string{"a", "b"}}, want: map[string]string{"no-cache": "a,b"}},
		"pull":             {target: bake.Target{Pull: workspace.Ptr(true)}, want: map[string]string{"image-resolve-mode": "pull"}},
		"network none":     {target: bake.Target{Network: workspace.Ptr("none")}, want: map[string]string{"force-network-mode": "none"}},
		"network default":  {target: bake.Target{Network: workspace.Ptr("default")}},
		"multi-platform":   {target: bake.Target{Args: map[string]string{"BUILDKIT_MULTI_PLATFORM": "1"}}, want: map[string]string{"build-arg:BUILDKIT_MULTI_PLATFORM": "1", "multi-platform": "true"}},
		"shm-size":         {target: bake.Target{ShmSize: workspace.Ptr("128m")}, want: map[string]string{"shm-size": "134217728"}},
		"ulimits by name":  {target: bake.Target{Ulimits: []string{"nproc=3", "nofile=10:20", "nproc=4"}}, want: map[string]string{"ulimit": "nofile=10:20,nproc=4:4"}},
		"memory and swap":  {target: bake.Target{Resources: &bake.Resources{Memory: "1g", MemorySwap: "-1"}}, want: map[string]string{"memory": "1073741824", "memswap": "-1"}},
		"processor shares": {target: bake.Target{Resources: &bake.Resources{CPUShares: workspace.Ptr(int64(2)), CPUQuota: workspace.Ptr(int64(0)), CPUSetCPUs: "0-1"}}, want: map[string]string{"cpushares": "2", "cpusetcpus": "0-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			pp, err := platform.Parse(c.target.Platforms)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Attrs(&c.target, c.proxy, c.env, pp)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == nil {
				c.want = map[string]string{}
			}
			if !cmp.Equal(got, c.want) {
				t.Error(cmp.Diff(c.want, got))
			}
		})
	}
}

func TestFrontendAttrsErrors(t *testing.T) {
	for want, target := range map[string]bake.Target{
		"network":   {Network: workspace.Ptr("bridge")},
		"shm-size":  {ShmSize: workspace.Ptr("abc")},
		"ulimits":   {Ulimits: []string{"nofile"}},
		"resources": {Resources: &bake.Resources{Memory: "lots"}},
	} {
		_, err := Attrs(&target, nil, nil, nil)
		var blamed *failure.AttributeError
		if !errors.As(err, &blamed) || blamed.Attribute != want {
			t.Errorf("%s: error is %v", want, err)
		}
	}
	if _, err := platform.Parse([]string{"a/b/c/d"}); err == nil {
		t.Error("a bad platform was taken")
	}
}

func TestHostAttrs(t *testing.T) {
	gateway := func() (net.IP, error) { return net.ParseIP("172.17.0.1"), nil }
	target := &bake.Target{ExtraHosts: map[string]string{"b": "10.0.0.1,[::1]", "a": "host-gateway"}}
	attrs := map[string]string{}
	if err := HostAttrs(target, gateway, attrs); err != nil {
		t.Fatal(err)
	}
	if want := "a=172.17.0.1,b=10.0.0.1,b=::1"; attrs["add-hosts"] != want {
		t.Errorf("add-hosts is %q, want %q", attrs["add-hosts"], want)
	}
	for _, bad := range []map[string]string{{"a": "nonsense"}, {"": "1.2.3.4"}, {"a": ""}} {
		if err := HostAttrs(&bake.Target{ExtraHosts: bad}, gateway, attrs); err == nil || !strings.HasPrefix(err.Error(), "invalid host ") {
			t.Errorf("%v: error is %v", bad, err)
		}
	}
}

func TestAttestAttrs(t *testing.T) {
	const byDefault = "mode=min,inline-only=true"
	for name, c := range map[string]struct {
		attest []bake.Entry
		env    bake.Env
		want   map[string]string
	}{
		"default":           {want: map[string]string{"attest:provenance": byDefault}},
		"default off":       {env: bake.Env{"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}, want: map[string]string{}},
		"provenance off":    {attest: []bake.Entry{{Type: "provenance", Attrs: map[string]string{"disabled": "true"}}}, want: map[string]string{}},
		"provenance chosen": {attest: []bake.Entry{{Type: "provenance", Attrs: map[string]string{"mode": "max", "disabled": "false"}}}, want: map[string]string{"attest:provenance": "type=provenance,mode=max"}},
		"sbom": {
			attest: []bake.Entry{{Type: "sbom", Attrs: map[string]string{"generator": "img,x"}}},
			want:   map[string]string{"attest:sbom": `type=sbom,"generator=img,x"`, "attest:provenance": byDefault},
		},
	} {
		got := map[string]string{}
		if err := AttestAttrs(&bake.Target{Attest: c.attest}, c.env, got); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
	err := AttestAttrs(&bake.Target{}, bake.Env{"BUILDX_NO_DEFAULT_ATTESTATIONS": "maybe"}, map[string]string{})
	if err == nil {
		t.Error("a bad BUILDX_NO_DEFAULT_ATTESTATIONS was taken")
	}
}
