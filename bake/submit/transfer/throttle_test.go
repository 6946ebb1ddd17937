package transfer

import (
	"testing"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil/types"
)

// sender is the engine's end of a stream: it counts the files it was asked for.
type sender struct {
	filesync.FileSend_DiffCopyServer
	asked []uint32
	sent  int
}

func (s *sender) SendMsg(m any) error {
	if p := m.(*types.Packet); p.Type == types.PACKET_REQ {
		s.asked = append(s.asked, p.ID)
	}
	return nil
}

// RecvMsg sends one file, as a piece of content and its end in turn.
func (s *sender) RecvMsg(m any) error {
	p := m.(*types.Packet)
	*p = types.Packet{Type: types.PACKET_DATA, ID: s.asked[s.sent/2]}
	if s.sent%2 == 0 {
		p.Data = []byte("x")
	}
	s.sent++
	return nil
}

// However many files the receiver wants at once, the engine is asked for few at a
// time, and for all in the end, in their order.
func TestFilesAreAskedForByAndBy(t *testing.T) {
	const files = 3*maxAsked + 7
	engine := &sender{}
	stream := &throttledStream{FileSend_DiffCopyServer: engine}
	for id := range uint32(files) {
		if err := stream.SendMsg(&types.Packet{Type: types.PACKET_REQ, ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	for engine.sent < 2*files {
		if owed := len(engine.asked) - engine.sent/2; owed > maxAsked || owed == 0 {
			t.Fatalf("after %d files the engine owes %d", engine.sent/2, owed)
		}
		var p types.Packet
		if err := stream.RecvMsg(&p); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range engine.asked {
		if id != uint32(i) {
			t.Fatalf("file %d was asked for in place of %d", id, i)
		}
	}
	if len(engine.asked) != files || stream.asked != 0 {
		t.Errorf("%d of %d files were asked for, %d are owed", len(engine.asked), files, stream.asked)
	}
}
