package release

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// journalVersion is the version of what is written.
const journalVersion = 1

// Phase is how far a release came.
type Phase string

// The phases of a release. One that ends well has no journal any more.
const (
	Pushing Phase = "pushing" // images are pushed by digest; no tag has moved
	Moving  Phase = "moving"  // tags are being moved: some may have
	Undone  Phase = "undone"  // all images are there, and no tag has moved, or all were put back
)

// Record is what a journal says. It holds names, digests and values of variables,
// nothing that may be secret.
type Record struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Phase   Phase     `json:"phase"`
	Builder string    `json:"builder,omitempty"` // whose way to the registries is used; empty is the machine's own
	Request Request   `json:"request"`
	Tags    []*Tag    `json:"tags"`
}

// Tag is a tag of a release.
type Tag struct {
	Target    string `json:"target"`
	Reference string `json:"reference"` // "ghcr.io/me/app:1.0"
	Insecure  bool   `json:"insecure,omitempty"`
	New       *Image `json:"new,omitempty"`    // nil while it is being pushed
	Pushed    *Image `json:"pushed,omitempty"` // what was first pushed for it, also by a run that was interrupted
	Old       *Image `json:"old,omitempty"`    // nil if there was no such tag
	Moved     bool   `json:"moved,omitempty"`
}

// Image is what identifies a manifest in a registry.
type Image struct {
	MediaType string        `json:"mediaType"`
	Digest    digest.Digest `json:"digest"`
	Size      int64         `json:"size"`
}

// ImageOf is the image that a descriptor describes.
func ImageOf(d ocispecs.Descriptor) *Image { return &Image{d.MediaType, d.Digest, d.Size} }

func (i *Image) descriptor() ocispecs.Descriptor {
	return ocispecs.Descriptor{MediaType: i.MediaType, Digest: i.Digest, Size: i.Size}
}

func (t *Tag) place() Place { return Place{t.Reference, t.Insecure} }

// Journals is the directory with the journals of one user.
type Journals struct{ Dir string }

// Journal is the journal of one release, which no other process may use while
// it is open.
type Journal struct {
	File   string     // where it is
	OnStep func(Step) // is told of each tag that is set, one call at a time; may be nil

	journals Journals
	lock     *flock.Flock
	mu       sync.Mutex
	record   Record
	removed  bool
	noted    time.Time // when a note was last written
	unsaved  bool      // there are notes that are not written
}

// Step is a tag that was just made to point to an image.
type Step struct {
	Tag      string        // "ghcr.io/me/app:1.0"
	Digest   digest.Digest // of the image; empty if the tag was removed
	Done, Of int           // so many tags are set now, of all
}

func (s Step) String() string {
	if s.Digest == "" {
		return fmt.Sprintf("%s is removed (%d of %d)", s.Tag, s.Done, s.Of)
	}
	return fmt.Sprintf("%s is %s (%d of %d)", s.Tag, s.Digest, s.Done, s.Of)
}

// errBusy says that another process has the journal.
var errBusy = errors.New("another bake is at work on this release")

func (j Journals) file(id string) string { return filepath.Join(j.Dir, id+".json") }

// Begin starts the journal of a release whose images are about to be pushed. It
// replaces those of releases that named one of the same tags and moved none. One
// with an ID goes on: its images are pushed again.
func (j Journals) Begin(rec Record) (*Journal, error) {
	if err := os.MkdirAll(j.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the journal of the release cannot be written: %w", err)
	}
	unlock, err := j.lockAll()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := j.conflict(rec, true); err != nil {
		return nil, err
	}
	rec.Version, rec.Phase = journalVersion, Pushing
	if rec.ID == "" {
		rec.Started = time.Now().UTC().Round(time.Second)
		rec.ID = newID(rec.Started)
	}
	out := &Journal{File: j.file(rec.ID), journals: j, record: rec}
	if err := out.acquire(); err != nil {
		return nil, err
	}
	if err := out.write(); err != nil {
		out.Close()
		return nil, err
	}
	return out, nil
}

// newID is unique, sorts by time and can be typed.
func newID(now time.Time) string {
	var salt [2]byte
	_, _ = rand.Read(salt[:])
	return now.Format("20060102-150405-") + hex.EncodeToString(salt[:])
}

// lockAll keeps other processes from starting to move tags.
func (j Journals) lockAll() (unlock func(), err error) {
	l := flock.New(filepath.Join(j.Dir, "lock"), flock.SetPermissions(0o600))
	if err := l.Lock(); err != nil {
		return nil, fmt.Errorf("the journal of the release cannot be written: %w", err)
	}
	return func() { _ = l.Close() }, nil
}

// Open opens the journal of a release that was interrupted or has failed.
func (j Journals) Open(id string) (*Journal, error) {
	if id != filepath.Base(id) || strings.HasPrefix(id, ".") {
		return nil, fmt.Errorf("%q is not the id of a release", id)
	}
	out := &Journal{File: j.file(id), journals: j}
	if _, err := os.Stat(out.File); err != nil {
		return nil, fmt.Errorf("there is no unfinished release %s: %w", id, err)
	}
	if err := out.acquire(); err != nil {
		return nil, fmt.Errorf("release %s: %w", id, err)
	}
	rec, err := read(out.File) // only now: it may have changed until the lock was there
	if err != nil {
		out.Close()
		return nil, err
	}
	out.record = rec
	return out, nil
}

// acquire takes the lock of the journal, or fails if another process has it.
// The kernel lets go of it when the process ends, however that happens.
func (j *Journal) acquire() error {
	j.lock = flock.New(strings.TrimSuffix(j.File, ".json")+".lock", flock.SetPermissions(0o600))
	ok, err := j.lock.TryLock()
	if err == nil && !ok {
		err = errBusy
	}
	return err
}

// Record is what the journal says.
func (j *Journal) Record() Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	rec := j.record
	rec.Tags = nil
	for _, t := range j.record.Tags {
		c := *t
		rec.Tags = append(rec.Tags, &c)
	}
	return rec
}

// update changes the record and writes it down.
func (j *Journal) update(change func(*Record)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.record)
	return j.write()
}

// notesEvery is how often notes are written at most: it is no harm if some are
// lost, and hundreds of images may be pushed at once.
const notesEvery = 250 * time.Millisecond

// Note changes the tags of the release by what is known of them now. It is
// written down soon, and when the journal is closed.
func (j *Journal) Note(change func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	change()
	j.unsaved = true
	if time.Since(j.noted) < notesEvery {
		return nil
	}
	j.noted, j.unsaved = time.Now(), false
	return j.write()
}

// write replaces the file such that a reader, or a machine that loses power,
// has the old one or the new one.
func (j *Journal) write() error {
	data, err := json.MarshalIndent(j.record, "", "  ")
	if err == nil {
		err = replaceFile(j.File, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("the journal of the release cannot be written: %w", err)
	}
	return nil
}

func replaceFile(name string, data []byte) error {
	temporary := name + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil {
		os.Remove(temporary)
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes a rename last. Where directories cannot be synced it is left to
// the system.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) && !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}

// Remove ends the journal: nothing is left to do.
func (j *Journal) Remove() error {
	err := os.Remove(j.File)
	if err == nil {
		j.mu.Lock()
		j.removed = true
		j.mu.Unlock()
		err = syncDir(j.journals.Dir)
	}
	os.Remove(j.lock.Path())
	j.Close()
	return err
}

// Removed reports whether nothing is left to do.
func (j *Journal) Removed() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.removed
}

// Close lets others use the journal, which stays.
func (j *Journal) Close() {
	j.mu.Lock()
	if j.unsaved && !j.removed {
		_ = j.write() // what is lost are notes
	}
	j.unsaved = false
	j.mu.Unlock()
	_ = j.lock.Close()
}

func read(file string) (Record, error) {
	var rec Record
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &rec)
	}
	switch {
	case err != nil:
	case rec.Version != journalVersion:
		err = fmt.Errorf("it is of version %d, which another bake wrote", rec.Version)
	case rec.ID+".json" != filepath.Base(file) || !slices.Contains([]Phase{Pushing, Moving, Undone}, rec.Phase):
		err = errors.New("it is damaged")
	case rec.Phase != Pushing && slices.ContainsFunc(rec.Tags, func(t *Tag) bool { return t.New == nil }):
		err = errors.New("it is damaged: an image is missing")
	}
	if err != nil {
		return rec, &JournalError{file, err}
	}
	return rec, nil
}

// JournalError says that a journal cannot be read.
type JournalError struct {
	File string
	Err  error
}

func (e *JournalError) Error() string {
	return fmt.Sprintf("the journal of a release, %s, cannot be read: %v", e.File, e.Err)
}

func (e *JournalError) Unwrap() error { return e.Err }
