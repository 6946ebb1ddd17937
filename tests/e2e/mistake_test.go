package e2e

import (
	"strings"
	"testing"

	"bake/tests/fixture"
)

// What users get wrong is told with its place, in the words of what they wrote.
func TestMistakes(t *testing.T) {
	fixture.NeedRoot(t)
	for _, tc := range []struct {
		name  string
		files string
		args  []string
		code  int
		tells []string
	}{
		{
			name: "no dockerfile", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  context = \"app\"\n}\n-- app/file --\n",
			args:  []string{"app"},
			tells: []string{"target app", "app/Dockerfile", "docker-bake.hcl:"},
		},
		{
			name: "no context", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  context = \"nowhere\"\n}\n",
			args:  []string{"app"},
			tells: []string{"target app", "nowhere", "docker-bake.hcl:2"},
		},
		{
			name: "no named context", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  contexts = {\n    src = \"nowhere\"\n  }\n}\n-- Dockerfile --\nFROM scratch\nCOPY --from=src / /\n",
			args:  []string{"app"},
			tells: []string{"target app", "nowhere", "docker-bake.hcl:3"},
		},
		{
			name: "syntax of a dockerfile", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  context = \"app\"\n}\n-- app/Dockerfile --\nFROM scratch\n\nCOPPY . /\n",
			args:  []string{"app"},
			tells: []string{"target app", "app/Dockerfile:3", "COPPY . /", "unknown instruction"},
		},
		{
			name: "file that is not in the context", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {}\n-- Dockerfile --\nFROM scratch\nCOPY missing /\n",
			args:  []string{"app"},
			tells: []string{"target app", "Dockerfile:2", "missing", "not found"},
		},
		{
			name: "stage that is not there", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  target = \"nostage\"\n}\n-- Dockerfile --\nFROM scratch AS stage\n",
			args:  []string{"app"},
			tells: []string{"target app", "nostage"},
		},
		{
			name: "step that fails", code: 1,
			files: "-- docker-bake.hcl --\nvariable \"BASE\" {}\n\ntarget \"good\" {\n  contexts = { base = BASE }\n}\ntarget \"bad\" {\n  inherits = [\"good\"]\n  target   = \"bad\"\n}\n" +
				"-- Dockerfile --\nFROM base AS bad\nRUN echo about to fail && exit 42\nFROM base\n",
			args:  []string{"good", "bad"},
			tells: []string{"target bad", "Dockerfile:2", "exit 42", "exit code: 42", "about to fail", "docker-bake.hcl:6"},
		},
		{
			name: "step that is no program", code: 1,
			files: "-- docker-bake.hcl --\nvariable \"BASE\" {}\ntarget \"app\" {\n  contexts = { base = BASE }\n}\n-- Dockerfile --\nFROM base\nRUN [\"/no/such/program\"]\n",
			args:  []string{"app"},
			tells: []string{"target app", "Dockerfile:2", "/no/such/program"},
		},
		{
			name: "base image that cannot be had", code: 5,
			files: "-- docker-bake.hcl --\ntarget \"app\" {}\n-- Dockerfile --\nFROM 127.0.0.1:1/base\n",
			args:  []string{"--retries=0", "app"},
			tells: []string{"target app", "Dockerfile:1", "127.0.0.1:1", "connection refused"},
		},
		{
			name: "entitlement that was not granted", code: 4,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  entitlements = [\"network.host\"]\n}\n-- Dockerfile --\nFROM scratch\nCOPY Dockerfile /\n",
			args:  []string{"app"},
			tells: []string{"app", "network.host", "--allow"},
		},
		{
			name: "file outside of the working directory", code: 4,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  output = [\"type=local,dest=../elsewhere\"]\n}\n-- Dockerfile --\nFROM scratch\nCOPY Dockerfile /\n",
			args:  []string{"app"},
			tells: []string{"app", "elsewhere", "--allow"},
		},
		{
			name: "output in a directory that cannot be made", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  output = [\"type=tar,dest=Dockerfile/out.tar\"]\n}\n-- Dockerfile --\nFROM scratch\nCOPY Dockerfile /\n",
			args:  []string{"app"},
			tells: []string{"target app", "Dockerfile/out.tar", "docker-bake.hcl:2"},
		},
		{
			name: "image for a Docker that is not there", code: 1,
			files: "-- docker-bake.hcl --\ntarget \"app\" {\n  tags = [\"app:1\"]\n}\n-- Dockerfile --\nFROM scratch\nCOPY Dockerfile /\n",
			args:  []string{"--load", "app"},
			tells: []string{"target app", "Docker", "dest="},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tc.files)
			s.share()
			if tc.code == 4 {
				s.env = append(s.env, "BUILDX_BAKE_ENTITLEMENTS_FS=1")
			}
			o := s.run(tc.code, tc.args...)
			tells(t, o, tc.tells...)
			for _, noise := range []string{"goroutine ", "rpc error", "failed to solve: failed to solve", "level=warning"} {
				if strings.Contains(o.Stderr, noise) {
					t.Errorf("stderr has %q", noise)
				}
			}
		})
	}
}

// share makes a site use the engine that others use too.
func (s *site) share() {
	s.env = append(s.env, "BAKE_ENGINE_DIR="+sharedEngine)
}
