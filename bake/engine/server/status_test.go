//go:build linux

package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
)

func TestTellStatus(t *testing.T) {
	var code int
	var body, after string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}))
	defer srv.Close()
	hosts, err := tellStatus(func(string) ([]docker.RegistryHost, error) {
		return []docker.RegistryHost{{}, {Client: &http.Client{}}}, nil
	})("r")
	if err != nil || hosts[0].Client != nil {
		t.Fatalf("%v, %v", hosts, err)
	}
	const own = `{"errors":[{"code":"UNKNOWN","message":"busy"}]}`
	for _, tc := range []struct {
		code        int
		body, after string
		want        string
	}{
		{429, own, "1", `"message":"busy (HTTP status 429 Too Many Requests, retry after: 1)"`},
		{429, own, "70", `"message":"busy (HTTP status 429 Too Many Requests, retry after: 70)"`},
		{503, "<html>", "7", `"message":"busy (HTTP status 503 Service Unavailable, retry after: 7)"`},
		{503, own, "", `"message":"busy (HTTP status 503 Service Unavailable)"`},
		{503, "<html>", "", "<html>"},
		{404, own, "", own},
		{200, own, "", own},
	} {
		code, body, after = tc.code, tc.body, tc.after
		resp, err := hosts[1].Client.Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != tc.code || !strings.Contains(string(got), tc.want) {
			t.Errorf("%d %s: %d %s, %v", tc.code, tc.body, resp.StatusCode, got, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "7": 7 * time.Second,
		"Mon, 30 Nov 2026 12:00:05 GMT": 5 * time.Second,
		"Mon, 30 Nov 2026 11:00:05 GMT": 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
