package input

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"bake/bake"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"
	"bake/bake/submit/host"
	"bake/bake/submit/source"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/docker/buildx/util/ocilayout"
	"github.com/moby/buildkit/client/ociindex"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
)

// ContextsCap is the ability of a frontend to read named contexts. One without
// it hands over to the image of a frontend that has it, or says that it cannot.
const ContextsCap = "moby.buildkit.frontend.contexts"

// Inputs is where a target gets its files from.
type Inputs struct {
	Attrs      map[string]string
	Locals     []source.Local
	Stores     map[string]content.Store // OCI layouts by store name
	Dockerfile *dockerfile.File
	ContextDir string                 // the local main context, empty if the engine fetches it
	Ignore     *dockerfile.IgnoreFile // the ignore rules of contextDir, nil if it has none
	caps       map[string]bool
	Named      map[string]string // local directories behind named contexts
	verbatim   bool              // what the keys of named contexts mean is up to another frontend than BuildKit's
	advice     bool              // git may give advice when it fetches

	Definitions map[string]*pb.Definition // what is given to the frontend as an input, by name

	Warnings []string // about files that have no effect
}

// Prepare finds the context, the Dockerfile and the named contexts of t.
// t stands in a definition from elsewhere unless from is nil.
// dated is whether the engine can give files of git the time of their commit.
func Prepare(t *bake.Target, from *bake.Remote, dated bool, at *host.Caller, src *source.Sources) (*Inputs, error) {
	i := &Inputs{
		Attrs: map[string]string{}, Stores: map[string]content.Store{}, caps: map[string]bool{}, Named: map[string]string{},
		Definitions: map[string]*pb.Definition{}, advice: AdviceOnContexts(t),
	}
	if err := i.findContext(t, at); err != nil {
		return nil, err
	}
	if err := checkOwnDockerfile(t, from, i.ContextDir); err != nil {
		return nil, err
	}
	var err error
	if i.Dockerfile, err = dockerfile.Find(t, at, i.ContextDir); err != nil {
		return nil, err
	}
	i.verbatim = !frontend.IsBuildKits(frontend.Of(t, i.Dockerfile))
	if source.IsRemote(t.Context) {
		if err := i.fetchContext(t, from, dated, at); err != nil {
			return nil, failure.In("context", "", err)
		}
	}
	if i.ContextDir != "" {
		if err := i.addContextDir(at, src); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Contexts)) {
		if err := i.addNamedContext(name, t.Contexts[name], from, at, src); err != nil {
			return nil, failure.In("contexts", name, err)
		}
	}
	i.Attrs["filename"] = i.Dockerfile.Name
	return i, nil
}

// Need asks for an ability of the frontend.
func (i *Inputs) Need(ability string) {
	i.caps[ability] = true
	i.Attrs["frontend.caps"] = strings.Join(slices.Sorted(maps.Keys(i.caps)), ",")
}

func (i *Inputs) findContext(t *bake.Target, at *host.Caller) error {
	where := t.Context
	switch {
	case where == "-":
		return failure.In("context", "", errors.New("context from stdin not allowed in bake"))
	case source.IsRemote(where):
		return nil
	}
	i.ContextDir = at.Place(where)
	if st, err := os.Stat(i.ContextDir); err != nil || !st.IsDir() {
		return failure.In("context", "", fmt.Errorf("unable to prepare context: path %q not found", where))
	}
	return nil
}

// addContextDir makes the main context a source, told apart by the part that
// the Dockerfile reads and by its ignore rules: those beside the Dockerfile if
// it has any, else those in its root.
func (i *Inputs) addContextDir(at *host.Caller, src *source.Sources) error {
	i.warn(i.Dockerfile.Ignore, at)
	if i.Ignore = i.Dockerfile.Ignore; !i.Ignore.Used() {
		var err error
		if i.Ignore, err = dockerfile.ReadIgnore(i.ContextDir, ".dockerignore"); err != nil {
			return failure.In("context", "", err)
		}
		i.warn(i.Ignore, at)
	}
	prefix, err := contextSource(i.ContextDir, i.Ignore, dockerfile.Copied(i.Dockerfile.Data), src)
	i.Locals = append(i.Locals, source.Local{Key: "context", Prefix: prefix, Plain: "context"})
	return failure.In("context", "", err)
}

// warn notes that an ignore file has no effect, if so.
func (i *Inputs) warn(f *dockerfile.IgnoreFile, at *host.Caller) {
	if text := f.Warning(at); text != "" {
		i.Warnings = append(i.Warnings, text)
	}
}

// contextSource registers a directory as a context and returns the prefix of
// its name. A main and a named context that read all of it are one source.
func contextSource(dir string, ignore *dockerfile.IgnoreFile, part string, src *source.Sources) (string, error) {
	prefix := source.DirName(dir, ignore.Patterns(), part)
	_, err := src.Get(prefix+"-context", func() (fsutil.FS, error) { return source.OpenDir(dir, ignore.Rule) })
	return prefix, err
}

// AddDockerfile makes the directory of the Dockerfile a source. A Dockerfile
// that travels inside the definition does not need it.
func (i *Inputs) AddDockerfile(d *dockerfile.File, src *source.Sources) error {
	if d.Dir == nil {
		return nil
	}
	l := d.Local()
	i.Attrs["dockerfilekey"] = l.Key
	i.Locals = append(i.Locals, l)
	_, err := src.Get(l.Name(), d.Dir)
	return err
}

// ContextName is the name under which the frontend looks up the named context
// of a key.
func (i *Inputs) ContextName(key string) string {
	if i.verbatim {
		return key
	}
	return bake.ContextName(key)
}

func (i *Inputs) addNamedContext(name, value string, from *bake.Remote, at *host.Caller, src *source.Sources) error {
	attr := "context:" + i.ContextName(name)
	switch {
	case strings.HasPrefix(value, "target:"):
		return nil // a link, bound when the other target is loaded
	case strings.HasPrefix(value, "docker-image://"):
		i.Attrs[attr] = value
		return nil
	case source.IsRemote(value):
		return i.fetchNamed(attr, value, from, at)
	case strings.HasPrefix(value, "oci-layout://"):
		return i.addLayout(attr, value, at)
	}
	where := at.Place(value)
	st, err := os.Stat(where)
	if err == nil && !st.IsDir() {
		err = &os.PathError{Op: "open", Path: where, Err: syscall.ENOTDIR}
	}
	if err != nil {
		return fmt.Errorf("failed to get build context %s: %w", name, err)
	}
	ignore, err := dockerfile.ReadIgnore(where, ".dockerignore")
	if err != nil {
		return err
	}
	i.warn(ignore, at)
	prefix, err := contextSource(where, ignore, "", src)
	if err != nil {
		return err
	}
	i.Named[name] = where
	l := source.Local{Key: prefix + "-context"}
	i.Locals = append(i.Locals, l)
	i.Attrs[attr] = "local:" + l.Key
	return nil
}

// addLayout offers an OCI layout directory to the engine as a content store.
func (i *Inputs) addLayout(attr, value string, at *host.Caller) error {
	ref, _, err := ocilayout.Parse(value)
	if err != nil {
		return err
	}
	where := at.Place(ref.Path)
	if err := at.CheckLed(where, false); err != nil {
		return err
	}
	if ref.Digest == "" {
		if ref.Digest, err = layoutDigest(where, ref.Tag); err != nil {
			return fmt.Errorf("oci-layout reference %q could not be resolved: %w", value, err)
		}
	}
	store, err := contentlocal.NewStore(where)
	if err != nil {
		return fmt.Errorf("invalid store at %s: %w", where, err)
	}
	sum := sha256.Sum256([]byte(where))
	ref.Path = "l" + hex.EncodeToString(sum[:])[:24] // must read as the name of an image
	i.Stores[ref.Path] = &layout{Store: store, dir: where, at: at}
	i.Attrs[attr] = ref.String()
	return nil
}

// layoutDigest finds the manifest with the tag in the index of an OCI layout,
// or the only one there is.
func layoutDigest(dir, tag string) (digest.Digest, error) {
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err != nil {
		return "", err
	}
	index := ociindex.NewStoreIndex(dir)
	desc, err := index.Get(tag)
	if err == nil && desc == nil {
		desc, err = index.GetSingle()
	}
	if err != nil {
		return "", err
	}
	if desc == nil {
		return "", fmt.Errorf("no manifest with tag %q in %s", tag, dir)
	}
	return desc.Digest, desc.Digest.Validate()
}
