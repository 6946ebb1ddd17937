package submit

import (
	"errors"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/node"
)

// An error of the builder is no target's fault.
func TestWhoIsToBlame(t *testing.T) {
	for err, want := range map[error]bool{
		(&node.Node{}).Lost(errors.New("EOF")): false, &failure.UnreachableError{Err: errors.New("refused")}: false, errors.New("exit code 1"): true,
	} {
		var blamed *failure.TargetError
		if errors.As(preparationError(&bake.Target{Name: "a"}, err), &blamed) != want {
			t.Errorf("%v: blames the target: %v", err, !want)
		}
	}
}
