//go:build linux

package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

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
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if told := withStatus(text, resp); told != nil {
		text = told
		resp.ContentLength = int64(len(text))
		resp.Header.Del("Content-Length")
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}

// withStatus is the body of an answer with its status, or nil if it is not in
// the form of a registry's errors: BuildKit then tells the status itself.
func withStatus(text []byte, resp *http.Response) []byte {
	var body struct {
		Errors []map[string]any `json:"errors"`
	}
	if json.Unmarshal(text, &body) != nil || len(body.Errors) == 0 {
		return nil
	}
	message, _ := body.Errors[0]["message"].(string)
	after := ""
	if wait := resp.Header.Get("Retry-After"); wait != "" {
		after = ", retry after: " + wait
	}
	body.Errors[0]["message"] = fmt.Sprintf("%s (HTTP status %s%s)", message, resp.Status, after)
	told, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	return told
}
