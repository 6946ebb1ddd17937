package vertex

import (
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// Canonical identifies the steps of a result by what they do and what they start
// from, whatever the local directories that they read are called, which parts of
// them are read, and who provides them. Steps that the engine may find to be the
// same are equal here; equal ones may turn out to differ.
func Canonical(res *gateway.Result) []digest.Digest {
	var out []digest.Digest
	seen := map[digest.Digest]bool{}
	for _, def := range Definitions(res) {
		k := canonicalizer{ops: map[digest.Digest]*pb.Op{}, known: map[digest.Digest]digest.Digest{}}
		var order []digest.Digest
		for _, data := range def.Def {
			op := &pb.Op{}
			if op.Unmarshal(data) != nil {
				continue
			}
			written := digest.FromBytes(data)
			k.ops[written] = op
			order = append(order, written)
		}
		for _, written := range order {
			op := k.ops[written]
			if works(op) && !seen[k.of(written)] {
				seen[k.of(written)] = true
				out = append(out, k.of(written))
			}
		}
	}
	return out
}

type canonicalizer struct {
	ops   map[digest.Digest]*pb.Op
	known map[digest.Digest]digest.Digest
}

// of changes the operations on its way.
func (k *canonicalizer) of(written digest.Digest) digest.Digest {
	if found, ok := k.known[written]; ok {
		return found
	}
	k.known[written] = written
	op := k.ops[written]
	if op == nil {
		return written
	}
	if src := op.GetSource(); src != nil {
		src.Attrs = nil // such as the session it comes from
		if isLocal(src) {
			src.Identifier = LocalScheme
		}
	}
	for _, in := range op.Inputs {
		in.Digest = string(k.of(digest.Digest(in.Digest)))
	}
	if data, err := op.Marshal(); err == nil {
		k.known[written] = digest.FromBytes(data)
	}
	return k.known[written]
}
