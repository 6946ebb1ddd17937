package engine

import (
	"errors"
	"testing"

	controlapi "github.com/moby/buildkit/api/services/control"
	workerapi "github.com/moby/buildkit/api/types"
)

// An answer is had once, and is not changed by who uses it; a failure is none.
func TestAnswer(t *testing.T) {
	var a answer
	asked := 0
	failure := errors.New("lost")
	call := func(err error) (*controlapi.ListWorkersResponse, error) {
		reply := &controlapi.ListWorkersResponse{}
		return reply, a.fill(reply, func() error {
			asked++
			reply.Record = []*workerapi.WorkerRecord{{ID: "one"}}
			return err
		})
	}
	if _, err := call(failure); !errors.Is(err, failure) {
		t.Errorf("the failure is %v", err)
	}
	for range 3 {
		reply, err := call(nil)
		if err != nil || len(reply.Record) != 1 || reply.Record[0].ID != "one" {
			t.Fatalf("%v, %v", reply, err)
		}
		reply.Record[0].ID = "changed"
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}
