package policy

import (
	"encoding/json"
	"fmt"

	"bake/bake/submit/host"

	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"google.golang.org/protobuf/proto"
)

// staticPolicyVar names the file of a source policy for all targets.
const staticPolicyVar = "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"

// Static reads the source policy that the environment names, as JSON or as
// a protocol buffer. It is nil if there is none.
func Static(at *host.Caller) (*spb.Policy, error) {
	name := at.Env[staticPolicyVar]
	if name == "" {
		return nil, nil
	}
	data, err := host.ReadBounded(at.Place(name), host.MaxText)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", staticPolicyVar, err)
	}
	out := &spb.Policy{}
	if err := json.Unmarshal(data, out); err != nil {
		out = &spb.Policy{}
		if proto.Unmarshal(data, out) != nil {
			return nil, fmt.Errorf("%s: %s is no source policy: %w", staticPolicyVar, name, err)
		}
	}
	return out, nil
}
