package node

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bake/bake/submit/failure"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	_ "github.com/docker/buildx/driver/remote"
	"github.com/docker/buildx/store"
)

// remoteAt is a node of the remote driver.
func remoteAt(t *testing.T, endpoint string) builder.Node {
	t.Helper()
	factory, err := driver.GetFactory(RemoteDriver, true)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := driver.GetDriver(t.Context(), factory, driver.InitConfig{Name: "far", EndpointAddr: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return builder.Node{Node: store.Node{Name: "far", Endpoint: endpoint}, Builder: "far", Driver: handle}
}

// freePort is an address where nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Where nobody listens is told within a second, by its address.
func TestRefusedConnection(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	for _, endpoint := range []string{"tcp://" + freePort(t), "unix://" + socket} {
		begun := time.Now()
		_, err := connect(t.Context(), t.Context(), remoteAt(t, endpoint), nil)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s: took %s", endpoint, took)
		}
		if err == nil || !failure.OfBuilder(err) || !strings.Contains(err.Error(), "builder far at "+endpoint) || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%s: %v", endpoint, err)
		}
		if hint := failure.Hint(err); !strings.HasPrefix(hint, "Nothing listens there.") {
			t.Errorf("%s: the hint is %q", endpoint, hint)
		}
	}
}

// A builder that is about to start may refuse some connections.
func TestBuilderAboutToStart(t *testing.T) {
	address := freePort(t)
	var listener atomic.Pointer[net.Listener]
	time.AfterFunc(refusalPatience/3, func() {
		if l, err := net.Listen("tcp", address); err == nil {
			listener.Store(&l)
		}
	})
	conn, err := dial(t.Context(), func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	(*listener.Load()).Close()
}
