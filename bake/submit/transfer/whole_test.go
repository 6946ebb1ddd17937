package transfer

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil/types"
)

// sink takes packets.
type sink struct {
	filesync.FileSync_DiffCopyServer
}

func (sink) SendMsg(any) error { return nil }

func TestShortFile(t *testing.T) {
	for pieces, want := range map[string]string{
		"1234567890":                            "",
		"12345 67890":                           "",
		"123456 7890 more of a file that grows": "",
		"":                                      "0 could be read",
		"12345":                                 "b was listed with 10 bytes and only 5 could be read",
	} {
		s := &wholeStream{FileSync_DiffCopyServer: sink{}, listed: map[uint32]*listed{}}
		packets := []*types.Packet{
			{Type: types.PACKET_STAT, Stat: &types.Stat{Path: "a", Mode: 0o644}},
			{Type: types.PACKET_STAT, Stat: &types.Stat{Path: "b", Mode: 0o644, Size: 10}},
			{Type: types.PACKET_STAT},
			{Type: types.PACKET_DATA, ID: 0},
		}
		for _, piece := range strings.Fields(pieces) {
			packets = append(packets, &types.Packet{Type: types.PACKET_DATA, ID: 1, Data: []byte(piece)})
		}
		var err error
		for _, p := range append(packets, &types.Packet{Type: types.PACKET_DATA, ID: 1}) {
			if err == nil {
				err = s.SendMsg(p)
			}
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", pieces, err)
		}
	}
}
