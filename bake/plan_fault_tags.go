package bake

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

func (t *Target) wrongTags() []fault {
	var faults []fault
	a := t.attrs.attrs[attrTags]
	if a == nil {
		return nil
	}
	named := slices.ContainsFunc(t.Outputs, namesImage)
	for i := range a.cells {
		c := &a.cells[i]
		if err := checkTag(c.text(), named); err != nil {
			faults = append(faults, fault{row: attrTags, cell: c, err: err})
		}
	}
	return faults
}

// namesImage reports whether an output cannot do without a name that is one in
// every registry. An image that is only stored, or not kept at all, can.
func namesImage(o Entry) bool {
	return pushes(o) || o.Type == "oci" || o.Type == "docker"
}

// checkTag reports what is wrong with the name of an image.
func checkTag(tag string, named bool) error {
	_, err := reference.Parse(tag)
	name := tag
	if i := strings.LastIndex(tag, ":"); i > strings.LastIndex(tag, "/") {
		name = tag[:i]
	}
	switch version := strings.TrimPrefix(tag[len(name):], ":"); {
	case errors.Is(err, reference.ErrNameContainsUppercase):
		return fmt.Errorf("the name of the image in %q must be in lower case; did you mean %q?", tag, strings.ToLower(name)+tag[len(name):])
	case err != nil && strings.HasSuffix(tag, ":"):
		return fmt.Errorf("there is nothing behind the colon of the tag %q; give it a version, or leave out the colon", tag)
	case err != nil && strings.HasPrefix(version, "-"):
		return fmt.Errorf("%q is not the name of an image: what is behind the colon must not begin with a dash; is what goes before it empty?", tag)
	case err != nil && strings.Contains(tag, "$"):
		return fmt.Errorf("%q is not the name of an image; a variable is written ${NAME}", tag)
	case err != nil:
		return fmt.Errorf("%q is not the name of an image, as in registry.example.com/app:1.0: %w", tag, err)
	case named && len(tag) == 64 && strings.Trim(tag, "0123456789abcdef") == "":
		return fmt.Errorf("%q is 64 hexadecimal digits, which stand for the id of an image and cannot be its name", tag)
	}
	return nil
}
