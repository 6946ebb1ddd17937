package report

import (
	"errors"
	"math"
	"slices"
	"time"

	"bake/bake/submit/failure"

	"github.com/docker/buildx/builder"
)

// Key is where the metadata file has the report.
const Key = "bake.report"

// Summary is the report in the shape that programs read: the value of
// "bake.report" in a metadata file. The tags "doc" are what the reference says
// about the fields. Times are RFC 3339 on the clock of the client, durations are
// seconds, and what does not apply is left out.
type Summary struct {
	Version  string                   `json:"version" doc:"of bake"`
	Builder  Builder                  `json:"builder" doc:"that it was built on"`
	Result   Result                   `json:"result" doc:"built, cached (no step ran), answered (--call), failed or canceled"`
	Started  time.Time                `json:"started" doc:"when the run began"`
	Duration float64                  `json:"duration" doc:"of the whole run, as a clock on the wall shows it"`
	Results  map[Result]int           `json:"results" doc:"how many targets have which result"`
	Steps    int                      `json:"steps" doc:"of all targets"`
	Cached   int                      `json:"cachedSteps" doc:"how many of them came from the cache"`
	Warnings []string                 `json:"warnings,omitempty" doc:"about the run as a whole"`
	Targets  map[string]TargetSummary `json:"targets" doc:"all of the plan, by name"`
}

// Builder names a builder.
type Builder struct {
	Name   string   `json:"name" doc:"of the builder"`
	Driver string   `json:"driver" doc:"embedded, or one of buildx's"`
	Nodes  []string `json:"nodes" doc:"names of its nodes"`
}

// TargetSummary is what happened to one target.
type TargetSummary struct {
	Result    Result     `json:"result" doc:"built, cached, answered, failed, skipped or canceled"`
	Error     string     `json:"error,omitempty" doc:"why it failed, without the credentials of URLs"`
	Because   string     `json:"skippedBecause,omitempty" doc:"the target whose failure it was skipped for"`
	Started   *time.Time `json:"started,omitempty" doc:"when it was submitted"`
	Completed *time.Time `json:"completed,omitempty" doc:"when its outputs were written, or it ended otherwise"`
	Duration  float64    `json:"duration" doc:"of its own steps and outputs, without the time it waited for others"`
	Steps     int        `json:"steps" doc:"how many it has, without those of targets it links to"`
	Cached    int        `json:"cachedSteps" doc:"how many of them came from the cache"`
	Warnings  int        `json:"warnings" doc:"how many the build checks found"`
	Node      string     `json:"node,omitempty" doc:"of the builder; several are separated by commas"`
	Platforms []string   `json:"platforms,omitempty" doc:"of the image, such as linux/amd64"`
	Digest    string     `json:"digest,omitempty" doc:"of the image, or of the index of several"`
	Manifests []Manifest `json:"manifests,omitempty" doc:"what the index holds, without attestations"`
	Tags      []string   `json:"tags,omitempty" doc:"names of the image"`
	Pushed    []string   `json:"pushed,omitempty" doc:"those of them that a registry has now"`
	Outputs   []Output   `json:"outputs,omitempty" doc:"where its result went"`
	Unwritten []Output   `json:"unwritten,omitempty" doc:"outputs that were not written, as the run ended before"`
}

// Manifest is the image of one platform.
type Manifest struct {
	Platform string `json:"platform" doc:"such as linux/arm64"`
	Digest   string `json:"digest" doc:"of its manifest"`
}

// Output is where a target's result went.
type Output struct {
	Type  string   `json:"type" doc:"image, local, tar, oci or docker"`
	Dest  string   `json:"dest,omitempty" doc:"file or directory as the definition names it; - is standard output"`
	Names []string `json:"names,omitempty" doc:"of the image"`
	Push  bool     `json:"push,omitempty" doc:"true: to a registry"`
	Load  bool     `json:"load,omitempty" doc:"true: into Docker"`
}

// Done is what happens to the output: it is pushed, loaded or written.
func (o Output) Done() string {
	switch {
	case o.Push:
		return "pushed"
	case o.Load:
		return "loaded"
	}
	return "written"
}

// JSON is the report as programs read it.
func (r *Report) JSON() *Summary {
	out := &Summary{
		Version: r.Version, Builder: r.Builder, Result: r.result(), Started: r.Started.UTC(), Duration: inSeconds(r.Duration),
		Targets: map[string]TargetSummary{}, Results: map[Result]int{}, Warnings: r.Warnings,
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
	for i := range r.Targets {
		result := r.Targets[i].Result
		if len(r.Targets[i].Unwritten) > 0 {
			result = Canceled
		}
		if rank[result] > rank[worst] {
			worst = result
		}
	}
	if worst == Skipped {
		return Failed
	}
	return worst
}

func (t *Target) json() TargetSummary {
	out := TargetSummary{
		Result: t.Result, Duration: inSeconds(t.Duration), Steps: t.Steps, Cached: t.Cached, Warnings: len(t.Warnings),
		Node: t.Node, Platforms: t.Platforms, Digest: t.Digest, Manifests: t.Manifests, Outputs: t.Outputs, Unwritten: t.Unwritten,
	}
	out.Started, out.Completed = moment(t.Started), moment(t.Finished)
	var skip *failure.SkippedError
	switch {
	case errors.As(t.Err, &skip):
		out.Because = skip.Because
	case t.Err != nil:
		out.Error = withoutCredentials(failure.Text(t.Err))
	}
	for _, o := range t.Outputs {
		for _, name := range o.Names {
			if !slices.Contains(out.Tags, name) {
				out.Tags = append(out.Tags, name)
			}
			if o.Push && !slices.Contains(out.Pushed, name) {
				out.Pushed = append(out.Pushed, name)
			}
		}
	}
	return out
}

// credentialed is a URL with a user and a password or token before its host.
var credentialed = failure.Pattern(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s"']+@`)

// withoutCredentials hides what stands before the host of a URL.
func withoutCredentials(text string) string { return credentialed().ReplaceAllString(text, "${1}***@") }

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

// DescribeBuilder names a builder for the report.
func DescribeBuilder(nodes []builder.Node) Builder {
	var out Builder
	for _, n := range nodes {
		out.Name = n.Builder
		out.Nodes = append(out.Nodes, n.Name)
		if n.Driver != nil {
			out.Driver = n.Driver.Factory().Name()
		}
	}
	return out
}
