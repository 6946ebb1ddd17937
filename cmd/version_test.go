package cmd

import (
	"testing"

	"bake/cmd/app"
	"bake/tests/apptest"
)

func TestVersionFlags(t *testing.T) {
	a, _, _ := apptest.New(t)
	var got versionOptions
	c := newVersion(a, func(_ *app.App, o *versionOptions) error { got = *o; return nil })
	c.SetArgs([]string{"--short"})
	if err := c.Execute(); err != nil || !got.short {
		t.Errorf("got %+v, %v", got, err)
	}
}
