package release

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
)

// rehearsal is a release of two tags that exist, one that does not, and one
// that is there already.
type rehearsal struct {
	*store
	journals Journals
	tags     []*Tag
	old, new map[string]digest.Digest // by tag, as they are before and after
}

func rehearse(t *testing.T) *rehearsal {
	t.Helper()
	r := &rehearsal{store: newStore(t), journals: Journals{filepath.Join(t.TempDir(), "releases")},
		old: map[string]digest.Digest{}, new: map[string]digest.Digest{}}
	images := map[string]*Image{}
	for _, name := range []string{"app", "web"} {
		images[name] = ImageOf(r.push(name + ":pushed"))
		r.old[name+":1"] = r.push(name + ":1").Digest
	}
	r.old["app:2"], r.old["web:pushed"] = "", images["web"].Digest
	for _, tag := range slices.Sorted(maps.Keys(r.old)) {
		name, _, _ := strings.Cut(tag, ":")
		r.new[tag] = images[name].Digest
		r.tags = append(r.tags, &Tag{Target: name, Reference: r.place(tag).Reference, New: images[name]})
	}
	return r
}

// begin starts the journal.
func (r *rehearsal) begin() *Journal {
	r.Helper()
	j, err := r.journals.Begin(Record{Request: Request{Dir: "/work"}, Tags: r.tags})
	if err != nil {
		r.Fatal(err)
	}
	return j
}

// have are the tags as they are now.
func (r *rehearsal) have() map[string]digest.Digest {
	out := map[string]digest.Digest{}
	for tag := range r.old {
		out[tag] = r.points(tag).Digest
	}
	return out
}

func (r *rehearsal) expect(want map[string]digest.Digest) {
	r.Helper()
	if have := r.have(); !maps.Equal(have, want) {
		r.Errorf("the tags are %v,\nwant %v", have, want)
	}
}

// set makes the tags what they are to be.
func (r *rehearsal) set(tags map[string]digest.Digest) {
	r.Helper()
	for tag, want := range tags {
		repository, _, _ := strings.Cut(tag, ":")
		var err error
		if want == "" {
			err = remote.Delete(r.ref(tag))
		} else {
			var d *remote.Descriptor
			if d, err = remote.Get(r.ref(repository + "@" + want.String())); err == nil {
				err = remote.Put(r.ref(tag), d)
			}
		}
		if err != nil && !strings.Contains(err.Error(), "MANIFEST_UNKNOWN") {
			r.Fatal(err)
		}
	}
}

// left are the journals in the directory.
func (r *rehearsal) left() []Entry {
	r.Helper()
	list, err := r.journals.List()
	if err != nil {
		r.Fatal(err)
	}
	return list
}

// open opens the only journal there is.
func (r *rehearsal) open() *Journal {
	r.Helper()
	list := r.left()
	if len(list) != 1 || list[0].Err != nil || list[0].Running {
		r.Fatalf("journals: %+v", list)
	}
	j, err := r.journals.Open(list[0].ID)
	if err != nil {
		r.Fatal(err)
	}
	return j
}

func TestMove(t *testing.T) {
	r := rehearse(t)
	puts := 0
	r.hook(func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut {
			puts++
		}
		return false
	})
	if err := r.begin().Move(t.Context(), r.client, r.tags); err != nil {
		t.Fatal(err)
	}
	r.expect(r.new)
	if puts != 3 {
		t.Errorf("%d PUTs for three tags", puts)
	}
	if files, _ := os.ReadDir(r.journals.Dir); len(files) != 1 || files[0].Name() != "lock" {
		t.Errorf("left: %v", files)
	}
}

// requests is how many requests moving the tags takes.
func requests(t *testing.T) int {
	t.Helper()
	r, n := rehearse(t), 0
	r.hook(func(http.ResponseWriter, *http.Request) bool { n++; return false })
	if err := r.begin().Move(t.Context(), r.client, r.tags); err != nil {
		t.Fatal(err)
	}
	return n
}

// One request fails, then all goes well: nothing has moved in the end.
func TestEveryRequestFailsOnce(t *testing.T) {
	for at := range requests(t) {
		r, n := rehearse(t), -1
		r.hook(func(w http.ResponseWriter, _ *http.Request) bool {
			if n++; n != at {
				return false
			}
			w.WriteHeader(http.StatusForbidden)
			return true
		})
		err := r.begin().Move(t.Context(), r.client, r.tags)
		var failure *Error
		if !errors.As(err, &failure) || failure.Half() || !strings.Contains(err.Error(), "403") {
			t.Fatalf("request %d: %v", at, err)
		}
		r.expect(r.old)
		j := r.open()
		if phase := j.Record().Phase; phase == Undone {
			if _, err := j.Resume(t.Context(), r.client); err != nil {
				t.Fatalf("request %d: %v", at, err)
			}
			r.expect(r.new)
		} else if _, err := j.Rollback(t.Context(), r.client); err != nil || phase != Pushing {
			t.Fatalf("request %d: %s, %v", at, phase, err)
		}
		if left := r.left(); len(left) != 0 {
			t.Errorf("request %d: left %v", at, left)
		}
	}
}

// The registry dies: what could not be put back can be, or finished, when it
// lives again.
func TestRegistryDiesAtEveryRequest(t *testing.T) {
	half := 0
	for at := range requests(t) {
		for _, resume := range []bool{true, false} {
			r, n := rehearse(t), -1
			r.hook(func(w http.ResponseWriter, _ *http.Request) bool {
				n++
				return n >= at && reset(w)
			})
			err := r.begin().Move(t.Context(), r.client, r.tags)
			var failure *Error
			if !errors.As(err, &failure) {
				t.Fatalf("request %d: %v", at, err)
			}
			r.hook(nil)
			if failure.Half() {
				half++
			} else {
				r.expect(r.old)
			}
			j, want := r.open(), r.old
			if resume && j.Record().Phase != Pushing {
				want = r.new
				_, err = j.Resume(t.Context(), r.client)
			} else {
				_, err = j.Rollback(t.Context(), r.client)
			}
			if err != nil {
				t.Fatalf("request %d: %v", at, err)
			}
			r.expect(want)
		}
	}
	if half < 6 {
		t.Errorf("only %d of the deaths left something half done", half)
	}
}

// The process dies: its journal and the tags are taken as they are while a
// request is on its way, and a new process goes on.
func TestProcessDiesAtEveryRequest(t *testing.T) {
	type state struct {
		journal string
		tags    map[string]digest.Digest
	}
	r := rehearse(t)
	var states []state
	r.hook(func(http.ResponseWriter, *http.Request) bool {
		files, _ := filepath.Glob(filepath.Join(r.journals.Dir, "*.json"))
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Error(err)
		}
		states = append(states, state{string(data), r.have()})
		return false
	})
	j := r.begin()
	name := filepath.Base(j.File)
	if err := j.Move(t.Context(), r.client, r.tags); err != nil {
		t.Fatal(err)
	}
	r.hook(nil)
	moving := 0
	for i, s := range states {
		for _, resume := range []bool{true, false} {
			if err := os.WriteFile(filepath.Join(r.journals.Dir, name), []byte(s.journal), 0o600); err != nil {
				t.Fatal(err)
			}
			// What a process leaves that dies while it writes.
			if err := os.WriteFile(filepath.Join(r.journals.Dir, name+".new"), []byte(s.journal[:i]), 0o600); err != nil {
				t.Fatal(err)
			}
			r.set(s.tags)
			again, want := r.open(), r.old
			var err error
			if resume && again.Record().Phase == Moving {
				moving++
				want = r.new
				_, err = again.Resume(t.Context(), r.client)
			} else {
				_, err = again.Rollback(t.Context(), r.client)
			}
			if err != nil {
				t.Fatalf("state %d: %v", i, err)
			}
			r.expect(want)
		}
	}
	if moving < 3 {
		t.Errorf("only %d states while tags were moved", moving)
	}
}

func TestMoveInterrupted(t *testing.T) {
	r := rehearse(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.hook(func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut {
			cancel()
		}
		return false
	})
	err := r.begin().Move(ctx, r.client, r.tags)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r.expect(r.old)
}

func TestNewTagStays(t *testing.T) {
	r := rehearse(t)
	r.hook(func(w http.ResponseWriter, req *http.Request) bool {
		switch {
		case req.Method == http.MethodDelete:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case req.Method == http.MethodPut && strings.HasSuffix(req.URL.Path, "/2"):
			r.push("app:2") // it gets there, but the answer is lost
			w.WriteHeader(http.StatusForbidden)
		default:
			return false
		}
		return true
	})
	err := r.begin().Move(t.Context(), r.client, r.tags)
	var failure *Error
	if !errors.As(err, &failure) || !slices.Equal(failure.Stay, []string{r.place("app:2").Reference}) || failure.Half() {
		t.Fatalf("got %v", err)
	}
	if have := r.have(); have["app:1"] != r.old["app:1"] || have["web:1"] != r.old["web:1"] {
		t.Errorf("the tags are %v", have)
	}
}

// A tag that somebody else has moved is left, and the others are done.
func TestSomebodyElseMovedATag(t *testing.T) {
	for name, do := range map[string]func(*Journal, *Registries) (Left, error){
		"resume":   func(j *Journal, to *Registries) (Left, error) { return j.Resume(t.Context(), to) },
		"rollback": func(j *Journal, to *Registries) (Left, error) { return j.Rollback(t.Context(), to) },
	} {
		r := rehearse(t)
		r.halve()
		third := r.push("app:1")
		want := maps.Clone(map[string]map[string]digest.Digest{"resume": r.new, "rollback": r.old}[name])
		want["app:1"] = third.Digest
		left, err := do(r.open(), r.client)
		if err != nil || !slices.Equal(left.Changed, []Changed{{r.place("app:1").Reference, third.Digest}}) {
			t.Errorf("%s: %v, %v", name, left, err)
		}
		r.expect(want)
		if left := r.left(); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

// halve makes a release that dies when it has moved some tags.
func (r *rehearsal) halve() {
	r.Helper()
	puts := 0
	r.hook(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPut {
			puts++
		}
		return puts > 1 && reset(w)
	})
	var failure *Error
	if err := r.begin().Move(r.Context(), r.client, r.tags); !errors.As(err, &failure) || !failure.Half() {
		r.Fatalf("it is not half done: %v", err)
	}
	r.hook(nil)
}

// Each tag that is set is told, with how many are.
func TestMovingIsTold(t *testing.T) {
	r := rehearse(t)
	var told []string
	tell := func(j *Journal) *Journal {
		j.OnStep = func(s Step) { told = append(told, s.String()) }
		return j
	}
	if err := tell(r.begin()).Move(t.Context(), r.client, r.tags); err != nil {
		t.Fatal(err)
	}
	last := r.place("app:2").Reference + " is " + r.new["app:2"].String() + " (3 of 3)"
	if len(told) != 3 || told[2] != last {
		t.Errorf("told %q, want %q at the end", told, last)
	}
	r = rehearse(t)
	r.halve()
	told = nil
	if _, err := tell(r.open()).Rollback(t.Context(), r.client); err != nil {
		t.Fatal(err)
	}
	if len(told) < 3 || !strings.HasSuffix(told[0], "(1 of 4)") {
		t.Errorf("of putting them back is told %q", told)
	}
}

func TestForget(t *testing.T) {
	r := rehearse(t)
	r.halve()
	half := r.have()
	rec, err := r.journals.Forget(r.left()[0].ID)
	if err != nil || rec.Phase != Moving || len(rec.Tags) != len(r.tags) || len(r.left()) != 0 {
		t.Errorf("%+v, %v, left %v", rec, err, r.left())
	}
	r.expect(half)
	j := r.begin()
	if _, err := r.journals.Forget(j.record.ID); !errors.Is(err, errBusy) {
		t.Errorf("one that is running: %v", err)
	}
	j.Close()
	if err := os.WriteFile(j.File, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.journals.Forget(j.record.ID); err != nil || len(r.left()) != 0 {
		t.Errorf("one that is damaged: %v, left %v", err, r.left())
	}
}

// The tags of a release that has moved some are held, those of others are not.
func TestHolding(t *testing.T) {
	r := rehearse(t)
	begun := r.begin()
	if held, err := r.journals.Holding(); err != nil || len(held) != 0 {
		t.Errorf("before a tag has moved: %v, %v", held, err)
	}
	begun.Close()
	r.halve()
	held, err := r.journals.Holding()
	if err != nil || len(held) != len(r.tags) || held[r.place("app:1").Reference].ID != r.left()[0].ID {
		t.Errorf("%v, %v", held, err)
	}
}
