package bake

import (
	"cmp"
	"io/fs"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"bake/compose"
)

var namePattern = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// topLevel are the block types of a definition.
var topLevel = []string{"target", "group", "variable", "function"}

var rootSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "target", LabelNames: []string{"name"}},
	{Type: "group", LabelNames: []string{"name"}},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "function", LabelNames: []string{"name"}},
}}

// ParseOptions is what a definition depends on besides its files.
type ParseOptions struct {
	Env  Env               // for Compose interpolation, and BUILDX_BAKE_FILE_RELATIVE_PATHS
	Vars map[string]string // --var, wins over Env in Compose interpolation
	FS   fs.FS             // opens what Compose files refer to: .env, include, extends, env_file
	// EnvFiles are read instead of .env, which is not read either with NoEnvFile;
	// Profiles are the active ones (nil for all); ProjectDir is what paths are
	// relative to (empty for the working directory). All are for Compose files.
	EnvFiles, Profiles []string
	NoEnvFile          bool
	ProjectDir         string
	// Ignored, if set, is told of each Compose attribute that has no effect.
	Ignored func(rng hcl.Range, text string)
}

// Parse is ParseWith for definitions that depend on the environment alone.
func Parse(files []File, env Env) (*Definition, hcl.Diagnostics) {
	return ParseWith(files, ParseOptions{Env: env})
}

// ParseWith reads the syntax of all files and gathers their blocks: those of
// Compose files first, which are one project, then those of HCL and JSON files
// in the given order. What is misspelt is a warning with a suggestion; what
// cannot be read is an error. The definition is valid, if incomplete, even
// when there are errors.
func ParseWith(files []File, opt ParseOptions) (*Definition, hcl.Diagnostics) {
	d := &Definition{
		files:     files,
		variables: map[string]*variable{},
		functions: map[string]*functionDef{},
		locals:    map[string]*hcl.Attribute{},
	}
	on, bad := fileRelative(opt.Env)
	d.fileRel = on
	var diags hcl.Diagnostics
	if bad != nil {
		diags = append(diags, bad)
	}
	written := tellLanguages(files)
	diags = append(diags, d.addCompose(written.project, opt)...)
	for _, f := range written.rest {
		body, more := parseFile(f)
		diags = append(diags, more...)
		if !more.HasErrors() {
			delete(written.guessed, f.Name)
		}
		if _, native := body.(*hclsyntax.Body); !native && body != nil {
			d.keepJSON(f)
			diags = append(diags, repeatedBlocks(f, body)...)
		}
		if body != nil {
			diags = append(diags, d.addBody(body)...)
		}
	}
	for _, x := range diags {
		if x.Extra == nil {
			clarifySyntax(x)
		}
	}
	return d, written.explain(sortDiagnostics(diags))
}

// addCompose reads all Compose files as one project.
func (d *Definition) addCompose(project []compose.File, opt ParseOptions) hcl.Diagnostics {
	if len(project) == 0 {
		return nil
	}
	d.unset, d.secretValues = map[string][]compose.Unset{}, map[Secret]string{}
	d.composeReads = map[string]string{}
	body, diags := compose.Parse(project, compose.Options{
		FS:        opt.FS,
		Env:       opt.Env.overriding(),
		Vars:      opt.Vars,
		Dir:       opt.ProjectDir,
		EnvFiles:  opt.EnvFiles,
		NoEnvFile: opt.NoEnvFile,
		Profiles:  opt.Profiles,
		Ignored:   opt.Ignored,
		Read:      func(name, value string) { d.composeReads[name] = value },
		Unset:     func(target string, use compose.Unset) { d.unset[target] = append(d.unset[target], use) },
		Number:    func(n compose.Number) { d.numbers = append(d.numbers, n) },
		Secret:    func(id, variable, value string) { d.secretValues[Secret{ID: id, Env: variable}] = value },
	})
	for _, use := range d.unset[""] {
		diags = append(diags, unsetVariable(use))
	}
	diags = append(diags, d.addBody(body)...)
	for _, b := range slices.Concat(d.targets, d.groups) {
		b.compose = true
	}
	if opt.ProjectDir == "" { // else the paths are relative to it already
		d.composeDir, _ = fileDir(project[0].Name)
	}
	return diags
}

// addBody takes over the blocks and top-level attributes of one file. Of
// variables, functions and top-level attributes of one name the last wins.
func (d *Definition) addBody(body hcl.Body) hcl.Diagnostics {
	blocks, attrs, diags := topContent(body)
	for _, b := range blocks {
		if len(b.Labels) != 1 {
			diags = append(diags, labelCount(b))
			continue
		}
		diags = append(diags, d.addBlock(b)...)
	}
	for _, a := range attrs {
		if slices.Contains(topLevel, a.Name) {
			diags = append(diags, attributeNotBlock(a))
			continue
		}
		if _, ok := d.locals[a.Name]; !ok {
			d.localOrd = append(d.localOrd, a.Name)
		}
		d.locals[a.Name] = a
	}
	return diags
}

// topContent splits a file's body into its blocks and attributes, both in
// source order. Blocks of unknown type are warned about.
func topContent(body hcl.Body) (hcl.Blocks, []*hcl.Attribute, hcl.Diagnostics) {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		content, remain, diags := body.PartialContent(rootSchema)
		attrs, more := remain.JustAttributes()
		return content.Blocks, inOrder(attrs), append(diags, more...)
	}
	var diags hcl.Diagnostics
	blocks := make(hcl.Blocks, 0, len(native.Blocks))
	for _, b := range native.Blocks {
		if !slices.Contains(topLevel, b.Type) {
			diags = append(diags, unknownBlock(b, topLevel))
			continue
		}
		blocks = append(blocks, b.AsHCLBlock())
	}
	return blocks, nativeAttributes(native), diags
}

func nativeAttributes(body *hclsyntax.Body) []*hcl.Attribute {
	attrs := make([]*hcl.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		attrs = append(attrs, a.AsHCLAttribute())
	}
	sortAttributes(attrs)
	return attrs
}

func inOrder(m hcl.Attributes) []*hcl.Attribute {
	attrs := make([]*hcl.Attribute, 0, len(m))
	for _, a := range m {
		attrs = append(attrs, a)
	}
	sortAttributes(attrs)
	return attrs
}

func sortAttributes(attrs []*hcl.Attribute) {
	slices.SortFunc(attrs, func(a, b *hcl.Attribute) int {
		return cmp.Or(cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte), cmp.Compare(a.Name, b.Name))
	})
}

func (d *Definition) addBlock(b *hcl.Block) hcl.Diagnostics {
	switch b.Type {
	case "variable":
		return d.addVariable(b)
	case "function":
		return d.addFunction(b)
	}
	bl, diags := parseBlock(b)
	if b.Type == "group" {
		d.groups = append(d.groups, bl)
	} else {
		d.targets = append(d.targets, bl)
	}
	return diags
}

// bodyAttributes returns the attributes of a block's body in source order and
// the nested blocks of the given types. Other nested blocks are warned about,
// with the names that are known there.
func bodyAttributes(body hcl.Body, kind string, nested []string, known []string) ([]*hcl.Attribute, hcl.Blocks, hcl.Diagnostics) {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		schema := &hcl.BodySchema{}
		for _, n := range nested {
			schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: n})
		}
		content, remain, diags := body.PartialContent(schema)
		attrs, more := remain.JustAttributes()
		return inOrder(attrs), content.Blocks, append(diags, more...)
	}
	var diags hcl.Diagnostics
	var blocks hcl.Blocks
	for _, b := range native.Blocks {
		if slices.Contains(nested, b.Type) {
			blocks = append(blocks, b.AsHCLBlock())
			continue
		}
		diags = append(diags, unexpectedBlock(b, kind, known))
	}
	return nativeAttributes(native), blocks, diags
}
