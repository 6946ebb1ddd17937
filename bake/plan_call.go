package bake

import (
	"fmt"
	"strconv"
	"strings"

	csvvalue "github.com/tonistiigi/go-csvvalue"
)

// Methods are what every Dockerfile frontend can be asked, by the names that
// people use.
var Methods = []string{"build", "check", "outline", "targets"}

// Call is a question to the frontend of a target, asked in place of a build.
type Call struct {
	Method       string // as the frontend knows it: "lint" for a check; empty is a build
	Format       string // of the answer, as written: "json" or anything else for text
	IgnoreStatus bool   // the answer does not make the run fail
}

// ParseCall reads METHOD[,format=FORMAT][,ignorestatus=BOOL]. A method that is
// not known here is for the frontend to know.
func ParseCall(text string) (Call, error) {
	var c Call
	if text == "" {
		return c, nil
	}
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		return c, err
	}
	named := false
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		switch {
		case !ok && !named:
			c.Method, named = key, true
		case !ok:
			return c, fmt.Errorf("two methods, %q and %q", c.Method, key)
		case key == "format":
			c.Format = value
		case key == "ignorestatus":
			if c.IgnoreStatus, err = strconv.ParseBool(value); err != nil {
				return c, fmt.Errorf("ignorestatus wants true or false, not %q", value)
			}
		default:
			return c, fmt.Errorf("unknown key %q, want format or ignorestatus", key)
		}
	}
	switch c.Method {
	case "check":
		c.Method = "lint"
	case "build":
		c.Method = ""
	}
	return c, nil
}

// CallName is the name under which people know a method of a frontend.
func CallName(method string) string {
	if method == "lint" {
		return "check"
	}
	return method
}

// SimilarMethod is the method that a mistyped one is likely to mean, or "".
func SimilarMethod(method string) string { return suggest(method, Methods) }

// Asks is the method by which the frontend is asked about t, empty if t is
// built. Format and status belong to the command line and count for nothing in
// the attribute.
func (t *Target) Asks() (string, error) {
	if t.Call == nil {
		return "", nil
	}
	c, err := ParseCall(*t.Call)
	return c.Method, err
}
