package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Facts writes lines of a name and a value, in two columns.
type Facts struct{ *tabwriter.Writer }

// NewFacts writes to w when it is flushed.
func NewFacts(w io.Writer) Facts { return Facts{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)} }

func (f Facts) Add(name, form string, args ...any) {
	fmt.Fprintf(f, "%s:\t%s\n", name, fmt.Sprintf(form, args...))
}

// Unless writes a fact that is not empty.
func (f Facts) Unless(name, value string) {
	if value != "" {
		f.Add(name, "%s", value)
	}
}

// List shows the words of a command so that one can tell them apart.
func (f Facts) List(name string, words []string) {
	if len(words) == 0 {
		return
	}
	text, err := json.Marshal(words)
	if err != nil {
		panic(err) // strings always marshal
	}
	f.Add(name, "%s", text)
}

// Lines shows several values below each other.
func (f Facts) Lines(name string, values []string) {
	for i, value := range values {
		if i > 0 {
			fmt.Fprintf(f, "\t%s\n", value)
			continue
		}
		f.Add(name, "%s", value)
	}
}

func (f Facts) Pairs(name string, values map[string]string) {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		all = append(all, key+"="+values[key])
	}
	f.Lines(name, all)
}
