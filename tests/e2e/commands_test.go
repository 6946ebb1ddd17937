package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bake/tests/fixture"

	"github.com/rogpeppe/go-internal/testscript"
)

// commands are the commands of scripts.
type commands struct {
	t     *testing.T
	world *world
}

// run runs bake and returns its exit code.
func (c *commands) run(ts *testscript.TestScript, args ...string) int {
	err := ts.Exec(program, args...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("run bake: %v", err)
	return -1
}

func (c *commands) bake(ts *testscript.TestScript, neg bool, args []string) {
	if code := c.run(ts, args...); (code == 0) == neg {
		ts.Fatalf("exit code %d", code)
	}
}

func (c *commands) exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if code := c.run(ts, args[1:]...); (code == want) == neg {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// into runs bake with its stdout in a file: it may be an archive, which is
// nothing to show.
func (c *commands) into(ts *testscript.TestScript, neg bool, args []string) {
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer file.Close()
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = c.settings(ts)
	cmd.Stdout, cmd.Stderr = file, ts.Stderr()
	if err := cmd.Run(); (err == nil) == neg {
		ts.Fatalf("bake: %v", err)
	}
}

// settings is the environment of a script, as far as it is about bake.
func (c *commands) settings(ts *testscript.TestScript) []string {
	env := c.world.environment(ts.Getenv("HOME"), ts.Getenv("BAKE_ENGINE_DIR"))
	for _, name := range append(strings.Fields(ts.Getenv("PASS")), "OUT", "SOURCE_DATE_EPOCH", "BUILDX_NO_DEFAULT_ATTESTATIONS") {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

// peerSettings is settings for docker buildx bake, which has a home of its own.
func (c *commands) peerSettings(ts *testscript.TestScript) []string {
	return slices.DeleteFunc(c.settings(ts), func(pair string) bool { return strings.HasPrefix(pair, "HOME=") })
}

func (c *commands) twin(ts *testscript.TestScript, _ bool, args []string) {
	c.runBake(ts, args)
	c.runPeer(ts, args)
	c.compare(ts)
}

func (c *commands) cold(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec(program, "engine", "prune", "--all"))
	c.runBake(ts, args)
	ts.Check(ts.Exec(program, "engine", "prune", "--all"))
	c.runPeer(ts, args)
	c.compare(ts)
}

func (c *commands) runBake(ts *testscript.TestScript, args []string) {
	ts.Setenv("OUT", "ours")
	if code := c.run(ts, args...); code != 0 {
		ts.Fatalf("bake: exit code %d", code)
	}
}

// runPeer runs docker buildx bake on the engine that bake has used.
func (c *commands) runPeer(ts *testscript.TestScript, args []string) {
	tb := failing{c.t, ts}
	peer := c.world.peerOn(c.t)
	if dir := ts.Getenv("BAKE_ENGINE_DIR"); dir != sharedEngine {
		peer = fixture.NewPeer(tb, filepath.Join(dir, "engine.sock"))
	}
	ts.Check(os.MkdirAll(ts.MkAbs("peer"), 0o755)) // it makes none for an archive
	o := peer.Bake(tb, ts.MkAbs("."), append(c.peerSettings(ts), "OUT=peer", "BUILDX_BAKE_ENTITLEMENTS_FS=0"), args...)
	if o.Code != 0 {
		ts.Fatalf("docker buildx bake: exit code %d\n%s%s", o.Code, o.Stdout, o.Stderr)
	}
}

// compare compares everything that both have made: images by their digests,
// the rest by its files.
func (c *commands) compare(ts *testscript.TestScript) {
	if ts.Getenv("ATTESTED") != "" {
		settleFiles(ts, ts.MkAbs("ours"))
		settleFiles(ts, ts.MkAbs("peer"))
	}
	ours, peers := c.made(ts, "ours"), c.made(ts, "peer")
	if len(ours) == 0 || !slices.Equal(slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(peers))) {
		ts.Fatalf("bake made %v, docker buildx bake %v", slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(peers)))
	}
	for name, our := range ours {
		peer := peers[name]
		switch {
		case our.Built == nil:
			if diff := our.files.Diff(peer.files); diff != "" {
				ts.Fatalf("%s differs: %s", name, diff)
			}
		case ts.Getenv("ATTESTED") != "":
			compareAttested(ts, name, our, peer)
		case our.Digest != peer.Digest:
			ts.Fatalf("%s differs:\nbake:               %s\ndocker buildx bake: %s", name, describe(*our.Built), describe(*peer.Built))
		default:
			ts.Logf("%s: %s, both", name, our.Digest)
		}
	}
}

// output is what one output of a build has made: an image, or just files.
type output struct {
	*fixture.Built
	files fixture.Content
}

// made is what lies in a directory, and what lies in the registry below that
// name.
func (c *commands) made(ts *testscript.TestScript, side string) map[string]output {
	found := map[string]output{}
	entries, err := os.ReadDir(ts.MkAbs(side))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("%v", err)
	}
	for _, entry := range entries {
		path := filepath.Join(ts.MkAbs(side), entry.Name())
		if c.isImage(ts, path) {
			built := c.built(ts, path)
			found[entry.Name()] = output{Built: &built}
			continue
		}
		found[entry.Name()] = output{files: c.content(ts, path)}
	}
	for _, name := range strings.Fields(ts.Getenv("PUSHED")) {
		built := c.built(ts, c.world.registry.Ref(side+"-"+name))
		found["pushed "+name] = output{Built: &built}
	}
	return found
}

// isImage reports whether a path is an OCI layout, as directory or as archive,
// or a docker archive.
func (c *commands) isImage(ts *testscript.TestScript, path string) bool {
	info, err := os.Stat(path)
	ts.Check(err)
	if info.IsDir() {
		_, err := os.Stat(filepath.Join(path, "oci-layout"))
		return err == nil
	}
	content := fixture.ReadTarFile(failing{c.t, ts}, path)
	_, oci := content["oci-layout"]
	_, docker := content["manifest.json"]
	return oci || docker
}

// describe shows what a difference of digests can come from.
func describe(b fixture.Built) string {
	text := b.Digest
	for _, img := range b.Images {
		manifest, _ := json.Marshal(img.Manifest)
		config, _ := json.Marshal(img.Config)
		text += fmt.Sprintf("\n  %s\n  %s\n  %s", img.Platform, manifest, config)
	}
	return text
}

// image prints the config of each platform's image on a line of stdout.
func (c *commands) image(ts *testscript.TestScript, _ bool, args []string) {
	built := c.built(ts, args[0])
	for _, img := range built.Images {
		config, err := json.Marshal(img.Config)
		ts.Check(err)
		_, err = fmt.Fprintf(ts.Stdout(), "%s %s\n", img.Platform, config)
		ts.Check(err)
	}
	for _, s := range built.Statements {
		_, err := fmt.Fprintf(ts.Stdout(), "statement %s of %s: %s\n", s.Predicate, s.Subject, s.Text)
		ts.Check(err)
	}
	_, err := fmt.Fprintf(ts.Stdout(), "name %s\nattestations %d\n", built.Name, built.Attestations)
	ts.Check(err)
}

func (c *commands) same(ts *testscript.TestScript, neg bool, args []string) {
	diff := c.content(ts, args[0]).Diff(c.content(ts, args[1]))
	if (diff == "") == neg {
		ts.Fatalf("%s and %s: %s", args[0], args[1], diff)
	}
}

// content is the files of a directory, of a tar archive of files, or of an
// image of this machine's platform.
func (c *commands) content(ts *testscript.TestScript, place string) fixture.Content {
	tb := failing{c.t, ts}
	if strings.HasPrefix(place, c.world.registry.Host+"/") {
		return c.built(ts, place).Image(tb, fixture.LocalPlatform()).Files
	}
	path := ts.MkAbs(place)
	if c.isImage(ts, path) {
		return c.built(ts, place).Image(tb, fixture.LocalPlatform()).Files
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fixture.ReadDir(tb, path)
	}
	return fixture.ReadTarFile(tb, path)
}

// empty stops the engine and removes its state.
func (c *commands) empty(ts *testscript.TestScript, _ bool, _ []string) {
	dir := ts.Getenv("BAKE_ENGINE_DIR")
	if dir != ts.Getenv("OWN") {
		ts.Fatalf("the engine to be emptied must be the script's own")
	}
	ts.Check(stopEngine(dir, nil))
	ts.Check(os.RemoveAll(dir))
}
