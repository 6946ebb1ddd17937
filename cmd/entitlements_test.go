package cmd

import (
	"strings"
	"testing"

	"bake/bake"
	"bake/tests/apptest"
)

func TestRefused(t *testing.T) {
	a, _, stderr := apptest.New(t)
	a.Args = []string{"app", "a b"}
	a.Fail(refusedEntitlements(a, []bake.Entitlement{
		{Name: "device", Targets: []string{"app"}},
		{Name: "device=vendor.com/gpu=0", Targets: []string{"app"}},
		{Name: "fs=../x y", Targets: []string{"app", "web"}},
		{Name: "buildx.local.delete", Targets: []string{"app"}},
		{Name: "moon", Targets: []string{"app"}},
		{Name: "device=x\n\x1b[2J  - Nothing", Targets: []string{"app"}},
	}))
	want := `ERROR: additional privileges requested

Your build is requesting privileges for following possibly insecure capabilities:

  - Access to CDI devices (app)
  - Access to device vendor.com/gpu=0 (app)
  - Read and write access to path ../x y (app, web)
  - Deleting stale files from local output destinations (app)
  - moon (app)
  - Access to device x` + "\ufffd\ufffd" + `[2J  - Nothing (app)

To grant them:

  bake --allow=device --allow=device=vendor.com/gpu=0 '--allow=fs=../x y' --allow=buildx.local.delete --allow=moon '--allow=device=x` +
		"\ufffd\ufffd" + `[2J  - Nothing' app 'a b'
`
	if got := stderr.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", strings.ReplaceAll(got, "\x1b", "ESC"), want)
	}
}
