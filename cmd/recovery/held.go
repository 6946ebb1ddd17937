package recovery

import (
	"fmt"

	"bake/bake"
	"bake/bake/submit/release"
	"bake/cmd/app"

	"github.com/hashicorp/hcl/v2"
)

// HeldTags warns of tags that a plan pushes and that a release has left half
// done, or is just moving: finishing or undoing that would find them changed.
func HeldTags(a *app.App, plan *bake.Plan) hcl.Diagnostics {
	journals, err := Journals(a)
	if err != nil {
		return nil // there is no place for journals, so there are none
	}
	holders, err := journals.Holding()
	if err != nil || len(holders) == 0 {
		return nil
	}
	return plan.HeldTags(func(tag string) string {
		full, err := release.Normalize(tag)
		if err != nil {
			return ""
		}
		e, ok := holders[full]
		switch {
		case !ok:
			return ""
		case e.Running:
			return fmt.Sprintf("Another bake is just moving that tag (release %s): which of the two it points to in the end is left to chance.", e.ID)
		}
		return fmt.Sprintf("Release %s was interrupted while it moved that tag and others, and would leave it alone from now on: "+
			"first let `bake --resume=%s` move the rest, or `bake --rollback=%s` put all back. `bake --forget=%s` ends it as it is.", e.ID, e.ID, e.ID, e.ID)
	})
}
