package build

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

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/docker/buildx/util/ocilayout"
	"github.com/moby/buildkit/client/ociindex"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
)

// contextsCap is the ability of a frontend to read named contexts. One without
// it hands over to the image of a frontend that has it, or says that it cannot.
const contextsCap = "moby.buildkit.frontend.contexts"

// inputs is where a target gets its files from.
type inputs struct {
	attrs      map[string]string
	locals     []local
	stores     map[string]content.Store // OCI layouts by store name
	dockerfile *dockerfile
	contextDir string      // the local main context, empty if the engine fetches it
	ignore     *ignoreFile // the ignore rules of contextDir, nil if it has none
	caps       map[string]bool
	named      map[string]string // local directories behind named contexts
	verbatim   bool              // what the keys of named contexts mean is up to another frontend than BuildKit's
	advice     bool              // git may give advice when it fetches

	definitions map[string]*pb.Definition // what is given to the frontend as an input, by name

	warnings []string // about files that have no effect
}

// prepareInputs finds the context, the Dockerfile and the named contexts of t.
// t stands in a definition from elsewhere unless from is nil.
// dated is whether the engine can give files of git the time of their commit.
func prepareInputs(t *bake.Target, from *bake.Remote, dated bool, at *Caller, src *sources) (*inputs, error) {
	i := &inputs{
		attrs: map[string]string{}, stores: map[string]content.Store{}, caps: map[string]bool{}, named: map[string]string{},
		definitions: map[string]*pb.Definition{}, advice: adviceOnContexts(t),
	}
	if err := i.findContext(t, at.Dir); err != nil {
		return nil, err
	}
	if err := checkOwnDockerfile(t, from, i.contextDir); err != nil {
		return nil, err
	}
	var err error
	if i.dockerfile, err = findDockerfile(t, at.Dir, i.contextDir); err != nil {
		return nil, err
	}
	i.verbatim = !isBuildKits(frontendOf(t, i.dockerfile))
	if isRemote(t.Context) {
		if err := i.fetchContext(t, from, dated, at); err != nil {
			return nil, in("context", "", err)
		}
	}
	if i.contextDir != "" {
		if err := i.addContextDir(at, src); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Contexts)) {
		if err := i.addNamedContext(name, t.Contexts[name], from, at, src); err != nil {
			return nil, in("contexts", name, err)
		}
	}
	i.attrs["filename"] = i.dockerfile.name
	return i, nil
}

// need asks for an ability of the frontend.
func (i *inputs) need(ability string) {
	i.caps[ability] = true
	i.attrs["frontend.caps"] = strings.Join(slices.Sorted(maps.Keys(i.caps)), ",")
}

func (i *inputs) findContext(t *bake.Target, dir string) error {
	where := t.Context
	switch {
	case where == "-":
		return in("context", "", errors.New("context from stdin not allowed in bake"))
	case isRemote(where):
		return nil
	}
	i.contextDir = abs(dir, strings.TrimPrefix(where, "cwd://"))
	if st, err := os.Stat(i.contextDir); err != nil || !st.IsDir() {
		return in("context", "", fmt.Errorf("unable to prepare context: path %q not found", where))
	}
	return nil
}

// addContextDir makes the main context a source, told apart by the part that
// the Dockerfile reads and by its ignore rules: those beside the Dockerfile if
// it has any, else those in its root.
func (i *inputs) addContextDir(at *Caller, src *sources) error {
	i.warn(i.dockerfile.ignore, at)
	if i.ignore = i.dockerfile.ignore; !i.ignore.used() {
		var err error
		if i.ignore, err = readIgnore(i.contextDir, ".dockerignore"); err != nil {
			return in("context", "", err)
		}
		i.warn(i.ignore, at)
	}
	prefix, err := contextSource(i.contextDir, i.ignore, copied(i.dockerfile.data), src)
	i.locals = append(i.locals, local{key: "context", prefix: prefix, plain: "context"})
	return in("context", "", err)
}

// warn notes that an ignore file has no effect, if so.
func (i *inputs) warn(f *ignoreFile, at *Caller) {
	if text := f.warning(at); text != "" {
		i.warnings = append(i.warnings, text)
	}
}

// contextSource registers a directory as a context and returns the prefix of
// its name. A main and a named context that read all of it are one source.
func contextSource(dir string, ignore *ignoreFile, part string, src *sources) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	prefix := dirName(real, ignore.patterns(), part)
	_, err = src.get(prefix+"-context", func() (fsutil.FS, error) { return openDir(real) })
	return prefix, err
}

// addDockerfile makes the directory of the Dockerfile a source. A Dockerfile
// that travels inside the definition does not need it.
func (i *inputs) addDockerfile(d *dockerfile, src *sources) error {
	if d.dir == nil {
		return nil
	}
	l := d.local()
	i.attrs["dockerfilekey"] = l.key
	i.locals = append(i.locals, l)
	_, err := src.get(l.name(), d.dir)
	return err
}

// contextName is the name under which the frontend looks up the named context
// of a key.
func (i *inputs) contextName(key string) string {
	if i.verbatim {
		return key
	}
	return bake.ContextName(key)
}

func (i *inputs) addNamedContext(name, value string, from *bake.Remote, at *Caller, src *sources) error {
	dir := at.Dir
	attr := "context:" + i.contextName(name)
	switch {
	case strings.HasPrefix(value, "target:"):
		return nil // a link, bound when the other target is loaded
	case strings.HasPrefix(value, "docker-image://"):
		i.attrs[attr] = value
		return nil
	case isRemote(value):
		return i.fetchNamed(attr, value, from, at)
	case strings.HasPrefix(value, "oci-layout://"):
		return i.addLayout(attr, value, dir)
	}
	where := abs(dir, strings.TrimPrefix(value, "cwd://"))
	st, err := os.Stat(where)
	if err == nil && !st.IsDir() {
		err = &os.PathError{Op: "open", Path: where, Err: syscall.ENOTDIR}
	}
	if err != nil {
		return fmt.Errorf("failed to get build context %s: %w", name, err)
	}
	ignore, err := readIgnore(where, ".dockerignore")
	if err != nil {
		return err
	}
	i.warn(ignore, at)
	prefix, err := contextSource(where, ignore, "", src)
	if err != nil {
		return err
	}
	i.named[name] = where
	l := local{key: prefix + "-context"}
	i.locals = append(i.locals, l)
	i.attrs[attr] = "local:" + l.key
	return nil
}

// addLayout offers an OCI layout directory to the engine as a content store.
func (i *inputs) addLayout(attr, value, dir string) error {
	ref, _, err := ocilayout.Parse(value)
	if err != nil {
		return err
	}
	where := abs(dir, ref.Path)
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
	i.stores[ref.Path] = store
	i.attrs[attr] = ref.String()
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
