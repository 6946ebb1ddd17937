package bake

import (
	"strconv"
)

// noLookupVar switches off that environment variables override variables and
// stand in for --set NAME.args.KEY without a value.
const noLookupVar = "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP"

// overriding is the environment as a source of overrides: empty when that is
// switched off.
func (e Env) overriding() Env {
	if off, err := strconv.ParseBool(e[noLookupVar]); err == nil && off {
		return nil
	}
	return e
}

// sourceDateEpoch is the build argument that makes builds reproducible. Set
// in the environment, it goes to every target that does not set it.
const sourceDateEpoch = "SOURCE_DATE_EPOCH"
