package bake

import (
	"fmt"
	"strings"
)

// Override is one --set, or a flag such as --push that acts like one.
type Override struct {
	Text    string // as typed, for origins and messages
	Pattern string // target name, or a pattern with * ? []
	Key     string // attribute as --set names it
	Name    string // map key, field or secret id, may contain dots
	Append  bool   // += was used
	Value   string
	NoValue bool // args.NAME without "=": the value is that of the environment variable
}

// ParseOverride reads the argument of --set: PATTERN.KEY[.NAME][+]=VALUE.
func ParseOverride(text string) (Override, error) {
	left, value, hasValue := strings.Cut(text, "=")
	o := Override{Text: "--set " + text, Value: value, NoValue: !hasValue}
	if hasValue {
		left, o.Append = strings.CutSuffix(left, "+")
	}
	parts := strings.SplitN(left, ".", 3)
	if len(parts) < 2 {
		return o, fmt.Errorf("--set %q does not name an attribute; write TARGET.ATTRIBUTE=VALUE, as in app.args.VERSION=1.0", text)
	}
	o.Pattern, o.Key = parts[0], parts[1]
	if len(parts) == 3 {
		o.Name = parts[2]
	}
	return o, o.check(text, len(parts) == 3)
}

// FlagOverride is the override that a flag stands for: flag is what the user
// typed, such as "--push", text what it means, such as "*.push=true".
func FlagOverride(flag, text string) (Override, error) {
	o, err := ParseOverride(text)
	o.Text = flag
	return o, err
}

// pseudo are keys of --set that are not attributes.
var pseudo = []string{"push", "load"}

func (o Override) check(text string, named bool) error {
	row := setRow(o.Key)
	switch {
	case o.Key == "push" || o.Key == "load":
	case row == nil && rowOf(o.Key) >= 0:
		return fmt.Errorf("--set %q: the attribute %q cannot be set from the command line%s", text, o.Key, setHint(o.Key))
	case row == nil:
		return fmt.Errorf("--set %q: there is no attribute %q.%s", text, o.Key, didYouMean(o.Key, setKeys()))
	case row.set == setKey && !named:
		return fmt.Errorf("--set %q: %s needs a name, as in %s.%s.NAME=VALUE", text, o.Key, o.Pattern, o.Key)
	}
	if o.NoValue && o.Key != "args" {
		return fmt.Errorf("--set %q has no value; write %s=VALUE", text, text)
	}
	if o.Append && (o.Key == "resources" || o.Key == "secret") {
		return fmt.Errorf("--set %q: %s does not support +=", text, o.Key)
	}
	return nil
}

// secretOverride is the key that changes where one declared secret comes from.
var secretOverride = attribute{name: "secret", set: setKey}

// setRow returns the row that a key of --set addresses.
func setRow(key string) *attribute {
	if key == "secret" {
		return &secretOverride
	}
	for i := range table {
		row := &table[i]
		if row.set != setNone && row.setKey() == key {
			return row
		}
	}
	return nil
}

func (row *attribute) setKey() string {
	if row.setName != "" {
		return row.setName
	}
	return row.name
}

func setKeys() []string {
	keys := append([]string{"secret"}, pseudo...)
	for i := range table {
		if table[i].set != setNone {
			keys = append(keys, table[i].setKey())
		}
	}
	return keys
}

func setHint(key string) string {
	if i := rowOf(key); i >= 0 && table[i].setName != "" {
		return fmt.Sprintf("; its key is %q", table[i].setName)
	}
	return ""
}
