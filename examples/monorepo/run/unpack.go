package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"strings"
)

// config is what an image says of the process to start.
type config struct {
	Entrypoint, Cmd, Env []string
	WorkingDir, User     string
}

// descriptor is a pointer to a blob of the archive.
type descriptor struct {
	MediaType string
	Digest    string
	Platform  struct{ OS, Architecture string }
}

// manifest is an image or an index: what is absent stays empty.
type manifest struct {
	Manifests []descriptor
	Config    descriptor
	Layers    []descriptor
}

// unpack writes the files of the image for this machine below dir.
func unpack(archive, dir string) (config, error) {
	blobs, err := readArchive(archive)
	if err != nil {
		return config{}, err
	}
	m, err := pick(blobs, "index.json")
	if err != nil {
		return config{}, err
	}
	var image struct{ Config config }
	if err := blobs.json(m.Config.path(), &image); err != nil {
		return config{}, err
	}
	root, err := os.OpenRoot(dir) // no layer gets out of it
	if err != nil {
		return config{}, err
	}
	defer root.Close()
	for _, layer := range m.Layers {
		if err := unpackLayer(root, blobs, layer); err != nil {
			return config{}, err
		}
	}
	return image.Config, nil
}

// pick follows indexes to the image for this machine.
func pick(blobs archiveFiles, name string) (manifest, error) {
	for {
		var m manifest
		if err := blobs.json(name, &m); err != nil {
			return m, err
		}
		if len(m.Layers) > 0 {
			return m, nil
		}
		name = ""
		for _, d := range m.Manifests {
			if d.Platform.Architecture == "" || d.Platform.Architecture == runtime.GOARCH {
				name = d.path()
				break
			}
		}
		if name == "" {
			return m, fmt.Errorf("no image for %s", runtime.GOARCH)
		}
	}
}

func (d descriptor) path() string { return "blobs/" + strings.Replace(d.Digest, ":", "/", 1) }

// archiveFiles are the files of an OCI archive, by name.
type archiveFiles map[string][]byte

func readArchive(name string) (archiveFiles, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	files := archiveFiles{}
	err = each(f, func(h *tar.Header, r io.Reader) error {
		data, err := io.ReadAll(r)
		files[path.Clean(h.Name)] = data
		return err
	})
	return files, err
}

func (a archiveFiles) json(name string, v any) error {
	data, ok := a[name]
	if !ok {
		return fmt.Errorf("%s is missing: not an OCI archive", name)
	}
	return json.Unmarshal(data, v)
}

func each(r io.Reader, f func(*tar.Header, io.Reader) error) error {
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(h, in); err != nil {
			return err
		}
	}
}

func unpackLayer(root *os.Root, blobs archiveFiles, layer descriptor) error {
	if !strings.HasSuffix(layer.MediaType, "gzip") {
		return fmt.Errorf("layer of type %s", layer.MediaType)
	}
	plain, err := gzip.NewReader(strings.NewReader(string(blobs[layer.path()])))
	if err != nil {
		return err
	}
	return each(plain, func(h *tar.Header, r io.Reader) error { return unpackFile(root, h, r) })
}

func unpackFile(root *os.Root, h *tar.Header, r io.Reader) error {
	name := path.Clean(h.Name)
	mode := h.FileInfo().Mode()
	if removed, ok := strings.CutPrefix(path.Base(name), ".wh."); ok {
		return root.RemoveAll(path.Join(path.Dir(name), removed))
	}
	switch h.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(name, mode.Perm()); err != nil {
			return err
		}
		return root.Chmod(name, mode.Perm())
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode.Perm())
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return errors.Join(err, f.Chmod(mode.Perm()), f.Close())
	}
	return fmt.Errorf("%s: file of type %q", h.Name, h.Typeflag)
}
