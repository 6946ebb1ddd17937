package release

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func recordOf(tags ...string) Record {
	rec := Record{Request: Request{Dir: "/work", Targets: []string{"app"}}}
	for _, t := range tags {
		rec.Tags = append(rec.Tags, &Tag{Target: "app", Reference: t, New: &Image{Digest: "sha256:1"}})
	}
	return rec
}

func begin(t *testing.T, j Journals, tags ...string) *Journal {
	t.Helper()
	one, err := j.Begin(recordOf(tags...))
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func ids(t *testing.T, j Journals) string {
	t.Helper()
	list, err := j.List()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.ID)
	}
	return strings.Join(out, " ")
}

func TestJournalOfOne(t *testing.T) {
	j := Journals{filepath.Join(t.TempDir(), "a", "b")}
	if got := ids(t, j); got != "" {
		t.Errorf("without a directory: %q", got)
	}
	one := begin(t, j, "r/a:1")
	fi, err := os.Stat(one.File)
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
	list, err := j.List()
	if err != nil || len(list) != 1 || !list[0].Running || list[0].Request.Dir != "/work" || list[0].Phase != Pushing {
		t.Errorf("while it is open: %+v, %v", list, err)
	}
	if _, err := j.Open(list[0].ID); !errors.Is(err, errBusy) {
		t.Errorf("it is opened twice: %v", err)
	}
	one.Close()
	again, err := j.Open(list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Remove(); err != nil || ids(t, j) != "" {
		t.Errorf("not removed: %v", err)
	}
	if _, err := j.Open(list[0].ID); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is opened after its end: %v", err)
	}
	if _, err := j.Open("../x"); err == nil {
		t.Error("a path is taken for an id")
	}
}

func TestJournalsOfTheSameTags(t *testing.T) {
	j := Journals{t.TempDir()}
	first := begin(t, j, "r/a:1", "r/b:1")
	other := begin(t, j, "r/c:1")
	first.Close()
	other.Close()
	second := begin(t, j, "r/b:1")
	if got := ids(t, j); strings.Contains(got, first.record.ID) || !strings.Contains(got, other.record.ID) {
		t.Errorf("a release that moved nothing is replaced by the next of its tags, and no other: %s", got)
	}
	if err := second.update(func(r *Record) { r.Phase = Moving }); err != nil {
		t.Fatal(err)
	}
	for _, running := range []bool{true, false} {
		var conflict *ConflictError
		if err := j.Check(recordOf("r/b:1").Tags); !errors.As(err, &conflict) || conflict.Other.Running != running || conflict.Tag != "r/b:1" {
			t.Errorf("running %v: %v", running, err)
		}
		if _, err := j.Begin(recordOf("r/b:1")); !errors.As(err, &conflict) {
			t.Errorf("running %v: %v", running, err)
		}
		second.Close()
	}
	if err := j.Check(recordOf("r/d:1").Tags); err != nil {
		t.Error(err)
	}
}

func TestOldJournalsThatMovedNothing(t *testing.T) {
	j := Journals{t.TempDir()}
	old := begin(t, j, "r/a:1")
	if err := old.update(func(r *Record) { r.Started = time.Now().Add(-2 * keptFor) }); err != nil {
		t.Fatal(err)
	}
	old.Close()
	begin(t, j, "r/b:1").Close()
	if got := ids(t, j); strings.Contains(got, old.record.ID) {
		t.Error("it is kept for ever")
	}
}

func TestDamagedJournals(t *testing.T) {
	for name, text := range map[string]string{
		"empty":   "",
		"cut":     `{"version":1,"id":"x","ph`,
		"newer":   `{"version":2,"id":"x","phase":"moving"}`,
		"another": `{"version":1,"id":"y","phase":"moving"}`,
		"phase":   `{"version":1,"id":"x","phase":"flying"}`,
		"image":   `{"version":1,"id":"x","phase":"moving","tags":[{"reference":"a"}]}`,
	} {
		j := Journals{t.TempDir()}
		file := filepath.Join(j.Dir, "x.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *JournalError
		if _, err := j.Open("x"); !errors.As(err, &damaged) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
		list, err := j.List()
		if err != nil || len(list) != 1 || list[0].ID != "x" || list[0].Err == nil {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
		begin(t, j, "r/a:1").Close() // others are not kept from working
	}
}
