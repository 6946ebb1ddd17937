package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/util/bklog"
)

// The databases of an engine, by their names in its state directory: those of the
// directory itself, which can be done without one by one, and those of a worker,
// of which none means anything without the others, and neither do the files that
// they describe.
var (
	ownDatabases    = []string{"cache.db", "history.db"}
	workerDatabases = []string{"containerdmeta.db", "metadata_v2.db", "snapshots/metadata.db"}
)

// setAside is the end of the name of a database that was damaged. One of each is kept.
const setAside = ".damaged"

// workers are the directories of workers in a state directory, by name.
func workers(dir string) []string {
	found, _ := filepath.Glob(filepath.Join(dir, "runc-*"))
	for i, path := range found {
		found[i] = filepath.Base(path)
	}
	return found
}

// databases are the databases that a state directory has or should have.
func databases(dir string) []string {
	all := slices.Clone(ownDatabases)
	for _, worker := range workers(dir) {
		for _, name := range workerDatabases {
			all = append(all, filepath.Join(worker, name))
		}
	}
	return all
}

// salvage looks at the databases of a state directory before an engine opens them.
// A damaged one is set aside, with what depends on it, and a new one begun: all of
// it is a cache. It returns what the user should know, a line each. Databases that
// are as the last engine left them are not looked into.
func salvage(ctx context.Context, dir string) (notes []string, err error) {
	s := takeSeal(dir)
	look := looker(ctx, dir, s)
	for _, worker := range workers(dir) {
		faults := workerFaults(dir, worker, s, look)
		if len(faults) == 0 {
			continue
		}
		if err := dropWorker(dir, worker, faults); err != nil {
			return notes, err
		}
		notes = append(notes, fmt.Sprintf("the state of the embedded engine was damaged, and its cache begins anew: %s", strings.Join(faults.words(dir), "; ")))
	}
	if len(notes) > 0 {
		return notes, nil // what is left says nothing without the worker
	}
	var faults faults
	for _, name := range ownDatabases {
		if why := fault(dir, name, s, false, look); why != nil {
			faults = append(faults, damage{name, why})
		}
	}
	for _, f := range faults {
		if err := f.keep(dir); err != nil {
			return notes, err
		}
		what := "steps are built again"
		if f.name == "history.db" {
			what = "the records of past builds are gone"
		}
		notes = append(notes, fmt.Sprintf("a database of the embedded engine was damaged, and %s: %s", what, f.words(dir)))
	}
	return notes, nil
}

// looker returns what looks into a database. After an engine was killed most are
// sound, so one look at all of them comes first.
func looker(ctx context.Context, dir string, s seal) func(path string) error {
	var doubtful []string
	for _, name := range databases(dir) {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil && !s.holds(dir, name) {
			doubtful = append(doubtful, path)
		}
	}
	if len(doubtful) > 1 && sound(ctx, doubtful...) == nil {
		return func(string) error { return nil }
	}
	return func(path string) error { return sound(ctx, path) }
}

// damage is what is wrong with a database.
type damage struct {
	name string
	why  error
}

type faults []damage

func (f damage) words(dir string) string {
	if errors.Is(f.why, fs.ErrNotExist) {
		return f.name + " is gone"
	}
	return fmt.Sprintf("%s (%v) is set aside as %s", f.name, f.why, keptAs(dir, f.name))
}

func (f faults) words(dir string) []string {
	var all []string
	for _, d := range f {
		all = append(all, d.words(dir))
	}
	return all
}

// keptAs is where a damaged database is set aside.
func keptAs(dir, name string) string {
	return filepath.Join(dir, strings.ReplaceAll(name, string(filepath.Separator), "-")+setAside)
}

// keep sets the database aside.
func (f damage) keep(dir string) error {
	bklog.L.Warnf("the database %s is damaged: %v", f.name, f.why)
	err := os.Rename(filepath.Join(dir, f.name), keptAs(dir, f.name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot set a damaged database aside, `rm -r %s` makes the engine begin anew: %w", dir, err)
	}
	return nil
}

// fault is what is wrong with a database; nil if nothing is. must is whether it
// has to be there.
func fault(dir, name string, s seal, must bool, look func(string) error) error {
	path := filepath.Join(dir, name)
	_, known := s[name]
	switch _, err := os.Stat(path); {
	case s.holds(dir, name):
		return nil
	case err != nil && (known || must):
		return fs.ErrNotExist
	case err != nil:
		return nil
	}
	return look(path)
}

// workerFaults is what is wrong with the databases of a worker.
func workerFaults(dir, worker string, s seal, look func(string) error) faults {
	must := begun(filepath.Join(dir, worker))
	var all faults
	for _, base := range workerDatabases {
		name := filepath.Join(worker, base)
		if why := fault(dir, name, s, must, look); why != nil {
			all = append(all, damage{name, why})
		}
	}
	return all
}

// begun tells whether a worker has files that a database should know.
func begun(worker string) bool {
	entries, err := os.ReadDir(filepath.Join(worker, "snapshots", "snapshots"))
	return err == nil && len(entries) > 0
}

// dropWorker removes what a worker keeps, and what refers to it, but for its
// damaged databases. Removing gigabytes takes its time, and nobody waits for it.
func dropWorker(dir, worker string, all faults) error {
	for _, f := range all {
		if err := f.keep(dir); err != nil {
			return err
		}
	}
	trash := filepath.Join(tempDir(dir), worker+setAside)
	if err := os.Rename(filepath.Join(dir, worker), trash); err != nil {
		return fmt.Errorf("cannot set damaged state aside, `rm -r %s` makes the engine begin anew: %w", dir, err)
	}
	go func() {
		if err := os.RemoveAll(trash); err != nil {
			bklog.L.Warnf("cannot remove what was set aside: %v", err)
		}
	}()
	for _, name := range ownDatabases {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return explainDir(dir, err)
		}
	}
	return nil
}

// explainDamage names what cures an engine that fails to start for what is in its
// databases.
func explainDamage(dir string, err error) error {
	if !slices.ContainsFunc(cannotOpen, func(text string) bool { return strings.Contains(err.Error(), text) }) {
		return err
	}
	return fmt.Errorf("%w; if its state is damaged, `rm -r %s` makes it begin anew with an empty cache", err, dir)
}

// cannotOpen is how errors of databases and of what they hold begin.
var cannotOpen = []string{
	"cannot open the solver cache", "cannot open the build history", "cannot open the snapshot database",
	"cannot read the snapshot database", "cannot open the cache metadata", "cannot make the worker", "snapshotter: ",
}
