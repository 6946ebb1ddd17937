package diagnostics

import "strings"

// fetchHint is what to do about a git server that refuses to answer, empty for
// other errors.
func fetchHint(text string) string {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("could not read Username", "could not read Password", "Authentication failed for"):
		return "The git server wants credentials, or does not take those it was given. For the repository of a definition they are in $BUILDX_BAKE_GIT_AUTH_TOKEN or $BUILDX_BAKE_GIT_AUTH_HEADER; a target takes them from a secret with the id GIT_AUTH_TOKEN or GIT_AUTH_HEADER, or GIT_AUTH_TOKEN.HOST for one server:\n\n  secret = [\"id=GIT_AUTH_TOKEN,env=TOKEN\"]"
	case has("Permission denied (publickey", "no SSH key ", "invalid empty ssh agent socket", "Could not read from remote repository"):
		return "git over ssh takes its keys from the agent at $SSH_AUTH_SOCK: `ssh-add -l` lists them. For the repository of a definition, $BUILDX_BAKE_GIT_SSH names other agents or key files; a target has its own with ssh."
	}
	return ""
}
