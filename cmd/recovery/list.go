package recovery

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"bake/bake/submit/release"
	"bake/cmd/app"
)

// ReleasesKind is what --list calls releases that are not finished.
const ReleasesKind = "releases"

// listReleases shows unfinished releases, as a hint.
func listReleases(list []release.Entry) string {
	if len(list) == 0 {
		return "No release is unfinished."
	}
	var b strings.Builder
	b.WriteString("These are unfinished:\n\n")
	_ = writeReleases(&b, "  ", list)
	return strings.TrimRight(b.String(), "\n")
}

// List is --list=releases, which needs no definition.
func List(a *app.App, format string) error {
	journals, err := Journals(a)
	if err != nil {
		return err
	}
	list, err := journals.List()
	if err != nil {
		return err
	}
	if format != "json" {
		return writeReleases(a.Out, "", list)
	}
	rows := []releaseRow{}
	for _, e := range list {
		row := releaseRow{ID: e.ID, State: releaseState(e), Started: e.Started, Directory: e.Request.Dir, Tags: references(e.Tags)}
		if e.Err != nil {
			row.Error = e.Err.Error()
		}
		rows = append(rows, row)
	}
	enc := json.NewEncoder(a.JSON())
	enc.SetIndent("", "  ")
	return enc.Encode(rows)
}

// releaseRow is a release in JSON.
type releaseRow struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Started   time.Time `json:"started"`
	Directory string    `json:"directory"`
	Tags      []string  `json:"tags"`
	Error     string    `json:"error,omitempty"`
}

func writeReleases(w io.Writer, indent string, list []release.Entry) error {
	t := tabwriter.NewWriter(w, 1, 8, 2, ' ', 0)
	fmt.Fprintln(t, indent+"RELEASE\tSTATE\tTAGS\tDIRECTORY")
	for _, e := range list {
		fmt.Fprintf(t, "%s%s\t%s\t%d\t%s\n", indent, e.ID, releaseState(e), len(e.Tags), e.Request.Dir)
	}
	return t.Flush()
}

// releaseState is how far a release came, in one word.
func releaseState(e release.Entry) string {
	switch {
	case e.Err != nil:
		return "damaged"
	case e.Running:
		return "running"
	case e.Phase == release.Moving:
		return "half"
	case e.Phase == release.Undone:
		return "undone"
	}
	return "pushing"
}
