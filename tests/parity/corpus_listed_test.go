package parity

import (
	"strings"
	"testing"
)

// corpusDiffers are the corpus cases that buildx refuses and bake accepts: the
// row of differences.md, and what buildx says.
var corpusDiffers = map[string]struct{ row, refusal string }{
	"AlexsLemonade__refinebio--root--lookup":                 {"compose-not-a-build", "env file "},
	"AlexsLemonade__refinebio--root--multi-compose-hcl":      {"compose-not-a-build", "env file "},
	"janderland__fql--compose.yaml":                          {"compose-not-a-build", `service "fdb" has neither an image nor a build`},
	"laradock__laradock--clickhouse__compose.yml":            {"compose-not-a-build", "invalid spec: :/etc/clickhouse-server/config.xml"},
	"open-telemetry__opentelemetry-demo--root--multi-extras": {"compose-empty-file", "empty compose file"},
}

// listedInCorpus is whether a run differs as corpusDiffers says: the peer
// refuses for that reason, and bake does not refuse for it.
func listedInCorpus(c corpusCase, theirs, mine answer) bool {
	d, ok := corpusDiffers[c.ID]
	return ok && theirs.failed() && strings.Contains(theirs.Err, d.refusal) && !strings.Contains(mine.Err, d.refusal)
}

// checkCorpusListed fails when a listed case does not differ any more, or its
// row is not there.
func checkCorpusListed(t *testing.T, c corpusCase, ids map[string]bool, differing int) {
	t.Helper()
	d, ok := corpusDiffers[c.ID]
	switch {
	case !ok:
	case !ids[d.row]:
		t.Errorf("no row %q in differences.md", d.row)
	case differing == 0:
		t.Errorf("listed as %s, but equal to the peer", d.row)
	}
}
