package release

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keptFor is how long the journal of a release is kept that moved nothing.
const keptFor = 30 * 24 * time.Hour

// Entry is a release that is not finished.
type Entry struct {
	Record
	File    string
	Running bool  // a process is at work on it
	Err     error // a *JournalError: it cannot be read, and Record has nothing but the ID
}

// List returns the releases that are not finished, in the order in which they
// began.
func (j Journals) List() ([]Entry, error) {
	files, err := os.ReadDir(j.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the journals of releases: %w", err)
	}
	var out []Entry
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok {
			continue
		}
		e := Entry{File: filepath.Join(j.Dir, f.Name())}
		if e.Record, e.Err = read(e.File); errors.Is(e.Err, fs.ErrNotExist) {
			continue // it has just been finished
		}
		e.ID = id
		e.Running = e.Err == nil && j.running(id)
		out = append(out, e)
	}
	return out, nil
}

// running reports whether a process has the journal open.
func (j Journals) running(id string) bool {
	one, err := j.Open(id)
	if err == nil {
		one.Close()
	}
	return errors.Is(err, errBusy)
}

// ConflictError says that a release would move a tag that another one, which
// is not finished, moves too.
type ConflictError struct {
	Other Entry
	Tag   string
}

func (e *ConflictError) Error() string {
	if e.Other.Running {
		return fmt.Sprintf("another bake is just moving the tag %s (release %s)", e.Tag, e.Other.ID)
	}
	return fmt.Sprintf("an earlier release of the tag %s was interrupted while tags were moved (release %s of %s)",
		e.Tag, e.Other.ID, e.Other.Started.Local().Format(time.DateTime))
}

// Check returns a *ConflictError if a release that is not finished has moved
// one of these tags, or is about to, and another error if no journal can be
// written: before a long build, not after it.
func (j Journals) Check(tags []*Tag) error {
	if err := os.MkdirAll(j.Dir, 0o700); err != nil {
		return fmt.Errorf("the journal of the release cannot be written: %w", err)
	}
	unlock, err := j.lockAll()
	if err != nil {
		return err
	}
	unlock()
	return j.conflict(Record{Tags: tags}, false)
}

// conflict compares rec with all others. It can remove those that rec replaces:
// they have moved nothing, and could no longer once rec is done.
func (j Journals) conflict(rec Record, replace bool) error {
	list, err := j.List()
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.Err != nil || other.ID == rec.ID {
			continue
		}
		shared := common(rec.Tags, other.Tags)
		switch {
		case other.Phase == Moving && shared != "":
			return &ConflictError{other, shared}
		case other.Phase != Moving && replace && (shared != "" || time.Since(other.Started) > keptFor):
			_, _ = j.Forget(other.ID) // unless another process has it
		}
	}
	return nil
}

// Forget ends a release, whatever became of it: the tags stay as they are. Its
// journal is removed, even one that cannot be read. The record says what the
// release was, as far as it is known.
func (j Journals) Forget(id string) (Record, error) {
	one, err := j.Open(id)
	if damaged := (*JournalError)(nil); errors.As(err, &damaged) {
		return Record{ID: id}, os.Remove(damaged.File)
	}
	if err != nil {
		return Record{}, err
	}
	return one.Record(), one.Remove()
}

// Holding are the releases that are not finished and have moved tags, or are
// about to, by the tag. Nothing is written.
func (j Journals) Holding() (map[string]Entry, error) {
	list, err := j.List()
	if err != nil {
		return nil, err
	}
	out := map[string]Entry{}
	for _, e := range list {
		if e.Err != nil || e.Phase != Moving {
			continue
		}
		for _, t := range e.Tags {
			out[t.Reference] = e
		}
	}
	return out, nil
}

// common is a tag that both lists have, or "".
func common(a, b []*Tag) string {
	for _, t := range a {
		if slices.ContainsFunc(b, func(o *Tag) bool { return o.Reference == t.Reference }) {
			return t.Reference
		}
	}
	return ""
}
