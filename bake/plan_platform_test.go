package bake

import "testing"

func TestNormalPlatform(t *testing.T) {
	for text, want := range map[string]string{
		"linux/aarch64": "linux/arm64", "linux/arm64/v8": "linux/arm64", "linux/arm64": "linux/arm64", "linux/arm64/v9": "linux/arm64/v9",
		"LINUX/x86_64": "linux/amd64", "linux/amd64/v1": "linux/amd64", "linux/amd64/v3": "linux/amd64/v3",
		"linux/arm": "linux/arm/v7", "linux/armhf": "linux/arm/v7", "linux/arm/v6": "linux/arm/v6", "linux/i386": "linux/386",
		"Local": "local", "local": "local", "linux/": "linux/",
	} {
		if got := NormalPlatform(text); got != want {
			t.Errorf("NormalPlatform(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLacksPlatform(t *testing.T) {
	for _, c := range []struct {
		need, have []string
		want       bool
	}{
		{[]string{"linux/amd64", "linux/arm64/v8"}, []string{"linux/arm64", "linux/x86_64"}, false},
		{[]string{"linux/amd64", "linux/arm/v6"}, []string{"linux/amd64", "linux/arm"}, true},
		{[]string{"linux/amd64,linux/arm64"}, []string{"linux/amd64", "linux/386"}, true},
		{[]string{"linux/amd64", "linux/amd64/v1"}, []string{"linux/386", "linux/arm"}, false}, // one platform always fits
		{[]string{"local", "linux/arm"}, []string{"linux/arm/v7", "linux/386"}, false},
		{[]string{"linux/386", "linux/arm"}, []string{"local", "linux/arm"}, false},
		{[]string{"linux/386"}, []string{"linux/arm", "linux/amd64"}, false},
	} {
		if got := lacksPlatform(c.need, c.have); got != c.want {
			t.Errorf("lacksPlatform(%q, %q) = %t", c.need, c.have, got)
		}
	}
}
