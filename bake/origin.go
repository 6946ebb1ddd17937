package bake

import "github.com/hashicorp/hcl/v2"

// Kind says which sort of place a value came from.
type Kind string

// The kinds of origin.
const (
	KindDefault   Kind = "default"   // the built-in default of the attribute
	KindAttribute Kind = "attribute" // written in the target's own block
	KindInherited Kind = "inherited" // taken over from a base target
	KindMatrix    Kind = "matrix"    // a matrix value
	KindVariable  Kind = "variable"  // a variable or top-level attribute
	KindEnv       Kind = "env"       // an environment variable
	KindFlag      Kind = "flag"      // --set, --var or another flag
	KindBuiltin   Kind = "builtin"   // a built-in variable such as BAKE_LOCAL_PLATFORM
	KindCompose   Kind = "compose"   // written in a Compose file
)

// Origin is where a value came from, what its expression read and what it
// replaced. It is a tree that is built when asked for.
type Origin struct {
	Kind  Kind
	Range hcl.Range // empty for environment variables and flags
	Name  string    // base target, variable, $ENV, or the flag as typed
	Value string    // the value, rendered for people
	From  []*Origin // what the expression read
	Over  *Origin   // what it replaced or extended
}
