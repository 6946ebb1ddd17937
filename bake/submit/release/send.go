package release

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/distribution/reference"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// The pushers of containerd are not used to write manifests: they ask first
// whether the registry has them, and what a tag points to may change between
// the question and the answer.

// errCannotDelete says that a registry does not delete tags.
var errCannotDelete = errors.New("the registry does not delete tags")

// manifest is one of a registry: a repository and a tag or digest.
type manifest struct {
	host       docker.RegistryHost
	repository string
	reference  string
	scope      string // what is done to it, in the words of token servers
}

func (r *Registries) manifest(place Place, scope string) (*manifest, error) {
	named, err := reference.ParseNormalizedNamed(place.Reference)
	if err != nil {
		return nil, fmt.Errorf("invalid reference %q: %w", place.Reference, err)
	}
	hosts, err := r.hostsOf(hostKey{reference.Domain(named), place.Insecure})
	if err != nil {
		return nil, err
	}
	m := &manifest{host: hosts[0], repository: reference.Path(named), scope: scope}
	if tagged, ok := named.(reference.Tagged); ok {
		m.reference = tagged.Tag()
	}
	return m, nil
}

// Put makes a tag point to a manifest of its repository, with one request. A
// place without a tag takes the manifest under its digest.
func (r *Registries) Put(ctx context.Context, place Place, desc ocispecs.Descriptor, data []byte) error {
	m, err := r.manifest(place, "pull,push")
	if err != nil {
		return err
	}
	if m.reference == "" {
		m.reference = desc.Digest.String()
	}
	err = r.call(ctx, "pushing "+place.Reference, func(ctx context.Context) error {
		resp, err := m.send(ctx, http.MethodPut, desc.MediaType, data)
		if err != nil {
			return err
		}
		if got := resp.Header.Get("Docker-Content-Digest"); got != "" && got != desc.Digest.String() {
			return fmt.Errorf("the registry took it for %s instead of %s", got, desc.Digest)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("failed to push %s: %w", place.Reference, err)
	}
	return nil
}

// Delete removes a tag, and nothing but the tag: the image stays. Many
// registries do not know that.
func (r *Registries) Delete(ctx context.Context, tag Place) error {
	m, err := r.manifest(tag, "delete,pull,push")
	if err == nil && m.reference == "" {
		err = errors.New("it is no tag")
	}
	if err == nil {
		err = r.call(ctx, "deleting "+tag.Reference, func(ctx context.Context) error {
			_, err := m.send(ctx, http.MethodDelete, "", nil)
			var status remoteerrors.ErrUnexpectedStatus
			switch {
			case !errors.As(err, &status):
			case status.StatusCode == http.StatusNotFound:
				return nil
			case status.StatusCode < 500 && status.StatusCode != http.StatusTooManyRequests:
				return fmt.Errorf("%w (%s)", errCannotDelete, status.Status)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("failed to delete %s: %w", tag.Reference, err)
	}
	return nil
}

// send makes a request, again with credentials if the registry wants some. An
// answer that is no success is an error.
func (m *manifest) send(ctx context.Context, method, mediaType string, data []byte) (*http.Response, error) {
	ctx = docker.WithScope(ctx, "repository:"+m.repository+":"+m.scope)
	url := m.host.Scheme + "://" + m.host.Host + m.host.Path + "/" + m.repository + "/manifests/" + m.reference
	var answers []*http.Response
	for {
		req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if mediaType != "" {
			req.Header.Set("Content-Type", mediaType)
		}
		if err := m.host.Authorizer.Authorize(ctx, req); err != nil {
			return nil, err
		}
		resp, err := m.host.Client.Do(req)
		if err != nil {
			return nil, err
		}
		answers = append(answers, resp)
		err = statusError(resp)
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || len(answers) > 1 || m.host.Authorizer.AddResponses(ctx, answers) != nil {
			return resp, err
		}
	}
}

// statusError is the error that an answer is, with what the registry says about
// it, or nil.
func statusError(resp *http.Response) error {
	if resp.StatusCode < 300 {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxManifest)) // so that the connection can be used again
		return nil
	}
	err := remoteerrors.NewUnexpectedStatusErr(resp)
	var status remoteerrors.ErrUnexpectedStatus
	var told docker.Errors
	if errors.As(err, &status) && json.Unmarshal(status.Body, &told) == nil && told.Len() > 0 {
		return fmt.Errorf("%w: %w", err, told)
	}
	return err
}
