package build

import (
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
)

func ptr[T any](v T) *T { return &v }

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
		"stage":            {target: bake.Target{Stage: ptr("release")}, want: map[string]string{"target": "release"}},
		"empty stage":      {target: bake.Target{Stage: ptr("")}},
		"platforms":        {target: bake.Target{Platforms: []string{"linux/amd64,linux/arm64", "linux/arm/v7"}}, want: map[string]string{"platform": "linux/amd64,linux/arm64,linux/arm/v7"}},
		"no-cache":         {target: bake.Target{NoCache: ptr(true), NoCacheFilter: []string{"a"}}, want: map[string]string{"no-cache": ""}},
		"no-cache-filter":  {target: bake.Target{NoCache: ptr(false), NoCacheFilter: []string{"a", "b"}}, want: map[string]string{"no-cache": "a,b"}},
		"pull":             {target: bake.Target{Pull: ptr(true)}, want: map[string]string{"image-resolve-mode": "pull"}},
		"network none":     {target: bake.Target{Network: ptr("none")}, want: map[string]string{"force-network-mode": "none"}},
		"network default":  {target: bake.Target{Network: ptr("default")}},
		"multi-platform":   {target: bake.Target{Args: map[string]string{"BUILDKIT_MULTI_PLATFORM": "1"}}, want: map[string]string{"build-arg:BUILDKIT_MULTI_PLATFORM": "1", "multi-platform": "true"}},
		"shm-size":         {target: bake.Target{ShmSize: ptr("128m")}, want: map[string]string{"shm-size": "134217728"}},
		"ulimits by name":  {target: bake.Target{Ulimits: []string{"nproc=3", "nofile=10:20", "nproc=4"}}, want: map[string]string{"ulimit": "nofile=10:20,nproc=4:4"}},
		"memory and swap":  {target: bake.Target{Resources: &bake.Resources{Memory: "1g", MemorySwap: "-1"}}, want: map[string]string{"memory": "1073741824", "memswap": "-1"}},
		"processor shares": {target: bake.Target{Resources: &bake.Resources{CPUShares: ptr(int64(2)), CPUQuota: ptr(int64(0)), CPUSetCPUs: "0-1"}}, want: map[string]string{"cpushares": "2", "cpusetcpus": "0-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			pp, err := parsePlatforms(c.target.Platforms)
			if err != nil {
				t.Fatal(err)
			}
			got, err := frontendAttrs(&c.target, c.proxy, c.env, pp)
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
		"network":   {Network: ptr("bridge")},
		"shm-size":  {ShmSize: ptr("abc")},
		"ulimits":   {Ulimits: []string{"nofile"}},
		"resources": {Resources: &bake.Resources{Memory: "lots"}},
	} {
		_, err := frontendAttrs(&target, nil, nil, nil)
		var blamed *attributeError
		if !errors.As(err, &blamed) || blamed.attribute != want {
			t.Errorf("%s: error is %v", want, err)
		}
	}
	if _, err := parsePlatforms([]string{"a/b/c/d"}); err == nil {
		t.Error("a bad platform was taken")
	}
}

func TestLocalPlatform(t *testing.T) {
	pp, err := parsePlatforms([]string{"local"})
	if err != nil || len(pp) != 1 || pp[0].OS == "" || pp[0].Architecture == "" {
		t.Errorf("local is %v, %v", pp, err)
	}
}

func TestHostAttrs(t *testing.T) {
	gateway := func() (net.IP, error) { return net.ParseIP("172.17.0.1"), nil }
	target := &bake.Target{ExtraHosts: map[string]string{"b": "10.0.0.1,[::1]", "a": "host-gateway"}}
	attrs := map[string]string{}
	if err := hostAttrs(target, gateway, attrs); err != nil {
		t.Fatal(err)
	}
	if want := "a=172.17.0.1,b=10.0.0.1,b=::1"; attrs["add-hosts"] != want {
		t.Errorf("add-hosts is %q, want %q", attrs["add-hosts"], want)
	}
	for _, bad := range []map[string]string{{"a": "nonsense"}, {"": "1.2.3.4"}, {"a": ""}} {
		if err := hostAttrs(&bake.Target{ExtraHosts: bad}, gateway, attrs); err == nil || !strings.HasPrefix(err.Error(), "invalid host ") {
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
		if err := attestAttrs(&bake.Target{Attest: c.attest}, c.env, got); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
	err := attestAttrs(&bake.Target{}, bake.Env{"BUILDX_NO_DEFAULT_ATTESTATIONS": "maybe"}, map[string]string{})
	if err == nil {
		t.Error("a bad BUILDX_NO_DEFAULT_ATTESTATIONS was taken")
	}
}

func TestAnnotations(t *testing.T) {
	got, err := parseAnnotations([]string{"a=1", "index,manifest[linux/amd64]:b=x=y", ""})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"annotation.a": "1", "annotation-index.b": "x=y", "annotation-manifest[linux/amd64].b": "x=y"}
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	for bad, text := range map[string]string{
		"a":                  `invalid annotation "a", expected key=value`,
		"bogus:a=1":          `unknown annotation type "bogus"`,
		"index[:a=1":         `invalid annotation type "index["`,
		"index[a/b/c/d]:a=1": `invalid platform`,
	} {
		if _, err := parseAnnotations([]string{bad}); err == nil || !strings.HasPrefix(err.Error(), text) {
			t.Errorf("%s: error is %v, want %s", bad, err, text)
		}
	}
}

// Annotations in brackets find their platform by all of its names, and are sent
// in a way that every engine understands.
func TestSettledAnnotations(t *testing.T) {
	const arm, amd = "linux/arm64", "linux/amd64"
	for name, c := range map[string]struct {
		all, own    string
		attrs, want map[string]string
		whole       map[string]string // if it is not what is sent
		fails       string
	}{
		"one platform": {
			all: arm, own: arm,
			attrs: map[string]string{"annotation-manifest[linux/arm64/v8].k": "v", "name": "x"},
			want:  map[string]string{"annotation-manifest.k": "v", "name": "x"},
			whole: map[string]string{"annotation-manifest[linux/arm64].k": "v"},
		},
		"in brackets wins": {
			all: arm, own: arm,
			attrs: map[string]string{"annotation.k": "all", "annotation[linux/aarch64].k": "arm"},
			want:  map[string]string{"annotation-manifest.k": "arm"},
			whole: map[string]string{"annotation-manifest.k": "all", "annotation-manifest[linux/arm64].k": "arm"},
		},
		"several": {
			all: arm + "," + amd, own: arm + "," + amd,
			attrs: map[string]string{"annotation-manifest[linux/arm64/v8].k": "v", "annotation-manifest-descriptor[linux/x86_64].k": "w", "annotation-index[linux/arm64].i": "x"},
			want:  map[string]string{"annotation-manifest[linux/arm64].k": "v", "annotation-manifest-descriptor[linux/amd64].k": "w", "annotation-index.i": "x"},
		},
		"part of a node": {
			all: arm + "," + amd, own: amd,
			attrs: map[string]string{"annotation-manifest[linux/arm64].k": "v", "annotation-manifest-descriptor[linux/amd64].k": "w"},
			want:  map[string]string{"annotation-manifest-descriptor.k": "w"},
			whole: map[string]string{"annotation-manifest[linux/arm64].k": "v", "annotation-manifest-descriptor[linux/amd64].k": "w"},
		},
		"lost":         {all: arm + "," + amd, own: amd, attrs: map[string]string{"annotation[linux/arm/v7].k": "v"}, fails: "the annotation k for linux/arm/v7 would be lost, as the target is built for linux/arm64,linux/amd64"},
		"another arm":  {all: arm, own: arm, attrs: map[string]string{"annotation[linux/arm64/v9].k": "v"}, fails: "would be lost"},
		"of the index": {all: arm, own: arm, attrs: map[string]string{"annotation-index[linux/amd64].k": "v"}, fails: "would be lost"},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := parsePlatforms([]string{c.all})
			if err != nil {
				t.Fatal(err)
			}
			own, err := parsePlatforms([]string{c.own})
			if err != nil {
				t.Fatal(err)
			}
			e := export{ExportEntry: client.ExportEntry{Attrs: c.attrs}}
			fault, err := e.settle(all, own)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || fault == "" {
					t.Fatalf("error is %v, about %q", err, fault)
				}
				return
			}
			if err != nil || !cmp.Equal(e.Attrs, c.want) {
				t.Errorf("%v %s", err, cmp.Diff(c.want, e.Attrs))
			}
			if c.whole == nil {
				c.whole = c.want
			}
			if !cmp.Equal(e.whole, c.whole) {
				t.Error(cmp.Diff(c.whole, e.whole))
			}
		})
	}
}

// A platform is built once, however it is named.
func TestPlatformsAreDistinct(t *testing.T) {
	pp, err := parsePlatforms([]string{"linux/arm64,linux/amd64", "linux/aarch64", "linux/amd64/v1", "linux/arm", "linux/arm/v7", "linux/arm/v6", "local", "LOCAL"})
	if err != nil {
		t.Fatal(err)
	}
	want := "linux/arm64,linux/amd64,linux/arm/v7,linux/arm/v6"
	if got := formatPlatforms(pp); got != want && runtime.GOARCH == "amd64" {
		t.Errorf("platforms are %s, want %s", got, want)
	}
}
