package release

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/distribution/reference"
)

// errCannotDelete says that a registry does not delete tags.
var errCannotDelete = errors.New("the registry does not delete tags")

// Delete removes a tag, and nothing but the tag: the image stays. Many
// registries do not know that.
func (r *Registries) Delete(ctx context.Context, tag Place) error {
	named, err := reference.ParseNormalizedNamed(tag.Reference)
	if err != nil {
		return fmt.Errorf("invalid reference %q: %w", tag.Reference, err)
	}
	tagged, ok := named.(reference.Tagged)
	if !ok {
		return fmt.Errorf("%s is no tag", tag.Reference)
	}
	hosts, err := r.hostsOf(hostKey{reference.Domain(named), tag.Insecure})
	if err != nil {
		return err
	}
	repository := reference.Path(named)
	err = r.call(ctx, "deleting "+tag.Reference, func(ctx context.Context) error {
		ctx = docker.WithScope(ctx, "repository:"+repository+":delete,pull,push")
		return deleteManifest(ctx, hosts[0], repository, tagged.Tag())
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", tag.Reference, err)
	}
	return nil
}

func deleteManifest(ctx context.Context, h docker.RegistryHost, repository, tag string) error {
	url := h.Scheme + "://" + h.Host + h.Path + "/" + repository + "/manifests/" + tag
	var responses []*http.Response
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodDelete, url, nil)
		if err != nil {
			return err
		}
		if err := h.Authorizer.Authorize(ctx, req); err != nil {
			return err
		}
		resp, err := h.Client.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		switch responses = append(responses, resp); {
		case resp.StatusCode < 300 || resp.StatusCode == http.StatusNotFound:
			return nil
		case resp.StatusCode == http.StatusUnauthorized && len(responses) == 1:
			if err := h.Authorizer.AddResponses(ctx, responses); err != nil {
				return err
			}
		case resp.StatusCode < 500:
			return fmt.Errorf("%w (%s)", errCannotDelete, resp.Status)
		default:
			return errors.New(resp.Status)
		}
	}
}
