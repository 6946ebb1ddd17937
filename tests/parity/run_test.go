// Package parity proves that bake reads definitions as buildx does. It runs
// the real github.com/docker/buildx/bake and this project's bake package on
// the same input and compares what --print would print, byte for byte.
//
// Three sources feed it: the archives in testdata, one behaviour each; the
// definitions of real projects, where BAKE_CORPUS names them; and a seeded
// generator of random definitions. Where the two sides are meant to differ,
// the archive names a row of differences.md.
package parity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// run is one invocation of bake: where it runs, what it sees, what was typed.
type run struct {
	Dir   string            // working directory
	Env   map[string]string // the whole environment besides PATH and HOME
	Args  []string          // the words after "bake"
	Stdin []byte
}

func (r run) String() string {
	words := make([]string, 0, len(r.Env)+len(r.Args)+1)
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		words = append(words, fmt.Sprintf("%s=%q", name, r.Env[name]))
	}
	words = append(words, "bake")
	for _, arg := range r.Args {
		if strings.ContainsAny(arg, " *?[]'\"$\t\n") || arg == "" {
			arg = "'" + arg + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// answer is what one side made of a run.
type answer struct {
	JSON string // what --print prints
	Err  string // why there is nothing to print
	// Crash tells an error that no user should ever see: a panic, an
	// exhausted stack, memory or time.
	Crash bool
	// Strict is the error of the peer's conversion to build options, which
	// its --print runs too. It reads secrets and agents; it is kept apart.
	Strict string
	// Matrix lists the groups made by matrix blocks, whose members the peer
	// prints in random order when the matrix has more than one key. It is
	// filled only when asked for.
	Matrix []string
}

func (a answer) failed() bool { return a.Err != "" }

func (a answer) String() string {
	if a.failed() {
		return "error: " + a.Err
	}
	return a.JSON
}

// sameAnswer reports whether both sides said the same: the same bytes, or a
// failure on either side whatever the words.
func sameAnswer(peer, ours answer) bool {
	if ours.Crash {
		return false
	}
	if peer.failed() || ours.failed() {
		return peer.failed() && ours.failed()
	}
	return strings.TrimSuffix(peer.JSON, "\n") == strings.TrimSuffix(ours.JSON, "\n")
}

// sameButOrder is sameAnswer with the members of the groups in names compared
// as sets.
func sameButOrder(peer, ours answer, names []string) bool {
	if peer.failed() || ours.failed() {
		return false
	}
	a, errA := sortGroups(peer.JSON, names)
	b, errB := sortGroups(ours.JSON, names)
	return errA == nil && errB == nil && a == b
}

func sortGroups(text string, names []string) (string, error) {
	var def struct {
		Group map[string]*struct {
			Description string   `json:"description,omitempty"`
			Targets     []string `json:"targets"`
		} `json:"group,omitempty"`
		Target json.RawMessage `json:"target"`
	}
	if err := json.Unmarshal([]byte(text), &def); err != nil {
		return "", err
	}
	for _, name := range names {
		if g := def.Group[name]; g != nil {
			slices.Sort(g.Targets)
		}
	}
	out, err := json.Marshal(def)
	return string(out), err
}

// diff shows how two answers differ, the peer's lines with - and ours with +.
func diff(peer, ours answer) string {
	if peer.failed() || ours.failed() {
		return fmt.Sprintf("buildx: %s\nbake:   %s", clip(peer.String()), clip(ours.String()))
	}
	return cmp.Diff(strings.Split(peer.JSON, "\n"), strings.Split(ours.JSON, "\n"))
}

func clip(s string) string {
	const most = 1500
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// maskDigits hides what a definition made from the clock.
func maskDigits(a answer) answer {
	a.JSON = string(bytes.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, []byte(a.JSON)))
	return a
}
