package output

import (
	"strings"
	"testing"

	"bake/bake/submit/platform"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
)

func TestAnnotations(t *testing.T) {
	got, err := ParseAnnotations([]string{"a=1", "index,manifest[linux/amd64]:b=x=y", ""})
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
		if _, err := ParseAnnotations([]string{bad}); err == nil || !strings.HasPrefix(err.Error(), text) {
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
			all, err := platform.Parse([]string{c.all})
			if err != nil {
				t.Fatal(err)
			}
			own, err := platform.Parse([]string{c.own})
			if err != nil {
				t.Fatal(err)
			}
			e := Export{ExportEntry: client.ExportEntry{Attrs: c.attrs}}
			fault, err := e.Settle(all, own)
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
			if !cmp.Equal(e.Whole, c.whole) {
				t.Error(cmp.Diff(c.whole, e.Whole))
			}
		})
	}
}
