package build

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bake/bake"

	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"
	pw "github.com/docker/buildx/util/progress"
	"github.com/moby/buildkit/client"
	dockerclient "github.com/moby/moby/client"
	"github.com/opencontainers/go-digest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestLostConnection(t *testing.T) {
	n := &node{embedded: true}
	for text, want := range map[string]bool{
		"error reading from server: EOF":                                      true,
		`closing transport due to: received goaway "graceful_stop"`:           true,
		"unexpected HTTP status code received from server: 502 (Bad Gateway)": true, // of a proxy
		"registry answered 503":                                               false,
	} {
		err := n.recognise(status.Error(codes.Unavailable, text))
		if Lost(err) != want || !Unreachable(err) {
			t.Errorf("Lost(%v) is %v", err, !want)
		}
		var blamed *TargetError
		if err := preparationError(&bake.Target{Name: "a"}, err); errors.As(err, &blamed) == want {
			t.Errorf("%v: blames the target: %v", err, !want)
		}
	}
	if err := n.recognise(status.Error(codes.Unknown, "error reading from server: EOF")); Lost(err) {
		t.Error("an error that a step reports counts as a lost connection")
	}
}

// An error may be joined to others, or have been through containerd's words for it.
func TestLostAmongOthers(t *testing.T) {
	eof := status.Error(codes.Unavailable, "error reading from server: EOF")
	for _, err := range []error{
		fmt.Errorf("cannot read: %w", eof),
		errors.Join(status.Error(codes.NotFound, "no such file"), fmt.Errorf("and: %w", eof)),
		fmt.Errorf("cannot read: %w", errgrpc.ToNative(eof)),
	} {
		if !Lost((&node{}).recognise(err)) {
			t.Errorf("%v is not taken for a lost connection", err)
		}
	}
	for _, err := range []error{nil, errors.Join(status.Error(codes.NotFound, "connection error")), errdefs.ErrUnavailable} {
		if Lost((&node{}).recognise(err)) {
			t.Errorf("%v is taken for a lost connection", err)
		}
	}
}

// A builder that never answered is not lost: the error tells why it did not.
func TestUnanswered(t *testing.T) {
	n := &node{}
	n.Builder = "b"
	refused := status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: connection refused"`)
	for _, tt := range []struct {
		err  error
		lost bool
	}{{refused, false}, {status.Error(codes.Unavailable, "error reading from server: EOF"), true}, {status.Error(codes.Unimplemented, "no"), false}} {
		if err := n.unanswered("a lot", tt.err); Lost(err) != tt.lost || !Unreachable(err) || !tt.lost && !strings.Contains(err.Error(), tt.err.Error()) {
			t.Errorf("%v becomes %v", tt.err, err)
		}
	}
}

// Docker is lost if it goes away while it pushes what it has built, not if the
// registry does.
func TestLostDocker(t *testing.T) {
	for _, tt := range []struct {
		name, answer string // to the request for a push, before the connection ends
		lost         bool
	}{
		{"at once", "", true},
		{"in the middle", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n{\"status\":\"Preparing\"}\r\n", true},
		{"in the middle of a message", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"statu", true},
		{"after an error", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + `{"errorDetail":{"message":"EOF"},"error":"EOF of it"}`, false},
		{"after a refusal", "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" + `{"message":"connection reset"}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, tt.answer)
			}))
			defer server.Close()
			api, err := dockerclient.New(dockerclient.WithHost("tcp://"+server.Listener.Addr().String()), dockerclient.WithAPIVersion("1.44"))
			if err != nil {
				t.Fatal(err)
			}
			defer api.Close()
			stream, err := api.ImagePush(t.Context(), "registry.test/app", dockerclient.ImagePushOptions{})
			if err == nil {
				err = followPush(t.Context(), stream, noLog{})
			}
			if err = lostDocker(&node{}, err); err == nil || Lost(err) != tt.lost {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

type noLog struct{ pw.SubLogger }

func (noLog) SetStatus(*client.VertexStatus) {}

func TestCachedStaysCached(t *testing.T) {
	p := newProgress(nil, nil, false)
	s := &stream{p: p, job: watched{
		owners: []owner{{target: "a"}}, saw: func(digest.Digest) {}, vertex: func(d digest.Digest) digest.Digest { return d },
	}}
	at, later := time.Unix(1, 0), time.Unix(2, 0)
	s.write(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:1", Started: &at, Cached: true}}})
	s.write(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:1", Started: &later}}})
	if v := p.vertices["sha256:1"]; !v.Cached || !v.Started.Equal(later) {
		t.Errorf("the vertex is %+v", v)
	}
}
