package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"bake/bake"
)

func TestDockerfileFindings(t *testing.T) {
	outcome := testReport()
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
	list := dockerfileFindings(plan, outcome)
	if len(list) != 2 || list[0].id != "dockerfile/StageNameCasing" || list[0].subject.Filename != "base/Dockerfile" || list[1].subject.Filename != "docker-bake.hcl" {
		t.Fatalf("got %+v", list)
	}
	var b bytes.Buffer
	r := &reporter{streams: streams{err: &b, width: 80}, strict: true, github: &annotator{w: &b}}
	r.advise(list)
	if r.failed() {
		t.Error("--strict is about the definition, not about Dockerfiles")
	}
	want := "::warning file=base/Dockerfile,line=3,endLine=3,col=1,endColumn=21,title=StageNameCasing%3A Stage name 'Base' should be lowercase::Stage names should be lowercase\n"
	if !strings.HasPrefix(b.String(), want) || strings.Contains(b.String(), "::error") {
		t.Errorf("got  %swant %s", b.String(), want)
	}
}
