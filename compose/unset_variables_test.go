package compose

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestUnset tells which variables without a value a build reads, for which
// target and in which line.
func TestUnset(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"what a build has", `services:
  web.x:
    image: i:$A
    build:
      context: $B
      args: {C: "${C}", D: "${D:-d}"}
      labels: ["e=${E}"]
      isolation: $F
      x-other: $G
      x-bake: {tags: ["x:$H"], own: "$I"}
`, []string{"web_x B 5", "web_x C 6", "web_x E 7", "web_x H 10"}},
		{"a name of an image that becomes a tag", "services:\n  web:\n    image: i:$A\n    build: ./$B\n", []string{"web A 3", "web B 4"}},
		{"what a service needs to run", `x-env: &env {A: "$A"}
services:
  web:
    build: .
    command: run $B
    environment: {<<: *env, C: "${C}"}
    ports: ["$D:80"]
  db: {image: "db:${E}", environment: ["F=$F"]}
volumes: {v: {name: "$G"}}
`, nil},
		{"the environment where an argument takes it from", `services:
  web:
    build: {context: ., args: [A, B, C=c]}
    environment: ["A=$X", "C=$Y"]
  api:
    build: {context: ., args: {A: }}
    environment: {A: "$X", B: "$Y"}
    env_file: "$Z.env"
`, []string{"api X 7", "api Z 8", "web X 4"}},
		{"an argument that is nowhere", "services:\n  web:\n    build: {context: ., args: [A]}\n", nil},
		{"a secret that is used", `services:
  web: {build: {context: ., secrets: [s]}}
secrets:
  s: {file: "./$A"}
  t: {file: "./$B"}
`, []string{"web A 4"}},
		{"an anchor of two builds", `x-build: &build {context: ".", args: {A: "$A"}}
services:
  web: {build: *build}
  api: {build: {<<: *build, target: "$B"}}
`, []string{"api A 1", "api B 4", "web A 1"}},
		{"what another document replaces", "services:\n  web: {build: {context: ., args: {A: \"$A\", B: \"$B\"}}}\n---\nservices:\n  web: {build: {args: {A: a}}}\n", []string{"web B 2"}},
		{"a list that another document adds to", "services:\n  web: {build: {context: ., args: [\"A=$A\"]}}\n---\nservices:\n  web: {build: {args: {B: $B}}}\n", []string{"web A 2", "web B 5"}},
		{"the name of the project where it is used", "name: p-$A\nservices:\n  web: {build: ., image: \"${COMPOSE_PROJECT_NAME}-web\"}\n  api: {build: .}\n", []string{"web A 1"}},
		{"what decides which services there are", "include: [\"$A.yaml\"]\nservices:\n  web: {build: ., extends: \"x$B\"}\n", []string{" A 1", " B 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			_, diags := parse(tt.text, Options{Unset: func(target string, use Unset) {
				got = append(got, fmt.Sprintf("%s %s %d", target, use.Name, use.Range.Start.Line))
			}})
			for _, d := range diags {
				if strings.Contains(d.Summary, "set") {
					t.Errorf("a diagnostic, too: %v", d)
				}
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
