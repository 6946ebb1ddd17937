package transfer

import (
	"sync"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil/types"
)

// maxAsked is how many files of a directory the engine may owe at a time. It has
// about a hundred in hand, and the questions for these fit many times into what
// a stream takes without anybody reading.
const maxAsked = 1024

// throttledStream asks for a file only when few of those it asked for are still to
// come. The receiver asks for all at once: more than a stream takes, while the
// engine reads no further question before it got rid of a file, and what tells
// it that there is room again waits behind the questions. With some ten thousand
// files both wait for ever (moby/buildkit#2950).
type throttledStream struct {
	filesync.FileSend_DiffCopyServer

	mu    sync.Mutex // also held while sending
	asked int
	later []uint32 // files to ask for, by number
}

// SendMsg implements grpc.ServerStream.
func (s *throttledStream) SendMsg(m any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := m.(*types.Packet); ok && p.Type == types.PACKET_REQ {
		if s.asked == maxAsked {
			s.later = append(s.later, p.ID)
			return nil
		}
		s.asked++
	}
	return s.FileSend_DiffCopyServer.SendMsg(m)
}

// RecvMsg implements grpc.ServerStream. An empty piece of a file is its end.
func (s *throttledStream) RecvMsg(m any) error {
	err := s.FileSend_DiffCopyServer.RecvMsg(m)
	if p, ok := m.(*types.Packet); err != nil || !ok || p.Type != types.PACKET_DATA || len(p.Data) > 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.later) == 0 {
		s.asked--
		return nil
	}
	next := s.later[0]
	s.later = s.later[1:]
	return s.FileSend_DiffCopyServer.SendMsg(&types.Packet{Type: types.PACKET_REQ, ID: next})
}
