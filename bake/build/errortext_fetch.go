package build

import "regexp"

// rewording is a text of BuildKit or git and what bake says instead.
type rewording struct {
	text func() *regexp.Regexp
	want string
}

// fetchWords say why something could not be fetched, without the names of
// BuildKit's inner steps.
var fetchWords = []rewording{
	{pattern(`(?:rpc error: code = Unknown desc = )+`), ""},
	{pattern(`(?:failed to (?:solve|read dockerfile|read downloaded context|resolve httpcontext): )*failed to load cache key: `), ""},
	{pattern(`(?:failed to (?:solve|read dockerfile): )+(there is|invalid subdir|the builder cannot)`), "$1"},
	{pattern(`repository does not contain ref (\S+), output: ".*"`), "the repository has no branch, tag or commit $1"},
	{pattern(`could not find default branch for repository: \S+`), "the repository has no default branch, so name one: #BRANCH"},
	{pattern(`invalid subdir (\S+): .*no such file or directory`), "the repository has no directory $1"},
	{pattern(`(?:error fetching default branch for repository|failed to fetch remote) \S+: git stderr`), "git stderr"},
	{pattern(`(?s)git stderr:\n(?:Warning: [^\n]*\n)*(?:fatal: )?([^\n]*?)\s*(?:\n.*?)?: exit status \d+`), "$1"},
	{pattern(`invalid response status 404`), "the server answered 404, not found"},
	{pattern(`invalid response status (\d+)`), "the server answered $1"},
}

// plainFetch rewords what is said about something that was fetched.
func plainFetch(text string) string {
	for _, w := range fetchWords {
		text = w.text().ReplaceAllString(text, w.want)
	}
	return text
}
