// Package sample has values that tests of several rooms show.
package sample

import (
	"errors"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"bake/bake/submit/report"
)

// Report has a bit of everything.
func Report() *report.Report {
	began := time.Unix(0, 0)
	digest := "sha256:1a2b3c4d5e6f" + strings.Repeat("0", 52)
	warning := client.VertexWarning{
		Short:      []byte("StageNameCasing: Stage name 'Base' should be lowercase (line 3)"),
		SourceInfo: &pb.SourceInfo{Filename: "Dockerfile", Data: []byte("# syntax\n\nFROM scratch AS Base\n")},
		Range:      []*pb.Range{{Start: &pb.Position{Line: 3}}},
	}
	return &report.Report{
		Duration: 64500 * time.Millisecond,
		Warnings: []string{"no output for base"},
		Targets: []report.Target{
			{Name: "base", Result: report.Cached, Started: began, Duration: 40 * time.Millisecond, Steps: 4, Cached: 4, Warnings: []client.VertexWarning{warning}},
			{Name: "app", Result: report.Built, Started: began, Duration: 63200 * time.Millisecond, Steps: 8, Cached: 3, Digest: digest,
				Where: []string{"pushed registry.example.com:5000/team/application:v1.2.3-rc.1-linux-amd64", "out/app.tar"}, Warnings: []client.VertexWarning{warning}},
			{Name: "a-target-with-a-name-that-goes-on-and-on", Result: report.Failed, Started: began, Duration: 2 * time.Second, Steps: 1, Err: errors.New("no")},
			{Name: "web", Result: report.Canceled, Started: began, Duration: time.Second},
			{Name: "docs", Result: report.Skipped},
		},
	}
}

// Step is a status update about one step.
func Step(name string, err string, done bool, logs ...string) *client.SolveStatus {
	id := digest.FromString(name)
	now := time.Now()
	v := &client.Vertex{Digest: id, Name: name, Started: &now, Error: err}
	if done {
		v.Completed = &now
	}
	s := &client.SolveStatus{Vertexes: []*client.Vertex{v}}
	for _, text := range logs {
		s.Logs = append(s.Logs, &client.VertexLog{Vertex: id, Data: []byte(text), Timestamp: now})
	}
	return s
}
