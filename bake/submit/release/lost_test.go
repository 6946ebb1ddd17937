package release

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
)

// pushIndex pushes a new index of two images under a tag, and returns its
// digest and that of its second image.
func (s *store) pushIndex(name string) (whole, child digest.Digest) {
	s.Helper()
	index, err := random.Index(10, 1, 2)
	if err == nil {
		err = remote.WriteIndex(s.ref(name), index)
	}
	if err != nil {
		s.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		s.Fatal(err)
	}
	return s.points(name).Digest, digest.Digest(manifest.Manifests[1].Digest.String())
}

// lose deletes a manifest of a repository, as clean-up jobs do.
func (s *store) lose(repository string, manifest digest.Digest) {
	s.Helper()
	if err := remote.Delete(s.ref(repository + "@" + manifest.String())); err != nil {
		s.Fatal(err)
	}
}

// refusing answers as registries do that look at the images of an index.
func (r *rehearsal) refusing(tag string, writes *int) {
	r.hook(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut || req.Method == http.MethodDelete {
			*writes++
		}
		if tag == "" || req.Method != http.MethodPut || !strings.HasSuffix(req.URL.Path, tag) {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		return true
	})
}

// A tag is not moved that could not be put back. It is known which and why, and
// whoever wants to can go forward.
func TestTagThatCouldNotBePutBack(t *testing.T) {
	r := rehearse(t)
	whole, child := r.pushIndex("app:1")
	r.old["app:1"] = whole
	r.lose("app", child)
	writes := 0
	r.refusing("", &writes)
	err := r.begin().Move(t.Context(), r.client, r.tags)
	var lost *LostError
	var failure *Error
	want := []Lost{{r.place("app:1").Reference, whole, child}}
	if !errors.As(err, &lost) || lost.Aim != toMove || !slices.Equal(lost.Lost, want) || !errors.As(err, &failure) || failure.Tag != want[0].Tag {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(lost.Hint(), "--resume="+failure.ID) || writes > 0 {
		t.Errorf("hint %q after %d writes", lost.Hint(), writes)
	}
	r.expect(r.old)
	if left := r.left(); len(left) != 1 || left[0].Phase != Undone {
		t.Fatalf("left %+v", left)
	}
	if _, err := r.open().Resume(t.Context(), r.client); err != nil {
		t.Fatal(err)
	}
	r.expect(r.new)
}

// What a release is to point to, or to go back to, may go while it is half done.
func TestRecoveryThatCannotSucceed(t *testing.T) {
	for name, tc := range map[string]struct {
		do     func(*rehearsal) error
		aim    Aim
		way    string // out
		settle func(*rehearsal) error
	}{
		"resume": {
			func(r *rehearsal) error { _, err := r.open().Resume(r.Context(), r.client); return err }, toResume, "--rollback=",
			func(r *rehearsal) error { _, err := r.open().Rollback(r.Context(), r.client); return err },
		},
		"rollback": {
			func(r *rehearsal) error { _, err := r.open().Rollback(r.Context(), r.client); return err }, toRollBack, "--resume=",
			func(r *rehearsal) error { _, err := r.open().Resume(r.Context(), r.client); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := rehearse(t)
			index, child := r.pushIndex("web:index")
			descriptor := r.points("web:index")
			at := slices.IndexFunc(r.tags, func(t *Tag) bool { return strings.HasSuffix(t.Reference, "/web:1") })
			if name == "resume" {
				r.tags[at].New = ImageOf(descriptor)
				r.new["web:1"] = index
			} else {
				r.set(map[string]digest.Digest{"web:1": index})
				r.old["web:1"] = index
			}
			r.halve()
			half := r.have()
			// The other half is done that the broken image is not at.
			if wrong := map[string]digest.Digest{"resume": r.old["web:1"], "rollback": r.new["web:1"]}[name]; half["web:1"] != wrong {
				r.set(map[string]digest.Digest{"web:1": wrong})
				half["web:1"] = wrong
			}
			r.lose("web", child)
			writes := 0
			r.refusing("", &writes)
			err := tc.do(r)
			var lost *LostError
			if !errors.As(err, &lost) || lost.Aim != tc.aim || !slices.Equal(lost.Lost, []Lost{{r.tags[at].Reference, index, child}}) || writes > 0 {
				t.Fatalf("got %v after %d writes", err, writes)
			}
			for _, way := range []string{tc.way, "--forget="} {
				if !strings.Contains(lost.Hint(), way+lost.ID) {
					t.Errorf("hint %q has no %s", lost.Hint(), way)
				}
			}
			r.expect(half)
			if err := tc.settle(r); err != nil {
				t.Error(err)
			}
		})
	}
}

// A tag that is where it should be does not keep the others from going back,
// though it could not be set again.
func TestLostImageThatIsThere(t *testing.T) {
	r := rehearse(t)
	whole, child := r.pushIndex("web:1")
	r.old["web:1"] = whole
	r.halve()
	r.set(map[string]digest.Digest{"web:1": whole, "app:1": r.new["app:1"]})
	r.lose("web", child)
	if _, err := r.open().Rollback(t.Context(), r.client); err != nil {
		t.Fatal(err)
	}
	r.expect(r.old)
}
