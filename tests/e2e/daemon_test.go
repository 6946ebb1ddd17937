package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// Under the names buildkitd and buildctl, bake is what drivers of buildx look
// for in a container.
func TestDaemonNames(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, trivial)
	as := func(name string, args ...string) *exec.Cmd {
		if !s.exists(name) {
			if err := os.Symlink(program, s.path(name)); err != nil {
				t.Fatal(err)
			}
		}
		cmd := s.command(args...)
		cmd.Args[0] = s.path(name)
		return cmd
	}
	if words := strings.Fields(fixture.MustRun(t, as("buildkitd", "--version")).Stdout); len(words) != 4 || !strings.HasPrefix(words[2], "v0.") {
		t.Errorf("the version is %q", words)
	}
	for _, tc := range []struct {
		code int
		name string
		args string
		says string
	}{
		{2, "buildkitd", "--nosuch", "--allow-insecure-entitlement"},
		{2, "buildkitd", "serve", "takes no argument"},
		{2, "buildkitd", "--addr tcp://127.0.0.1:1", "one unix socket"},
		{2, "buildctl", "build", "dial-stdio"},
		{5, "buildctl", "--addr unix:///nowhere.sock debug workers", "/nowhere.sock"},
	} {
		o := fixture.Run(t, as(tc.name, strings.Fields(tc.args)...))
		if o.Code != tc.code {
			t.Errorf("%s %s: exit code %d, want %d", tc.name, tc.args, o.Code, tc.code)
		}
		tells(t, o, tc.says)
	}

	address := "unix://" + s.path("s/d.sock")
	b := &background{site: s, cmd: as("buildkitd", "--addr", address, "--root", s.path("state"), "--allow-insecure-entitlement=network.host"), done: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = &b.text, &b.text
	b.launch()
	fixture.Await(t, 20*time.Second, "the daemon listens", func() bool {
		return fixture.Run(t, as("buildctl", "--addr", address, "debug", "workers")).Code == 0
	})
	dial := as("buildctl", "--addr", address, "dial-stdio")
	dial.Stdin = strings.NewReader("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00") // how a client begins
	if o := fixture.Run(t, dial); len(o.Stdout) == 0 {
		t.Error("the daemon did not answer through buildctl")
	}
	s.env = append(s.env, "BUILDKIT_HOST="+address)
	s.run(0)
	b.signal(syscall.SIGTERM)
	b.wait(10*time.Second, 0)
}
