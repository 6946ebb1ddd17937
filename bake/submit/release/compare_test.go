package release

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/util/attestation"
)

// attested pushes an index of an image and a new attestation of it.
func (s *store) attested(name string, image v1.Image) *Image {
	s.Helper()
	statement, err := random.Image(10, 1)
	if err == nil {
		err = remote.WriteIndex(s.ref(name), mutate.AppendManifests(empty.Index,
			mutate.IndexAddendum{Add: image},
			mutate.IndexAddendum{Add: statement, Descriptor: v1.Descriptor{Annotations: map[string]string{attestation.DockerAnnotationReferenceType: "attestation-manifest"}}}))
	}
	if err != nil {
		s.Fatal(err)
	}
	return ImageOf(s.points(name))
}

// An image is the one that had been pushed if but its attestations differ, and if
// that is no longer known.
func TestSameImages(t *testing.T) {
	r := rehearse(t)
	image, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	other, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	first, second, third := r.attested("app:a", image), r.attested("app:b", image), r.attested("app:c", other)
	single := ImageOf(r.push("app:d"))
	gone := r.attested("app:e", other)
	r.lose("app", gone.Digest)
	for name, tc := range map[string]struct {
		was, is *Image
		same    bool
	}{
		"nothing was pushed":    {nil, first, true},
		"the same":              {first, first, true},
		"other attestations":    {first, second, true},
		"another image":         {first, third, false},
		"a single one":          {single, ImageOf(r.push("app:f")), false},
		"a single one, indexed": {single, first, false},
		"one that is gone":      {gone, first, true},
	} {
		j := r.begin()
		err := j.Same(t.Context(), r.client, []*Tag{{Target: "app", Reference: r.place("app:1").Reference, Pushed: tc.was, New: tc.is}})
		var different *DifferentError
		if tc.same && err != nil || !tc.same && (!errors.As(err, &different) || different.Is != tc.is.Digest) {
			t.Errorf("%s: %v", name, err)
		}
		if err := j.Remove(); err != nil {
			t.Fatal(err)
		}
	}
}

// What is noted is written soon, and at the latest when the journal is closed.
func TestNotes(t *testing.T) {
	j := begin(t, Journals{t.TempDir()}, "r/a:1", "r/b:1")
	written := func() int {
		data, err := os.ReadFile(j.File)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), `"pushed"`)
	}
	for i, want := range []int{1, 1} {
		if err := j.Note(func() { j.record.Tags[i].Pushed = &Image{Digest: "sha256:1"} }); err != nil {
			t.Fatal(err)
		}
		if got := written(); got != want && time.Since(j.noted) < notesEvery {
			t.Errorf("after note %d: %d are written, want %d", i, got, want)
		}
	}
	j.Close()
	if got := written(); got != 2 {
		t.Errorf("in the end %d are written", got)
	}
}

// A release that is built again keeps its id, which has been told.
func TestBeginAgain(t *testing.T) {
	j := Journals{t.TempDir()}
	first := begin(t, j, "r/a:1")
	rec := first.Record()
	if _, err := j.Begin(rec); !errors.Is(err, errBusy) {
		t.Errorf("while it is open: %v", err)
	}
	first.Close()
	again, err := j.Begin(rec)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if got := ids(t, j); got != rec.ID || !again.Record().Started.Equal(rec.Started) {
		t.Errorf("the releases are %s, want %s", got, rec.ID)
	}
}
