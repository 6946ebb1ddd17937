package e2e

import (
	"testing"

	"bake/tests/fixture"
)

// TestJobsOfPeer gives -j every form to both sides: what one takes the other
// takes, but for a number beside other values, which only bake takes.
func TestJobsOfPeer(t *testing.T) {
	t.Parallel()
	peer := fixture.NewPeer(t, "")
	s := newSite(t, "-- docker-bake.hcl --\ntarget \"default\" {}\n")
	for _, form := range []string{
		"", " ", "0", "4", " 4 ", "+4", "parallel=2", "parallel=0", "PARALLEL=2", "parallel = 2", "fail-fast", "mode=fail-fast",
		"defer-error", "Mode=defer-error", "mode=defer-output,parallel=3", "parallel=3,defer-output", `"defer-error","parallel=2"`,
	} {
		compareJobs(t, peer, s, form, true, true)
	}
	for _, form := range []string{"2,defer-error", "defer-error,2", "mode=defer-output,2", `"2"`, "+2,fail-fast"} {
		compareJobs(t, peer, s, form, false, true)
	}
	for _, form := range []string{
		"-1", "1.5", "many", "parallel=", "parallel=-1", "parallel=1.5", "mode=", "mode=2", "Defer-Error", "4,", ",4", ",", "jobs=2",
		"99999999999999999999", "1,2", "2,parallel=2", "parallel=1,PARALLEL=2", "fail-fast,mode=fail-fast", "defer-error,defer-output",
		`"defer-error`,
	} {
		compareJobs(t, peer, s, form, false, false)
	}
}

// compareJobs prints a plan with -j on both sides.
func compareJobs(t *testing.T, peer *fixture.Peer, s *site, form string, theirs, ours bool) {
	t.Helper()
	if o := peer.Bake(t, s.dir, nil, "--print", "-j", form); (o.Code == 0) != theirs {
		t.Errorf("docker buildx bake -j %q: exit code %d\n%s", form, o.Code, o.Stderr)
	}
	want := 0
	if !ours {
		want = 2
	}
	if o := fixture.Run(t, s.command("--print", "-j", form)); o.Code != want {
		t.Errorf("bake -j %q: exit code %d, want %d\n%s", form, o.Code, want, o.Stderr)
	}
}
