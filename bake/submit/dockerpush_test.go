package submit

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"bake/bake/submit/failure"
	"bake/bake/submit/node"

	pw "github.com/docker/buildx/util/progress"
	"github.com/moby/buildkit/client"
	dockerclient "github.com/moby/moby/client"
)

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
			if err = lostDocker(&node.Node{}, err); err == nil || failure.Lost(err) != tt.lost {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

type noLog struct{ pw.SubLogger }

func (noLog) SetStatus(*client.VertexStatus) {}
