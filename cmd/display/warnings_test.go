package display

import (
	"bytes"
	"strings"
	"testing"

	"bake/tests/sample"

	"github.com/hashicorp/hcl/v2"

	"bake/bake"
	"bake/cmd/diagnostics"
	"bake/cmd/terminal"
)

func TestDockerfileFindings(t *testing.T) {
	outcome := sample.Report()
	for i := range outcome.Targets {
		for j := range outcome.Targets[i].Warnings {
			w := &outcome.Targets[i].Warnings[j]
			w.Detail = [][]byte{[]byte("Stage names should be lowercase")}
			w.URL = "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/"
		}
	}
	inline := ""
	at := hcl.Range{Filename: "docker-bake.hcl", Start: hcl.Pos{Line: 2, Column: 8}, End: hcl.Pos{Line: 2, Column: 13}}
	plan := &bake.Plan{Targets: []*bake.Target{
		{Name: "base", Context: "base", Dockerfile: "Dockerfile"},
		{Name: "app", Context: ".", Dockerfile: "Dockerfile", DockerfileInline: &inline, Range: at},
	}}
	list := DockerfileFindings(plan, outcome)
	if len(list) != 2 || list[0].Id != "dockerfile/StageNameCasing" || list[0].Subject.Filename != "base/Dockerfile" || list[1].Subject.Filename != "docker-bake.hcl" {
		t.Fatalf("got %+v", list)
	}
	var b bytes.Buffer
	r := &diagnostics.Reporter{Streams: terminal.Streams{Err: &b, Width: 80}, Strict: true, GitHub: &diagnostics.Annotator{W: &b}}
	r.Advise(list)
	if r.Failed() {
		t.Error("--strict is about the definition, not about Dockerfiles")
	}
	want := "::warning file=base/Dockerfile,line=3,endLine=3,col=1,endColumn=21,title=StageNameCasing%3A Stage name 'Base' should be lowercase::Stage names should be lowercase\n"
	if !strings.HasPrefix(b.String(), want) || strings.Contains(b.String(), "::error") {
		t.Errorf("got  %swant %s", b.String(), want)
	}
}
