// Package script holds what the command line does, seen from outside: each
// archive of testdata is a script that runs the real main, with its whole
// output.
package script

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bake/bake/engine"
	"bake/cmd"
	"bake/tests/fixture"
)

// TestMain lets the test program be bake: for the scripts, and for the engine,
// which runs the program it is part of.
func TestMain(m *testing.M) {
	engine.Main()
	testscript.Main(m, map[string]func(){
		"bake": func() { os.Exit(cmd.Main()) },
	})
}

// TestScript runs the scripts on one engine of their own. In addition to what
// testscript offers they have
//
//   - told: writes the last standard error, without progress lines and with
//     times and digests made equal, to the file told
//   - asked: waits until a build has asked for $SLOW, a URL that never answers
//   - $BASE: a named context with a shell
//   - the condition [root]
func TestScript(t *testing.T) {
	engineDir := startEngine(t)
	base := fixture.WriteLayout(t, "latest", fixture.Image(t, fixture.LocalPlatform(), fixture.Busybox(t)...))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("BAKE_UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			slow := newSlow(t)
			env.Values["slow"] = slow
			home := filepath.Join(env.WorkDir, "home")
			for name, value := range map[string]string{
				"HOME":            home,
				"BAKE_ENGINE_DIR": engineDir,
				"SLOW":            slow.url,
				"BASE":            base.Context(),
				"NO_COLOR":        "1",
				"COLUMNS":         "80", // else sentences are not broken

				// $BASE is far from the working directory.
				"BUILDX_BAKE_ENTITLEMENTS_FS": "0",
			} {
				env.Setenv(name, value)
			}
			return os.Mkdir(home, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"told":  told,
			"asked": asked,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// startEngine starts the engine that the scripts share, in a state directory
// with a short path because of the socket in it.
func startEngine(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bake")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := engine.Default(func(name string) string { return map[string]string{engine.EnvDir: dir}[name] })
	if err != nil {
		t.Fatal(err)
	}
	// Here and not in a script, whose directories the engine would outlive.
	if err := engine.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := engine.Stop(ctx, cfg); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// What differs from run to run.
var variable = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`\d+(\.\d+)?m?s\b`), "0.0s"},
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "sha256:0"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "000000000000"},
}

var progressLine = regexp.MustCompile(`^#\d+ `)

// told keeps what the last standard error says, so that it can be compared.
func told(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: told")
	}
	var lines []string
	for _, line := range strings.Split(ts.ReadFile("stderr"), "\n") {
		blank := line == "" && (len(lines) == 0 || lines[len(lines)-1] == "")
		if progressLine.MatchString(line) || blank {
			continue
		}
		for _, v := range variable {
			line = v.pattern.ReplaceAllString(line, v.text)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	text := strings.TrimSpace(strings.Join(lines, "\n")) + "\n"
	text = strings.ReplaceAll(text, ts.Getenv("WORK"), "$WORK")
	ts.Check(os.WriteFile(ts.MkAbs("told"), []byte(text), 0o644))
}

// slow is a server that takes requests and never answers them.
type slow struct {
	url   string
	asked chan struct{}
}

func newSlow(t *testing.T) *slow {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slow{url: "http://" + l.Addr().String() + "/file", asked: make(chan struct{}, 100)}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.asked <- struct{}{}
		<-r.Context().Done()
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return s
}

// asked waits for a request to the slow server.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: asked")
	}
	select {
	case <-ts.Value("slow").(*slow).asked:
	case <-time.After(20 * time.Second):
		ts.Fatalf("no build has asked for $SLOW")
	}
}
