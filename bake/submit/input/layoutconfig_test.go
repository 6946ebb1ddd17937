package input_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/tests/fixture"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// What a Dockerfile sees of an image in a layout is read from there, for the platform
// that is asked, and nothing is written.
func TestLayoutConfig(t *testing.T) {
	var made []v1.Image
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		image := fixture.Image(t, platform, fixture.File{Path: "f", Data: []byte(platform)})
		file, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config := *file.Config.DeepCopy()
		config.Env, config.OnBuild, config.WorkingDir = []string{"P=" + platform}, []string{"COPY a /"}, "/w"
		if image, err = mutate.Config(image, config); err != nil {
			t.Fatal(err)
		}
		made = append(made, image)
	}
	value := fixture.WriteLayout(t, "1", made...).Context()
	at := &host.Caller{Dir: t.TempDir(), Granted: func(string, bool) bool { return true }}
	c, err := input.LayoutConfig(t.Context(), value, ocispecs.Platform{OS: "linux", Architecture: "arm64"}, at)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(c.Env, "P=linux/arm64") || len(c.OnBuild) != 1 || c.Dir != "/w" || c.Empty {
		t.Errorf("configuration %+v", c)
	}
	if _, err := input.LayoutConfig(t.Context(), value, ocispecs.Platform{OS: "linux", Architecture: "s390x"}, at); err == nil {
		t.Error("there is an image for no such platform")
	}
	if _, err := input.LayoutConfig(t.Context(), "oci-layout://"+filepath.Join(at.Dir, "none"), ocispecs.Platform{}, at); err == nil {
		t.Error("there is an image in no layout")
	}
	if entries, err := os.ReadDir(at.Dir); err != nil || len(entries) > 0 {
		t.Errorf("%v was written, %v", entries, err)
	}
}
