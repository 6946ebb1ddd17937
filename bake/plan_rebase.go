package bake

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// relativePathsVar switches on paths that are relative to the file they are
// written in instead of the working directory.
const relativePathsVar = "BUILDX_BAKE_FILE_RELATIVE_PATHS"

func fileRelative(env Env) (bool, *hcl.Diagnostic) {
	v := strings.TrimSpace(env[relativePathsVar])
	if v == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(v)
	if err != nil {
		return false, errorAt("bad-environment", hcl.Range{}, "Unsuitable environment variable",
			"%s must be true or false, not %q.", relativePathsVar, v)
	}
	return on, nil
}

// rebaseContexts makes the contexts of all targets relative to the working
// directory instead of the file that sets them.
func (c *Config) rebaseContexts(last map[string]*block) {
	for name, b := range last {
		c.targets[name].dir, _ = c.def.dirOf(b.rng.Filename, b.compose)
	}
	for _, t := range c.targets {
		t.attrs[attrContext] = c.rebaseAttr(t.attrs[attrContext])
		t.attrs[attrContexts] = c.rebaseAttr(t.attrs[attrContexts])
	}
}

func (c *Config) rebaseAttr(a *attr) *attr {
	if a == nil {
		return nil
	}
	out := &attr{src: a.src, over: a.over, cells: make([]cell, len(a.cells))}
	for i, cl := range a.cells {
		if dir, ok := c.baseDir(cl.src); ok {
			cl.val = cty.StringVal(rebase(dir, cl.text()))
		}
		out.cells[i] = cl
	}
	return out
}

// baseDir is the directory a context is relative to: that of the file that
// sets it or, for context = target.NAME.context, of the one that sets NAME's.
func (c *Config) baseDir(src *source) (string, bool) {
	if src.attr == nil {
		return "", false
	}
	if name := contextOf(src.attr.Expr); src.attr.Name == "context" && name != "" && c.targets[name] != nil {
		if a := c.targets[name].attrs[attrContext]; a != nil && a.src.attr != nil {
			return c.def.dirOf(a.src.attr.Range.Filename, a.src.kind == KindCompose)
		}
		return c.targets[name].dir, c.targets[name].dir != ""
	}
	return c.def.dirOf(src.attr.Range.Filename, src.kind == KindCompose)
}

// dirOf is the directory that contexts written in a file are relative to: of
// Compose files, which are one project, that of the first.
func (d *Definition) dirOf(file string, compose bool) (string, bool) {
	if compose {
		return d.composeDir, d.composeDir != ""
	}
	return fileDir(file)
}

// contextOf returns NAME when the expression is exactly target.NAME.context.
func contextOf(expr hcl.Expression) string {
	t, diags := hcl.AbsTraversalForExpr(expr)
	if diags.HasErrors() || len(t) != 3 || t.RootName() != "target" {
		return ""
	}
	name, ok := t[1].(hcl.TraverseAttr)
	last, ok2 := t[2].(hcl.TraverseAttr)
	if !ok || !ok2 || last.Name != "context" {
		return ""
	}
	return name.Name
}
