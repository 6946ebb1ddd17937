package output

import (
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/node"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
)

// container is a driver that was created to load images by default.
type container struct{ driver.Driver }

func (container) IsMobyDriver() bool { return false }

func TestNoDefaultLoad(t *testing.T) {
	n := &node.Node{
		Node:     builder.Node{Driver: &driver.DriverHandle{Driver: container{}}},
		Features: map[driver.Feature]bool{driver.DefaultLoad: true},
	}
	for value, want := range map[string]int{"": 1, "0": 1, "no boolean": 1, "1": 0, "true": 0} {
		opt := &host.Caller{Env: bake.Env{"BUILDX_NO_DEFAULT_LOAD": value}}
		if got := Default(&bake.Target{}, n, opt); len(got) != want {
			t.Errorf("%q: got %v", value, got)
		}
	}
}

func TestNoDefaultOCIArtifact(t *testing.T) {
	for _, tt := range []struct{ value, given, want string }{
		{"", "", ""}, {"1", "", "false"}, {"1", "true", "true"}, {"0", "", ""},
	} {
		attrs := map[string]string{}
		if tt.given != "" {
			attrs["oci-artifact"] = tt.given
		}
		opt := &host.Caller{Env: bake.Env{"BUILDX_NO_DEFAULT_OCI_ARTIFACT": tt.value}, Dir: t.TempDir()}
		got, err := Prepare(&bake.Target{}, []bake.Entry{{Type: "image", Attrs: attrs}}, opt, nil)
		if err != nil || got[0].Attrs["oci-artifact"] != tt.want {
			t.Errorf("%+v: got %v, %v", tt, got[0].Attrs, err)
		}
	}
}
