package failure

import (
	"errors"
	"testing"
)

// TestFetchWords: what engines and git say, and what bake makes of it.
func TestFetchWords(t *testing.T) {
	for text, want := range map[string]string{
		`failed to solve: failed to read dockerfile: failed to load cache key: repository does not contain ref nope, output: ""`:                                                                         "the repository has no branch, tag or commit nope",
		"failed to solve: failed to load cache key: error fetching default branch for repository http://h/n.git: git stderr:\nfatal: repository 'http://h/n.git/' not found\n: exit status 128":          "repository 'http://h/n.git/' not found",
		"failed to solve: failed to load cache key: failed to fetch remote ssh://h/n.git: git stderr:\ngit@h: Permission denied (publickey).\r\nfatal: Could not read from remote.\n\n: exit status 128": "git@h: Permission denied (publickey).",
		`failed to solve: invalid subdir nope: failed to lstat "nope": statat nope: no such file or directory`:                                                                                           "the repository has no directory nope",
		"failed to solve: failed to read downloaded context: failed to load cache key: invalid response status 404":                                                                                      "the server answered 404, not found",
		"failed to solve: there is no file x":                                             "there is no file x",
		"failed to solve: failed to read dockerfile: open x: no such file or directory":   "failed to read dockerfile: open x: no such file or directory",
		"failed to solve: process \"/bin/sh -c x\" did not complete successfully: exit 1": "process \"/bin/sh -c x\" did not complete successfully: exit 1",
	} {
		if got := Text(errors.New(text)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
