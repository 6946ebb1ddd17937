package bake

import (
	"github.com/hashicorp/hcl/v2"

	"bake/compose"
)

// Definition is what is written: the blocks of all files in source order, with
// names and ranges but without values. It is immutable and safe to share.
type Definition struct {
	files      []File
	fileRel    bool   // contexts are relative to their files
	composeDir string // directory of the first Compose file
	targets    []*block
	groups     []*block
	variables  map[string]*variable
	varOrder   []string
	functions  map[string]*functionDef
	funcOrder  []string
	locals     map[string]*hcl.Attribute // top-level attributes
	localOrd   []string
	json       map[string][]byte // text of the files in JSON syntax, see keepJSON

	unset        map[string][]compose.Unset // uses of variables that are not set, by target
	composeReads map[string]string          // values from outside that Compose files have read, by name
	numbers      []compose.Number           // of Compose files, that are another text than is written
	secretValues map[Secret]string          // of variables that only .env and its like set
}

// Files returns the files the definition was read from, for source excerpts.
func (d *Definition) Files() []File { return d.files }

// block is one target or group block as written.
type block struct {
	kind    string // "target" or "group"
	label   string
	rng     hcl.Range // the label
	def     hcl.Range // the whole header
	attrs   []*hcl.Attribute
	name    *hcl.Attribute
	matrix  *hcl.Attribute
	compose bool
}

// variable is a variable block.
type variable struct {
	name        string
	rng         hcl.Range
	typ         hcl.Expression
	def         *hcl.Attribute
	description *hcl.Attribute
	validations []validation
}

type validation struct {
	condition hcl.Expression
	message   hcl.Expression // nil when missing
	rng       hcl.Range
}

// functionDef is a function block.
type functionDef struct {
	name     string
	rng      hcl.Range
	params   *hcl.Attribute
	variadic *hcl.Attribute
	result   *hcl.Attribute
}
