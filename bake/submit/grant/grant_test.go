package grant

import (
	"errors"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
)

func TestEntitlementCheck(t *testing.T) {
	plan := &bake.Plan{Targets: []*bake.Target{
		{Name: "a", Network: workspace.Ptr("host"), Entitlements: []string{"device=x"}},
		{Name: "b", Outputs: workspace.To("local", "..", "mode", "delete")},
		{Name: "c", Outputs: workspace.To("local", "inside", "mode", "delete")},
		{Name: "d", Outputs: workspace.To("local", "inside", "mode", "copy")},
	}}
	at := &host.Caller{Dir: t.TempDir(), Env: bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}}
	var refused *failure.EntitlementError
	if !errors.As(Check(plan, at, nil), &refused) {
		t.Fatal("nothing was refused")
	}
	want := []bake.Entitlement{{Name: "buildx.local.delete", Targets: []string{"b", "c"}}, {Name: "device=x", Targets: []string{"a"}}, {Name: "network.host", Targets: []string{"a"}}}
	if !cmp.Equal(refused.Missing, want) {
		t.Error(cmp.Diff(want, refused.Missing))
	}
	allow := []string{"device", "network.host", "buildx.local.delete"}
	if err := Check(plan, at, allow); err != nil {
		t.Error(err)
	}
}

func TestFilesOfRemoteDefinition(t *testing.T) {
	plan := &bake.Plan{
		Targets: []*bake.Target{{Name: "a", Context: "/srv", Dockerfile: "cwd:///srv/Dockerfile", Contexts: map[string]string{"l": "oci-layout:///layouts/l"}}},
		Remote:  &bake.Remote{URL: "ssh://git@example.com/a.git", Tree: "ssh://git@example.com/a.git"},
	}
	for name, tt := range map[string]struct {
		env  bake.Env
		want string
	}{
		"checked":    {nil, "fs.read=/layouts/l fs.read=/srv ssh"},
		"trusted":    {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "1"}, ""},
		"untrusted":  {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "0"}, "fs.read=/layouts/l fs.read=/srv ssh"},
		"broken":     {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "x"}, `invalid BAKE_ALLOW_REMOTE_FS_ACCESS "x", want true or false`},
		"switched":   {bake.Env{"BAKE_ALLOW_REMOTE_FS_ACCESS": "1", "BUILDX_BAKE_ENTITLEMENTS_FS": "1"}, "fs.read=/layouts/l fs.read=/srv ssh"},
		"switched 2": {bake.Env{"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}, ""},
	} {
		err := Check(plan, &host.Caller{Dir: t.TempDir(), Env: tt.env}, nil)
		got := ""
		var refused *failure.EntitlementError
		if errors.As(err, &refused) {
			var names []string
			for _, m := range refused.Missing {
				names = append(names, m.Name)
			}
			got = strings.Join(names, " ")
		} else if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}
