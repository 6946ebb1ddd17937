package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	csvvalue "github.com/tonistiigi/go-csvvalue"

	"bake/bake"
	"bake/cmd/exit"
)

// flagOverride is a flag that stands for an override of all targets.
type flagOverride struct{ flag, text string }

// overrides are all overrides of a run in the order in which they take effect:
// --set as typed, then the other flags in a fixed order, so that for a single
// value a flag beats --set.
func (o *bakeOptions) overrides() ([]bake.Override, error) {
	list, err := parseSets(o.set)
	if err != nil {
		return nil, err
	}
	flags, err := o.flagOverrides()
	if err != nil {
		return nil, err
	}
	for _, f := range flags {
		override, err := bake.FlagOverride(f.flag, f.text)
		if err != nil {
			return nil, exit.Usagef("%s: %w", f.flag, err)
		}
		list = append(list, override)
	}
	return list, nil
}

// parseSets reads the --set flags, in the order typed.
func parseSets(texts []string) ([]bake.Override, error) {
	var list []bake.Override
	for _, text := range texts {
		override, err := bake.ParseOverride(text)
		if err != nil {
			return nil, &exit.Error{Code: exit.Usage, Err: err}
		}
		list = append(list, override)
	}
	return list, nil
}

// flagOverrides are the overrides that flags other than --set stand for.
func (o *bakeOptions) flagOverrides() ([]flagOverride, error) {
	var list []flagOverride
	add := func(flag, text string) { list = append(list, flagOverride{flag, text}) }
	if o.push {
		add("--push", "*.push=true")
	}
	if o.load {
		add("--load", "*.load=true")
	}
	call, err := parseCall(o.call)
	if err != nil {
		return nil, err
	}
	if call.Method != "" {
		add("--call "+o.call, "*.call="+call.Method)
	}
	if o.noCache != nil {
		add("--no-cache", "*.no-cache="+strconv.FormatBool(*o.noCache))
	}
	if o.pull != nil {
		add("--pull", "*.pull="+strconv.FormatBool(*o.pull))
	}
	if o.sbom != "" {
		add("--sbom "+o.sbom, "*.attest="+attestation("sbom", o.sbom))
	}
	if o.provenance != "" {
		add("--provenance "+o.provenance, "*.attest="+attestation("provenance", o.provenance))
	}
	policies, _, err := parsePolicies(o.policy)
	return append(list, policies...), err
}

// attestation writes an attestation as a list element: `true` and `false`
// switch it, anything else are its attributes.
func attestation(kind, value string) string {
	if on, err := strconv.ParseBool(value); err == nil {
		return fmt.Sprintf("type=%s,disabled=%t", kind, !on)
	}
	return "type=" + kind + "," + value
}

// parseCall reads the value of --call.
func parseCall(text string) (bake.Call, error) {
	c, err := bake.ParseCall(text)
	if err != nil {
		return c, exit.Usagef("--call %s: %w", text, err)
	}
	return c, nil
}

// policyKeys are what a --policy may say.
var policyKeys = []string{"disabled", "strict", "log-level"}

// parsePolicies turns --policy flags into overrides, which add to the policies
// of the definition, unless they switch all policies off.
func parsePolicies(flags []string) (list []flagOverride, off bool, err error) {
	for _, text := range flags {
		disable, keys, err := parsePolicy(text)
		if err != nil {
			return nil, false, err
		}
		if !disable {
			list = append(list, flagOverride{"--policy " + text, "*.policy+=" + text})
			continue
		}
		if keys > 1 || len(flags) > 1 {
			return nil, false, exit.Usagef("--policy disabled=true: a disabled policy cannot be combined with other policy flags")
		}
		off = true
	}
	return list, off, nil
}

// parsePolicy checks the keys of one --policy and says whether it switches
// policies off and how many keys it has.
func parsePolicy(text string) (off bool, keys int, err error) {
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		return false, 0, exit.Usagef("--policy %s: %w", text, err)
	}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		switch {
		case key == "filename" || key == "reset":
			return false, 0, exit.Usagef("--policy does not accept %s; policy files belong into the definition", key)
		case !ok || !slices.Contains(policyKeys, key):
			return false, 0, exit.Usagef("--policy %s: want [disabled=BOOL][,strict=BOOL][,log-level=LEVEL]", text)
		case key == "disabled" || key == "strict":
			on, err := strconv.ParseBool(value)
			if err != nil {
				return false, 0, exit.Usagef("--policy %s: %s wants true or false, not %q", text, key, value)
			}
			off = off || (key == "disabled" && on)
		}
	}
	return off, len(fields), nil
}
