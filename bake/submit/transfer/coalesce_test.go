package transfer

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sentConn notes what is sent over it, piece by piece.
type sentConn struct {
	net.Conn
	mu     sync.Mutex
	pieces []string
	asks   chan string // what the other side says
	err    error       // of writing
}

func (c *sentConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	c.pieces = append(c.pieces, string(b))
	return len(b), nil
}

func (c *sentConn) Read(b []byte) (int, error) {
	text, ok := <-c.asks
	if !ok {
		return 0, io.EOF
	}
	return copy(b, text), nil
}

func (c *sentConn) sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.pieces)
}

func TestCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		under := &sentConn{asks: make(chan string, 1)}
		c := coalesce(under)
		write := func(n int) {
			for range n {
				if n, err := c.Write([]byte("stat.")); n != 5 || err != nil {
					t.Fatal(n, err)
				}
			}
		}
		expect := func(what string, pieces int) {
			t.Helper()
			if got := len(under.sent()); got != pieces {
				t.Errorf("%s: %d pieces are sent, want %d", what, got, pieces)
			}
		}
		hear := func(text string) {
			under.asks <- text
			if _, err := c.Read(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
		}
		write(promptWrites)
		expect("answers go out as they come", promptWrites)
		write(20)
		expect("what follows is pending", promptWrites)
		time.Sleep(coalesceTime)
		synctest.Wait()
		expect("and sent soon", promptWrites+1)
		hear("a ping of some bytes")
		write(1)
		expect("which pings do not change", promptWrites+1)
		hear("a request that is as long as requests usually are")
		write(1)
		expect("order is kept", promptWrites+1)
		time.Sleep(coalesceTime)
		synctest.Wait()
		expect("so what is pending goes first", promptWrites+2)
		write(1)
		expect("and then the answer at once", promptWrites+3)
		write(promptWrites + coalesceSize/5)
		expect("much does not wait", 2*promptWrites+2)
		time.Sleep(coalesceTime)
		synctest.Wait()
		text := strings.Join(under.sent(), "")
		if want := strings.Repeat("stat.", 2*promptWrites+23+coalesceSize/5); text != want {
			t.Errorf("%d bytes are sent, want the %d that were written", len(text), len(want))
		}
	})
}

// What could not be sent is an error of what is written next.
func TestCoalesceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		under := &sentConn{}
		c := coalesce(under)
		for range promptWrites + 1 {
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		under.err = errors.New("broken")
		time.Sleep(coalesceTime)
		synctest.Wait()
		if _, err := c.Write([]byte("x")); !errors.Is(err, under.err) {
			t.Errorf("error %v", err)
		}
	})
}
