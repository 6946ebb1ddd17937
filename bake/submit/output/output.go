package output

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
)

// Export is one output of a target as BuildKit wants it.
type Export struct {
	client.ExportEntry
	Key     string   // by which its place in the definition is found
	Where   string   // for the report: "out/app.tar", "pushed 127.0.0.1:5000/a:1"
	File    *File    // the file being written, nil if there is none
	Layout  *Layout  // the OCI layout being written, nil if there is none
	Load    bool     // to be loaded into Docker
	Names   []string // of the image
	Push    bool     // to the registries of these names
	Spent   bool     // something was written that cannot be written again
	Tagless bool     // the user asked for a push by digest

	Whole map[string]string // the annotations of all nodes' parts, as options
}

// Streams reports whether the engine sends the result back to the client.
func (e *Export) Streams() bool {
	return e.Output != nil || e.OutputDir != "" || e.Layout != nil || e.Load
}

// Prepare turns outputs, those of t or a default, into exports. The type
// "cacheonly" exports nothing.
func Prepare(t *bake.Target, outputs []bake.Entry, at *host.Caller, stdout io.Writer) ([]*Export, error) {
	tags, err := parseTags(t.Tags)
	if err != nil {
		return nil, err
	}
	annotations, err := ParseAnnotations(t.Annotations)
	if err != nil {
		return nil, failure.In("annotations", "", err)
	}
	var out []*Export
	spoken, layouts := false, 0
	for _, o := range outputs {
		if o.Type == "cacheonly" {
			continue
		}
		key := outputKey(outputs, o)
		e, err := prepareExport(o, at, stdout)
		if err == nil && e.Where == "-" {
			if spoken {
				err = errors.New("multiple outputs configured to write to stdout")
			}
			spoken = true
		}
		if err == nil && e.Layout != nil {
			if layouts++; layouts > 1 {
				err = errors.New("a target can write one OCI layout directory (tar=false), as BuildKit keeps one store for them: write the others as archives")
			}
		}
		if err != nil {
			return nil, failure.In("output", key, err)
		}
		e.Key = key
		maps.Copy(e.Attrs, annotations)
		if err := nameExport(e, tags, t, at); err != nil {
			return nil, failure.In("output", key, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// outputKey is the key of an output in its attribute: its type, unless several
// have that, which only the attribute as a whole stands for.
func outputKey(outputs []bake.Entry, o bake.Entry) string {
	n := 0
	for _, other := range outputs {
		if other.Type == o.Type {
			n++
		}
	}
	if n > 1 {
		return ""
	}
	return o.Type
}

func parseTags(tags []string) ([]string, error) {
	var out []string
	for _, tag := range tags {
		ref, err := reference.Parse(tag)
		if err != nil {
			return nil, failure.In("tags", "", fmt.Errorf("invalid tag %q: %w", tag, err))
		}
		out = append(out, ref.String())
	}
	return out, nil
}

func prepareExport(o bake.Entry, at *host.Caller, stdout io.Writer) (*Export, error) {
	if o.Type == "" {
		return nil, errors.New("type is required for output")
	}
	e := &Export{ExportEntry: client.ExportEntry{Type: o.Type, Attrs: map[string]string{}}}
	maps.Copy(e.Attrs, o.Attrs)
	switch o.Type {
	case "registry":
		e.Type = client.ExporterImage
		e.Attrs["push"] = "true"
		if _, ok := e.Attrs["unpack"]; !ok {
			e.Attrs["unpack"] = "false"
		}
	case client.ExporterLocal:
		if _, err := client.ParseLocalExporterMode(e.Attrs["mode"]); err != nil {
			return nil, err
		}
		return e, e.toDir(o.Dest, at)
	case client.ExporterTar:
		return e, e.toFile(o.Dest, at, stdout)
	case client.ExporterOCI, client.ExporterDocker:
		if tar, err := strconv.ParseBool(e.Attrs["tar"]); err == nil && !tar {
			err := e.toDir(o.Dest, at)
			e.Layout, e.OutputDir = &Layout{dir: e.OutputDir, at: at}, ""
			return e, err
		}
		if o.Type == client.ExporterDocker && o.Dest == "" {
			e.Load = true
			return e, nil
		}
		return e, e.toFile(o.Dest, at, stdout)
	}
	return e, nil
}

// nameExport gives an image its names and says where it goes.
func nameExport(e *Export, tags []string, t *bake.Target, at *host.Caller) error {
	switch e.Type {
	case client.ExporterImage, client.ExporterOCI, client.ExporterDocker:
	default:
		return nil
	}
	if len(tags) > 0 {
		e.Attrs["name"] = strings.Join(tags, ",")
	}
	if v, ok := t.Args["BUILDKIT_INLINE_BUILDINFO_ATTRS"]; ok {
		e.Attrs["buildinfo-attrs"] = v
	}
	if off, _ := at.Flag("BUILDX_NO_DEFAULT_OCI_ARTIFACT"); off && e.Type != client.ExporterDocker {
		if _, set := e.Attrs[string(exptypes.OptKeyOCIArtifact)]; !set {
			e.Attrs[string(exptypes.OptKeyOCIArtifact)] = "false"
		}
	}
	if e.Load && len(tags) > 0 {
		e.Where = "loaded " + strings.Join(tags, ", ")
	}
	e.Names = splitNames(e.Attrs["name"])
	if e.Type != client.ExporterImage {
		return nil
	}
	e.Push, _ = strconv.ParseBool(e.Attrs["push"])
	switch name := e.Attrs["name"]; {
	case e.Push && name == "":
		return errors.New("tag is needed when pushing to registry: give the target tags, or the output a name")
	case e.Push:
		e.Where = "pushed " + strings.ReplaceAll(name, ",", ", ")
	case name != "":
		e.Where = strings.ReplaceAll(name, ",", ", ")
	}
	return nil
}

// splitNames are the names in the attribute of an exporter.
func splitNames(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// CheckDocker rejects what a docker archive cannot hold: several manifests.
func CheckDocker(t *bake.Target, exports []*Export, platforms int) error {
	several := platforms > 1 || t.Attested() != ""
	for _, e := range exports {
		if e.Type == client.ExporterDocker && several && !e.Load {
			return failure.In("output", "", errors.New("docker exporter does not support exporting manifest lists, use the oci exporter instead"))
		}
	}
	return nil
}

// InFullDisk finds the output whose disk is full when a job failed. What the
// client library says of a failed transfer is sometimes only that it ended.
func InFullDisk(exports []*Export, err error) error {
	for _, e := range exports {
		path := e.OutputDir
		if e.File != nil {
			path = e.File.path
		}
		if e.Layout != nil {
			path = e.Layout.dir
		}
		if path != "" && (diskFull(host.Existing(path)) || saysFull(err, path)) {
			return &fullError{path, err}
		}
	}
	return err
}

// Files reports whether e exports files, not an image.
func (e *Export) Files() bool { return e.Type == client.ExporterLocal || e.Type == client.ExporterTar }
