package bake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
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
		return o, fmt.Errorf("--set %q does not name an attribute; write TARGET.ATTRIBUTE=VALUE, as in app.args.VERSION=1.0%s", text, variableHint(text, left, hasValue))
	}
	o.Pattern, o.Key = parts[0], parts[1]
	if len(parts) == 3 {
		o.Name = parts[2]
	}
	if err := o.check(len(parts) == 3); err != nil {
		return o, fmt.Errorf("--set %q: %w", text, err)
	}
	return o, nil
}

// variableHint is for a --set that reads like a --var.
func variableHint(text, left string, hasValue bool) string {
	if !hasValue || !hclsyntax.ValidIdentifier(left) {
		return ""
	}
	return fmt.Sprintf(". A variable of the definition is set by --var %s", text)
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

// check says what is wrong with an override, whatever it is applied to.
func (o Override) check(named bool) error {
	row := setRow(o.Key)
	switch {
	case row == nil && !slices.Contains(pseudo, o.Key):
		return o.unknownKey()
	case row != nil && row.set == setKey && !named, o.changesSecret(row, named) && o.Name == "":
		return fmt.Errorf("%[1]s needs a name, as in %[2]s.%[1]s.NAME=VALUE", o.Key, o.Pattern)
	case named && !o.takesName(row):
		return o.unwantedName()
	case o.NoValue && row != &table[attrArgs]:
		value := "VALUE"
		if row == nil || row.shape == shapeBool {
			value = "true"
		}
		return fmt.Errorf("there is no value; write %s.%s=%s", o.Pattern, o.path(), value)
	case o.Append && (row == &table[attrResources] || o.changesSecret(row, named)):
		return fmt.Errorf("%s does not support +=", o.path())
	case row == &table[attrTags] && strings.Contains(o.Value, ","):
		return o.severalTags()
	}
	return nil
}

// path is KEY or KEY.NAME as typed.
func (o Override) path() string {
	if o.Name == "" {
		return o.Key
	}
	return o.Key + "." + o.Name
}

// changesSecret tells whether the override is about where an entry that the
// definition declares comes from, and not about the list.
func (o Override) changesSecret(row *attribute, named bool) bool {
	return row != nil && row.setID && named && o.Key == row.setKey()
}

func (o Override) takesName(row *attribute) bool {
	return row != nil && (row.set == setKey || o.changesSecret(row, true))
}

func (o Override) unknownKey() error {
	if slices.Contains(attributeNames(), o.Key) {
		return fmt.Errorf("the attribute %q cannot be set from the command line", o.Key)
	}
	hint := o.dotHint()
	if hint == "" {
		hint = didYouMean(o.Key, setKeys())
	}
	if hint == "" && setRow(o.Pattern) != nil {
		hint = o.targetHint()
	}
	return fmt.Errorf("there is no attribute %q.%s", o.Key, hint)
}

// targetHint is for an override without a target, as args.A=1.
func (o Override) targetHint() string {
	return fmt.Sprintf(" An override begins with the name of a target. Did you mean %q?", "*."+o.Pattern+"."+o.path())
}

// dotHint is for a target that goes by the name of a Compose service with
// dots, as my.app.tags=x.
func (o Override) dotHint() string {
	parts := strings.Split(o.Pattern+"."+o.path(), ".")
	for i := 2; i < len(parts); i++ {
		if setRow(parts[i]) != nil {
			return fmt.Sprintf(" The name of a target has no dots. Did you mean %q?", strings.Join(parts[:i], "_")+"."+strings.Join(parts[i:], "."))
		}
	}
	return ""
}

// unwantedName is for a name below a key that takes none. Where another key
// that does is only a letter away, that is what was meant.
func (o Override) unwantedName() error {
	for _, key := range []string{o.Key + "s", strings.TrimSuffix(o.Key, "s")} {
		meant := Override{Key: key}
		if key != o.Key && meant.takesName(setRow(key)) {
			return fmt.Errorf("%s takes no name below it. Did you mean %q?", o.Key, key+"."+o.Name)
		}
	}
	return fmt.Errorf("%s takes no name below it; write %s.%s=VALUE", o.Key, o.Pattern, o.Key)
}

func (o Override) severalTags() error {
	equals := "="
	if o.Append {
		equals = "+="
	}
	var sets []string
	for tag := range strings.SplitSeq(o.Value, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			sets = append(sets, fmt.Sprintf("--set %s.%s%s%s", o.Pattern, o.Key, equals, tag))
		}
	}
	return fmt.Errorf("the value is one tag, and a tag has no comma. For several tags write %s", strings.Join(sets, " "))
}

// setRow returns the row that a key of --set addresses.
func setRow(key string) *attribute {
	for i := range table {
		row := &table[i]
		if row.set != setNone && slices.Contains(row.keys(), key) {
			return row
		}
	}
	return nil
}

// keys are what --set calls the attribute.
func (row *attribute) keys() []string {
	if row.setKeys != nil {
		return row.setKeys
	}
	return []string{row.name}
}

// setKey is the key of --set to recommend.
func (row *attribute) setKey() string { return row.keys()[0] }

// setKeys are all keys of --set, of two that are equally near to what was typed
// the likelier one first: that of the definition, not its singular.
func setKeys() []string {
	keys := slices.Clone(pseudo)
	for i := range table {
		if table[i].set != setNone {
			of := slices.Clone(table[i].keys())
			slices.Reverse(of)
			keys = append(keys, of...)
		}
	}
	return keys
}
