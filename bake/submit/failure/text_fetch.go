package failure

import "regexp"

// rewording is a text of BuildKit or git and what bake says instead.
type rewording struct {
	text func() *regexp.Regexp
	want string
}

// fetchWords say why something could not be fetched, without the names of
// BuildKit's inner steps.
var fetchWords = []rewording{
	{Pattern(`(?:rpc error: code = Unknown desc = )+`), ""},
	{Pattern(`(?:failed to (?:solve|read dockerfile|read downloaded context|resolve httpcontext): )*failed to load cache key: `), ""},
	{Pattern(`(?:failed to (?:solve|read dockerfile): )+(there is|invalid subdir|the builder cannot)`), "$1"},
	{Pattern(`repository does not contain ref (\S+), output: ".*"`), "the repository has no branch, tag or commit $1"},
	{Pattern(`could not find default branch for repository: \S+`), "the repository has no default branch, so name one: #BRANCH"},
	{Pattern(`invalid subdir (\S+): .*no such file or directory`), "the repository has no directory $1"},
	{Pattern(`(?:error fetching default branch for repository|failed to fetch remote) \S+: git stderr`), "git stderr"},
	{Pattern(`(?s)git stderr:\n(?:Warning: [^\n]*\n)*(?:fatal: )?([^\n]*?)\s*(?:\n.*?)?: exit status \d+`), "$1"},
	{Pattern(`invalid response status 404`), "the server answered 404, not found"},
	{Pattern(`invalid response status (\d+)`), "the server answered $1"},
}

// plainFetch rewords what is said about something that was fetched.
func plainFetch(text string) string {
	for _, w := range fetchWords {
		text = w.text().ReplaceAllString(text, w.want)
	}
	return text
}
