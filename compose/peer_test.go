package compose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	buildx "github.com/docker/buildx/bake"
	"github.com/docker/buildx/util/buildflags"
	"github.com/docker/go-units"

	"bake/compose"
)

// composePeer is Compose with a configuration in which buildx is installed, as
// far as it asks. It needs no Docker Engine to print.
type composePeer struct{ program string }

func newComposePeer(t *testing.T) composePeer {
	config := t.TempDir()
	plugin := filepath.Join(config, "cli-plugins", "docker-buildx")
	if err := os.MkdirAll(filepath.Dir(plugin), 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho '{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"test\",\"Version\":\"v0\"}'\n"
	if err := os.WriteFile(plugin, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p := composePeer{composeProgram(t)}
	t.Setenv("DOCKER_CONFIG", config)
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(config, "none.sock"))
	t.Setenv("DOCKER_BUILDKIT", "1") // else it asks the engine
	return p
}

// targets are those that Compose prints for files of the working directory,
// with the services of all profiles unless COMPOSE_PROFILES says which.
func (p composePeer) targets(files []compose.File) (map[string]*buildx.Target, error) {
	var args []string
	if os.Getenv("COMPOSE_PROFILES") == "" {
		args = append(args, "--profile", "*")
	}
	for _, f := range files {
		args = append(args, "-f", f.Name)
	}
	out, err := command(".", p.program, append(args, "build", "--print")...)
	if err != nil || len(bytes.TrimSpace(out)) == 0 {
		return nil, err
	}
	return read(out)
}

// read resolves everything in the group "default" of a definition.
func read(data []byte) (map[string]*buildx.Target, error) {
	files := []buildx.File{{Name: "docker-bake.json", Data: data}}
	targets, _, err := buildx.ReadTargets(context.Background(), files, []string{"default"}, nil, nil, nil, &buildx.EntitlementConf{})
	return targets, err
}

// versus compares Compose files of the working directory: what differs, and
// whether both refuse them.
func (p composePeer) versus(t *testing.T, files []compose.File) (text []string, refused bool) {
	theirs, theirErr := p.targets(files)
	var mine map[string]*buildx.Target
	data, err := written(t, files)
	if err == nil && bytes.Contains(data, []byte(`"group"`)) && !bytes.Contains(data, []byte(`"targets":null`)) {
		mine, err = read(data)
	}
	switch {
	case err != nil && theirErr != nil:
		return nil, true
	case err != nil:
		return []string{"only bake refuses: " + err.Error()}, false
	case theirErr != nil:
		return []string{"only Compose refuses: " + theirErr.Error()}, false
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(union(mine, theirs))) {
		a, b := mine[name], theirs[name]
		if a == nil || b == nil {
			text = append(text, fmt.Sprintf("target %s: here %v, in Compose %v", name, a != nil, b != nil))
			continue
		}
		plain(b, a)
		text = append(text, compareTargets(name, attributesOf(a, dir), attributesOf(b, dir))...)
	}
	return text, false
}

func union[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return all
}

// plain takes off what Compose adds for its own use: three labels, an output
// to the engine, and the name of an image that has none.
func plain(b, mine *buildx.Target) {
	project := *b.Labels["com.docker.compose.project"]
	for _, name := range []string{"project", "service", "version"} {
		delete(b.Labels, "com.docker.compose."+name)
	}
	b.Outputs = nil
	b.Tags = slices.DeleteFunc(b.Tags, func(tag string) bool {
		return strings.HasPrefix(tag, project+"-") && !slices.Contains(mine.Tags, tag)
	})
}

// attributesOf are the attributes of a target, with absolute paths and without
// an order that means nothing.
func attributesOf(target *buildx.Target, dir string) map[string]string {
	absolute := func(path, dir string) string {
		if path == "" || strings.Contains(path, ":") || filepath.IsAbs(path) || strings.HasPrefix(path, "github.com/") {
			return path
		}
		return filepath.Join(dir, path)
	}
	if target.Context != nil {
		*target.Context = absolute(*target.Context, dir)
	}
	for name, path := range target.Contexts {
		target.Contexts[name] = absolute(path, dir)
	}
	if target.DockerfileInline != nil {
		target.Dockerfile = nil // not read
	}
	if target.Dockerfile != nil && target.Context != nil && filepath.IsAbs(*target.Context) {
		*target.Dockerfile = absolute(*target.Dockerfile, *target.Context)
	}
	for _, s := range target.Secrets {
		s.FilePath = absolute(s.FilePath, dir)
	}
	for _, s := range target.SSH {
		s.Paths = slices.DeleteFunc(s.Paths, func(path string) bool { return path == "" })
		for i, path := range s.Paths {
			s.Paths[i] = absolute(path, dir)
		}
	}
	slices.SortFunc(target.SSH, func(a, b *buildflags.SSH) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(target.Attest, func(a, b *buildflags.Attest) int { return strings.Compare(a.Type, b.Type) })
	if target.ShmSize != nil {
		if n, err := units.RAMInBytes(*target.ShmSize); err == nil {
			*target.ShmSize = fmt.Sprint(n)
		}
	}
	for i, limit := range target.Ulimits {
		if name, n, _ := strings.Cut(limit, "="); !strings.Contains(n, ":") {
			target.Ulimits[i] = name + "=" + n + ":" + n
		}
	}
	slices.Sort(target.Tags)
	target.Tags = slices.Compact(target.Tags)
	slices.Sort(target.Ulimits)
	slices.Sort(target.Entitlements)
	data, err := json.Marshal(target)
	if err != nil {
		panic(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		panic(err)
	}
	attrs := map[string]string{}
	for name, value := range raw {
		if text := string(value); text != "false" && text != "{}" && text != "[]" {
			attrs[name] = text
		}
	}
	return attrs
}

func compareTargets(name string, mine, theirs map[string]string) []string {
	var text []string
	for _, attr := range slices.Sorted(maps.Keys(union(mine, theirs))) {
		if mine[attr] != theirs[attr] {
			text = append(text, fmt.Sprintf("target %s: %s: here %s, in Compose %s", name, attr, mine[attr], theirs[attr]))
		}
	}
	return text
}

// TestCompose compares with what Compose itself prints, on the cases of the
// archives and the Compose files of the corpus.
func TestCompose(t *testing.T) {
	p := newComposePeer(t)
	count := &peerCount{used: map[int]bool{}}
	for _, c := range cases(t) {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "bake") // the name of the project
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Chdir(dir)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			count.judge(t, p, c.name, c.write(t, "."))
		})
	}
	for _, name := range corpusFiles(t) {
		id := filepath.Base(filepath.Dir(name)) + "/" + filepath.Base(name)
		t.Run(id, func(t *testing.T) {
			t.Chdir(filepath.Dir(name))
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			count.judge(t, p, id, []compose.File{{Name: filepath.Base(name), Data: data}})
		})
	}
	for i, r := range peerRules {
		if !count.used[i] {
			t.Errorf("nothing differs as listed: %s", r.why)
		}
	}
	t.Logf("%d equal, %d both fail, %d listed differences", count.equal, count.fail, count.listed)
}
