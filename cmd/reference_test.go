package cmd

import (
	"bytes"
	"testing"

	"bake/tests/golden"
)

func TestReferenceIsCurrent(t *testing.T) {
	var b bytes.Buffer
	if err := WriteReference(&b); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "REFERENCE.md", b.String())
}
