package cmd

import (
	"bytes"
	"testing"
)

func TestReferenceIsCurrent(t *testing.T) {
	var b bytes.Buffer
	if err := WriteReference(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "REFERENCE.md", b.String())
}
