//go:build linux

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
)

// tellStatus makes registries say in their words what they say in the status of
// an answer: that they are busy or out of order, and when to come back. BuildKit
// passes on nothing but the words, and clients have to know whether to try again.
func tellStatus(hosts registryHosts) registryHosts {
	return func(domain string) ([]docker.RegistryHost, error) {
		list, err := hosts(domain)
		for i, h := range list {
			if h.Client == nil {
				continue
			}
			client := *h.Client
			client.Transport = statusTeller{client.Transport}
			list[i].Client = &client
		}
		return list, err
	}
}

// statusTeller adds the status to the first message of a registry's errors.
type statusTeller struct{ next http.RoundTripper }

// maxAnswer is how much of the text of a failure is read, in bytes.
const maxAnswer = 64 << 10

// RoundTrip implements http.RoundTripper.
func (s statusTeller) RoundTrip(req *http.Request) (*http.Response, error) {
	next := s.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	if err != nil || resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		return resp, err
	}
	wait, err := leaveAlone(req.Context(), resp)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if told := withStatus(text, resp, wait); told != nil {
		text = told
		resp.ContentLength = int64(len(text))
		resp.Header.Del("Content-Length")
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}

// maxAlone is up to which wait it is waited here. A registry that is busy is asked
// again at once by BuildKit, some times, whatever it said.
const maxAlone = 10 * time.Second

// leaveAlone waits for as long as a registry that is busy asked for, if that is not
// long, and returns what it asked for.
func leaveAlone(ctx context.Context, resp *http.Response) (time.Duration, error) {
	wait := retryAfter(resp.Header.Get("Retry-After"), time.Now())
	if wait <= 0 || wait > maxAlone || resp.StatusCode != http.StatusTooManyRequests {
		return wait, nil
	}
	select {
	case <-time.After(wait):
		return wait, nil
	case <-ctx.Done():
		return wait, ctx.Err()
	}
}

// retryAfter reads the header of that name: seconds, or a date. It is 0 if there
// is none.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now).Round(time.Second)
	}
	return 0
}

// withStatus is the body of an answer with its status, or nil if it is not in
// the form of a registry's errors: BuildKit then tells the status itself. That of
// a proxy which says when to come back is brought into that form.
func withStatus(text []byte, resp *http.Response, wait time.Duration) []byte {
	var body struct {
		Errors []map[string]any `json:"errors"`
	}
	if json.Unmarshal(text, &body) != nil || len(body.Errors) == 0 {
		if wait <= 0 {
			return nil
		}
		body.Errors = []map[string]any{{"code": "UNAVAILABLE", "message": "busy"}}
	}
	message, _ := body.Errors[0]["message"].(string)
	after := ""
	if wait > 0 {
		after = fmt.Sprintf(", retry after: %.0f", wait.Seconds())
	}
	body.Errors[0]["message"] = fmt.Sprintf("%s (HTTP status %s%s)", message, resp.Status, after)
	told, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	return told
}
