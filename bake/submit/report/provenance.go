package report

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"bake/bake"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/proxy"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	provenance "github.com/moby/buildkit/solver/llbsolver/provenance/types"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	MetadataRef        = "buildx.build.ref"
	metadataProvenance = "buildx.build.provenance"
	provenanceV1       = "https://slsa.dev/provenance/v1"
)

// ProvenanceMode says how much provenance the metadata holds: min, max or "".
func ProvenanceMode(env bake.Env) string {
	text := env["BUILDX_METADATA_PROVENANCE"]
	if b, err := strconv.ParseBool(text); text == "disabled" || err == nil && !b {
		return ""
	}
	if text == "max" {
		return text
	}
	return "min"
}

// FetchProvenance adds to response, for the metadata file, the provenance that the
// record of a build has.
func FetchProvenance(ctx context.Context, c *client.Client, ref, mode string, response map[string]string) error {
	events, err := c.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{Ref: ref, EarlyExit: true})
	if err != nil {
		return err
	}
	store := proxy.NewContentStore(c.ContentClient())
	for {
		event, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if event.Record == nil {
			continue
		}
		results := map[string]*controlapi.BuildResultInfo{"": event.Record.Result}
		if len(event.Record.Results) > 0 {
			results = event.Record.Results
		}
		for platform, result := range results {
			text, err := readProvenance(ctx, store, result, mode)
			if err != nil {
				return err
			}
			key := metadataProvenance
			if platform != "" {
				key += "/" + platform
			}
			if text != "" {
				response[key] = text
			}
		}
	}
}

// readProvenance returns the provenance of one result as base64 of JSON, empty
// if it has none.
func readProvenance(ctx context.Context, store content.Provider, result *controlapi.BuildResultInfo, mode string) (string, error) {
	if result == nil {
		return "", nil
	}
	for _, a := range result.Attestations {
		kind := a.Annotations["in-toto.io/predicate-type"]
		if a.MediaType != "application/vnd.in-toto+json" || !strings.HasPrefix(kind, "https://slsa.dev/provenance/") {
			continue
		}
		data, err := content.ReadBlob(ctx, store, ocispecs.Descriptor{
			MediaType: a.MediaType, Digest: digest.Digest(a.Digest), Size: a.Size, Annotations: a.Annotations,
		})
		if err != nil {
			return "", err
		}
		return encodeProvenance(data, kind, mode)
	}
	return "", nil
}

// encodeProvenance shows provenance of any version as version 0.2, which the
// readers of metadata files expect, and without details in mode min.
func encodeProvenance(data []byte, kind, mode string) (string, error) {
	predicate := &provenance.ProvenancePredicateSLSA02{}
	if kind == provenanceV1 {
		var v1 provenance.ProvenancePredicateSLSA1
		if err := json.Unmarshal(data, &v1); err != nil {
			return "", err
		}
		predicate = v1.ConvertToSLSA02()
	} else if err := json.Unmarshal(data, predicate); err != nil {
		return "", err
	}
	if mode == "min" {
		predicate.BuildConfig, predicate.Metadata = nil, nil
	}
	text, err := json.Marshal(predicate)
	return base64.StdEncoding.EncodeToString(text), err
}
