package e2e

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// ask runs bake and docker buildx bake with the same arguments on the same
// engine. They must print the same on stdout, and end with the two exit codes.
func (c *commands) ask(ts *testscript.TestScript, _ bool, args []string) {
	ours, err := strconv.Atoi(args[0])
	ts.Check(err)
	peers, err := strconv.Atoi(args[1])
	ts.Check(err)
	if code := c.run(ts, args[2:]...); code != ours {
		ts.Fatalf("bake: exit code %d, want %d", code, ours)
	}
	said := ts.ReadFile("stdout")
	env := slices.DeleteFunc(c.settings(ts), func(pair string) bool { return strings.HasPrefix(pair, "HOME=") })
	o := c.world.peerOn(c.t).Bake(failing{c.t, ts}, ts.MkAbs("."), env, args[2:]...)
	if o.Code != peers {
		ts.Fatalf("docker buildx bake: exit code %d, want %d\n%s%s", o.Code, peers, o.Stdout, o.Stderr)
	}
	if !sameAnswer(said, o.Stdout) {
		ts.Fatalf("bake:\n%s\ndocker buildx bake:\n%s", said, o.Stdout)
	}
}

// sameAnswer compares two texts, or two JSON objects without the definition of
// the source, which with buildx holds the id of the session.
func sameAnswer(a, b string) bool {
	if !strings.HasPrefix(a, "{") {
		return a == b
	}
	return indented(a) && indented(b) && reflect.DeepEqual(withoutDefinition(a), withoutDefinition(b))
}

// indented reports whether a text is one JSON object as json.MarshalIndent
// writes it, up to the order of members.
func indented(text string) bool {
	var raw json.RawMessage
	if json.Unmarshal([]byte(text), &raw) != nil {
		return false
	}
	out, err := json.MarshalIndent(raw, "", "  ")
	return err == nil && string(out)+"\n" == text
}

func withoutDefinition(text string) any {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	drop(value)
	return value
}

func drop(value any) {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "definition")
		for _, member := range v {
			drop(member)
		}
	case []any:
		for _, element := range v {
			drop(element)
		}
	}
}
