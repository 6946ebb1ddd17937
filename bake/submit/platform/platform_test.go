package platform

import (
	"runtime"
	"testing"
)

func TestLocalPlatform(t *testing.T) {
	pp, err := Parse([]string{"local"})
	if err != nil || len(pp) != 1 || pp[0].OS == "" || pp[0].Architecture == "" {
		t.Errorf("local is %v, %v", pp, err)
	}
}

// A platform is built once, however it is named.
func TestPlatformsAreDistinct(t *testing.T) {
	pp, err := Parse([]string{"linux/arm64,linux/amd64", "linux/aarch64", "linux/amd64/v1", "linux/arm", "linux/arm/v7", "linux/arm/v6", "local", "LOCAL"})
	if err != nil {
		t.Fatal(err)
	}
	want := "linux/arm64,linux/amd64,linux/arm/v7,linux/arm/v6"
	if got := Format(pp); got != want && runtime.GOARCH == "amd64" {
		t.Errorf("platforms are %s, want %s", got, want)
	}
}
