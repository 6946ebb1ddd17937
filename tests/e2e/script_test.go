package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bake/tests/fixture"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts have these commands besides those of testscript:
//
//	bake ARGS          run bake; "! bake" fails with whatever code
//	exits CODE ARGS    run bake, which must end with that exit code
//	into FILE ARGS     run bake with its stdout in the file
//	twin ARGS          run bake with OUT=ours, then docker buildx bake with OUT=peer,
//	                   on the same engine: the images below both, and those that
//	                   they push to $REGISTRY/$OUT, must have equal digests
//	prints ARGS        the same with --print: both must print the same
//	cold ARGS          twin, but the cache is emptied before each
//	                   ($ATTESTED: equal but for the times in their provenance)
//	image PLACE        print the config of an image and what is attested of it, as JSON: an archive, a layout or $REGISTRY/NAME
//	same A B           compare the files of two of: directory, archive, image
//	ask OURS PEERS ARGS
//	                   run bake and docker buildx bake: the same on stdout, and these exit codes
//	empty              lose the engine with its state, as a new machine would
//
// A script that sets BAKE_ENGINE_DIR to $OWN has an engine of its own.
func TestScripts(t *testing.T) {
	fixture.NeedRoot(t)
	w := theWorld(t)
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	c := &commands{t: t, world: w}
	t.Run("all", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Files: scripts,
			Setup: func(env *testscript.Env) error { return c.setup(env) },
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"bake": c.bake, "exits": c.exits, "into": c.into, "twin": c.twin, "cold": c.cold,
				"prints": c.prints,
				"image":  c.image, "same": c.same, "empty": c.empty, "ask": c.ask,
			},
			RequireUniqueNames: true,
			Deadline:           time.Now().Add(20 * time.Minute),
		})
	})
}

// setup gives a script its environment, and an engine that ends with it.
func (c *commands) setup(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".home")
	if err := os.Mkdir(home, 0o755); err != nil {
		return err
	}
	// Paths below the working directory would be too long for a socket.
	state, err := os.MkdirTemp("", "bake-own-")
	if err != nil {
		return err
	}
	own := filepath.Join(state, "engine")
	settings := append(c.world.environment(home, sharedEngine), "OWN="+own, "OUT=ours",
		"SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	for _, pair := range settings {
		key, value, _ := strings.Cut(pair, "=")
		env.Setenv(key, value)
	}
	env.Defer(func() {
		defer os.RemoveAll(state)
		if _, err := os.Stat(own); err != nil {
			return
		}
		if err := stopEngine(own, nil); err != nil {
			c.t.Error(err)
		}
		if left := leftovers(own); left != "" {
			c.t.Errorf("left behind:\n%s", left)
		}
	})
	return nil
}

// failing lets the fixtures, which are made for Go tests, fail a script.
type failing struct {
	testing.TB
	ts *testscript.TestScript
}

func (f failing) Helper()                         {}
func (f failing) Fatal(args ...any)               { f.ts.Fatalf("%s", fmt.Sprint(args...)) }
func (f failing) Fatalf(form string, args ...any) { f.ts.Fatalf(form, args...) }
func (f failing) TempDir() string {
	dir, err := os.MkdirTemp(f.ts.Getenv("WORK"), ".temporary-")
	f.ts.Check(err)
	return dir
}

var _ testing.TB = failing{}

// built reads an image from where a script says: $REGISTRY/NAME, an archive or
// a layout.
func (c *commands) built(ts *testscript.TestScript, place string) fixture.Built {
	tb := failing{c.t, ts}
	if name, ok := strings.CutPrefix(place, c.world.registry.Host+"/"); ok {
		return c.world.registry.Pull(tb, name)
	}
	return fixture.ReadBuilt(tb, ts.MkAbs(place))
}
