package cmd

import (
	"strconv"

	"github.com/spf13/pflag"
)

// groupKey is the annotation that says under which heading help shows a flag.
const groupKey = "group"

// group declares flags that help shows together.
func group(flags *pflag.FlagSet, name string, declare func(*pflag.FlagSet)) {
	set := pflag.NewFlagSet(name, pflag.ContinueOnError)
	set.SortFlags = false
	declare(set)
	set.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupKey: {name}}
	})
	flags.AddFlagSet(set)
}

// checkFlag is --check: it sets --call, so that the last of both counts.
type checkFlag struct{ call *string }

func (f checkFlag) Type() string   { return "bool" }
func (f checkFlag) String() string { return "false" }

func (f checkFlag) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if on {
		*f.call = "check"
	}
	return err
}

// listFlag is --list-targets or --list-variables, which set --list.
type listFlag struct {
	list *string
	kind string
}

func (f listFlag) Type() string   { return "bool" }
func (f listFlag) String() string { return "false" }

func (f listFlag) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if on {
		*f.list = f.kind
	}
	return err
}
