package build

import (
	"errors"
	"math"
	"regexp"
	"time"

	"github.com/moby/buildkit/client"
)

// ReportKey is where the metadata file has the report.
const ReportKey = "bake.report"

// RunReport is the report in the shape that programs read: the value of
// "bake.report" in a metadata file. Times are RFC 3339 on the clock of the
// client, durations are seconds. What does not apply is left out.
type RunReport struct {
	Version  string                  `json:"version"`  // of bake
	Builder  BuilderReport           `json:"builder"`  // that was built on
	Result   Result                  `json:"result"`   // built, answered, cached (no step ran), failed or canceled
	Started  time.Time               `json:"started"`  //
	Duration float64                 `json:"duration"` // of the whole run, as a clock on the wall shows it
	Targets  map[string]TargetResult `json:"targets"`  // all of the plan, by name
	Results  map[Result]int          `json:"results"`  // how many targets have which result
	Steps    int                     `json:"steps"`    // of all targets
	Cached   int                     `json:"cachedSteps"`
	Warnings []string                `json:"warnings,omitempty"` // about the run as a whole
}

// BuilderReport names a builder.
type BuilderReport struct {
	Name   string   `json:"name"`
	Driver string   `json:"driver"`
	Nodes  []string `json:"nodes"`
}

// TargetResult is what happened to one target.
type TargetResult struct {
	Result    Result     `json:"result"`
	Error     string     `json:"error,omitempty"`          // why it failed, without credentials of URLs
	Because   string     `json:"skippedBecause,omitempty"` // the target whose failure it was skipped for
	Started   *time.Time `json:"started,omitempty"`        // when it was submitted
	Completed *time.Time `json:"completed,omitempty"`      // when its outputs were written
	Duration  float64    `json:"duration"`                 // of its own steps and outputs, without waiting for others
	Steps     int        `json:"steps"`                    //
	Cached    int        `json:"cachedSteps"`              //
	Warnings  int        `json:"warnings"`                 // of the build checks
	Node      string     `json:"node,omitempty"`           // of the builder
	Platforms []string   `json:"platforms,omitempty"`      // such as "linux/amd64"
	Digest    string     `json:"digest,omitempty"`         // of the image, or of the index of several
	Manifests []Manifest `json:"manifests,omitempty"`      // what the index holds, without attestations
	Tags      []string   `json:"tags,omitempty"`           // names of the image
	Pushed    []string   `json:"pushed,omitempty"`         // those that a registry has now
	Outputs   []Output   `json:"outputs,omitempty"`        //
}

// Manifest is the image of one platform.
type Manifest struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
}

// Output is where a target's result went.
type Output struct {
	Type  string   `json:"type"`            // of the exporter: image, local, tar, oci or docker
	Dest  string   `json:"dest,omitempty"`  // file or directory as the definition says it, "-" is the standard output
	Names []string `json:"names,omitempty"` // of the image
	Push  bool     `json:"push,omitempty"`  // to the registries of these names
	Load  bool     `json:"load,omitempty"`  // into Docker
}

// JSON is the report as programs read it.
func (r *Report) JSON() *RunReport {
	out := &RunReport{
		Version: r.Version, Builder: r.Builder, Result: r.result(), Started: r.Started.UTC(), Duration: inSeconds(r.Duration),
		Targets: map[string]TargetResult{}, Results: map[Result]int{}, Warnings: r.Warnings,
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		out.Targets[t.Name] = t.json()
		out.Results[t.Result]++
		out.Steps += t.Steps
		out.Cached += t.Cached
	}
	return out
}

// result is that of the run: the worst of its targets'.
func (r *Report) result() Result {
	rank := map[Result]int{Cached: 1, Answered: 2, Built: 3, Skipped: 4, Canceled: 4, Failed: 5}
	worst := Cached
	for _, t := range r.Targets {
		if rank[t.Result] > rank[worst] {
			worst = t.Result
		}
	}
	if worst == Skipped {
		return Failed
	}
	return worst
}

func (t *TargetReport) json() TargetResult {
	out := TargetResult{
		Result: t.Result, Duration: inSeconds(t.Duration), Steps: t.Steps, Cached: t.Cached, Warnings: len(t.Warnings),
		Node: t.Node, Platforms: t.Platforms, Digest: t.Digest, Manifests: t.Manifests, Outputs: t.Outputs,
	}
	out.Started, out.Completed = moment(t.Started), moment(t.Finished)
	var skip *skippedError
	switch {
	case errors.As(t.Err, &skip):
		out.Because = skip.because
	case t.Err != nil:
		out.Error = withoutCredentials(ErrorText(t.Err))
	}
	for _, o := range t.Outputs {
		out.Tags = appendNew(out.Tags, o.Names...)
		if o.Push {
			out.Pushed = appendNew(out.Pushed, o.Names...)
		}
	}
	return out
}

// credentialed is a URL with a user and a password or token before its host.
var credentialed = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s"']+@`)

// withoutCredentials hides what stands before the host of a URL.
func withoutCredentials(text string) string { return credentialed.ReplaceAllString(text, "${1}***@") }

// inSeconds keeps three digits, which is what a clock between two machines is
// good for.
func inSeconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// report says where e went, in the words of definitions.
func (e *export) report() Output {
	o := Output{Type: e.Type, Names: e.names, Push: e.push, Load: e.load}
	switch {
	case e.Type == mobyExporter:
		o.Type = client.ExporterImage
	case e.Type != client.ExporterImage && !e.load:
		o.Dest = e.where
	}
	return o
}
