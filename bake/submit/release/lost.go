package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Lost is an image of which something is gone, so that its registry would
// refuse to give it a tag: an index is served for as long as it has a tag, but
// it cannot be pushed again once one of its manifests was deleted.
type Lost struct {
	Tag     string        // that is to point to it: "ghcr.io/me/app:1.0"
	Image   digest.Digest // the image
	Missing digest.Digest // what is gone; Image itself, if all is
}

func (l Lost) String() string {
	if l.Missing == l.Image {
		return fmt.Sprintf("%s (its image %s is gone from the registry)", l.Tag, l.Image)
	}
	return fmt.Sprintf("%s (of its image %s the manifest %s is gone from the registry)", l.Tag, l.Image, l.Missing)
}

// LostError says that tags would be moved, finished or put back in vain.
// Nothing was written.
type LostError struct {
	ID    string // of the release
	Aim   Aim
	Phase Phase // of the release
	Lost  []Lost
}

// Aim is what was to be done with a release.
type Aim string

// The aims: to begin moving tags, to go on, and to go back.
const (
	toMove     Aim = "move"
	toResume   Aim = "resume"
	toRollBack Aim = "roll back"
)

func (e *LostError) Error() string {
	what := map[Aim]string{
		toMove:     "if a tag could not be moved, these could not be put back",
		toResume:   "these tags cannot be moved to their new images",
		toRollBack: "these tags cannot be put back",
	}[e.Aim]
	var list []string
	for _, l := range e.Lost {
		list = append(list, l.String())
	}
	return what + ": " + strings.Join(list, ", ")
}

// Hint is the way out.
func (e *LostError) Hint() string {
	forget := fmt.Sprintf("`bake --forget=%s` ends the release and leaves the tags as they are.", e.ID)
	switch {
	case e.Aim == toMove:
		return fmt.Sprintf("`bake --resume=%s` moves the tags all the same: it only goes forward. "+
			"To be able to go back, push what is missing once more, or delete these tags, and release again. %s", e.ID, forget)
	case e.Aim == toRollBack:
		return fmt.Sprintf("`bake --resume=%s` moves the rest of the tags to the new images. Or push what is missing once more: then this works. %s", e.ID, forget)
	case e.Phase == Moving:
		return fmt.Sprintf("`bake --rollback=%s` puts the tags back, and then the images can be built and released again. %s", e.ID, forget)
	}
	return "The images have to be built and released again. " + forget
}

// check reads the manifests that tags are to point to, each once, and finds
// those that gone says something is missing of.
func (m *mover) check(ctx context.Context, tags []*Tag, want func(*Tag) *Image, gone func(context.Context, Place, ocispecs.Descriptor) (digest.Digest, error)) ([]Lost, error) {
	type image struct {
		repository string
		digest     digest.Digest
	}
	of := func(t *Tag) image {
		repository, _ := t.place().repository() // it has been reached by that name
		return image{repository, want(t).Digest}
	}
	tags = slices.DeleteFunc(slices.Clone(tags), func(t *Tag) bool { return want(t) == nil })
	var once []*Tag
	missing := map[image]digest.Digest{}
	for _, t := range tags {
		if _, ok := missing[of(t)]; !ok {
			missing[of(t)] = ""
			once = append(once, t)
		}
	}
	err := m.each(ctx, once, func(ctx context.Context, t *Tag) error {
		lacks, err := gone(ctx, t.place(), want(t).descriptor())
		m.mu.Lock()
		defer m.mu.Unlock()
		missing[of(t)] = lacks
		return err
	})
	var out []Lost
	for _, t := range tags {
		if lacks := missing[of(t)]; lacks != "" {
			out = append(out, Lost{t.Reference, want(t).Digest, lacks})
		}
	}
	return out, err
}

// unread reads the manifest of an image, and returns its digest if it is gone.
func (m *mover) unread(ctx context.Context, place Place, desc ocispecs.Descriptor) (digest.Digest, error) {
	_, err := m.manifest(ctx, place, desc)
	if errdefs.IsNotFound(err) {
		return desc.Digest, nil
	}
	return "", err
}

// gone is what a repository lacks of an image: the image itself or one of the
// manifests of an index. It is empty if all is there.
func (m *mover) gone(ctx context.Context, place Place, desc ocispecs.Descriptor) (digest.Digest, error) {
	children, err := m.children(ctx, place, desc)
	switch {
	case errdefs.IsNotFound(err):
		return desc.Digest, nil
	case err != nil:
		return "", err
	}
	for _, child := range children {
		if images.IsIndexType(child.MediaType) {
			if gone, err := m.gone(ctx, place, child); gone != "" || err != nil {
				return gone, err
			}
			continue
		}
		if has, err := m.to.Has(ctx, place, child); err != nil || !has {
			return child.Digest, err
		}
	}
	return "", nil
}

// children are the manifests of an index; none of a single image, which is read, too.
func (m *mover) children(ctx context.Context, place Place, desc ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
	data, err := m.manifest(ctx, place, desc)
	if err != nil || !images.IsIndexType(desc.MediaType) {
		return nil, err
	}
	var index ocispecs.Index
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("read %s: %w", place.Reference, err)
	}
	return index.Manifests, nil
}

// manifest reads a manifest once.
func (m *mover) manifest(ctx context.Context, place Place, desc ocispecs.Descriptor) ([]byte, error) {
	repository, err := place.repository()
	if err != nil {
		return nil, err
	}
	key := repository + "@" + desc.Digest.String()
	m.mu.Lock()
	data := m.manifests[key]
	m.mu.Unlock()
	if data != nil {
		return data, nil
	}
	if data, err = m.to.Fetch(ctx, place, desc); err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.manifests[key] = data
	}
	return data, err
}

// reversible checks before the first tag is moved that all could be put back.
// If not, the release is one that can still be resumed: all images are there.
func (m *mover) reversible(ctx context.Context, tags []*Tag) error {
	lost, err := m.check(ctx, tags, func(t *Tag) *Image { return t.Old }, m.gone)
	if err != nil || len(lost) == 0 {
		return err
	}
	if err := m.journal.update(func(r *Record) { r.Phase = Undone }); err != nil {
		return err
	}
	blamed := tags[slices.IndexFunc(tags, func(t *Tag) bool { return t.Reference == lost[0].Tag })]
	return &tagError{blamed, &LostError{m.journal.record.ID, toMove, Undone, lost}}
}
