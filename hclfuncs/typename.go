package hclfuncs

import (
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// typeName is the short name of a parameter type in signatures.
func typeName(t cty.Type) string {
	switch {
	case t == cty.DynamicPseudoType:
		return "any"
	case t.Equals(customdecode.ExpressionClosureType):
		return "expression"
	case t.Equals(typeexpr.TypeConstraintType):
		return "type"
	case t.IsCollectionType() && t.ElementType() == cty.DynamicPseudoType:
		return collectionName(t)
	case t.IsCollectionType():
		return collectionName(t) + " of " + typeName(t.ElementType())
	}
	return t.FriendlyName()
}

func collectionName(t cty.Type) string {
	switch {
	case t.IsListType():
		return "list"
	case t.IsSetType():
		return "set"
	}
	return "map"
}
