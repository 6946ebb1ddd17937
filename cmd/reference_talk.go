package cmd

// talkText is what the reference says of the limits of what bake says and reads.
const talkText = `
## Diagnostics

What is wrong with a definition is told with its place and the lines there, as text
or, with ` + "`--diagnostics json`" + `, as one array; on GitHub Actions also as annotations.
However wrong or large a definition is, bake does not say more than a person or a
program can use:

* Of a line longer than 160 characters the part around the marked place is shown. In
  JSON, ` + "`offset`" + ` is then how many bytes of the line are before ` + "`text`" + `, ` + "`cut`" + ` tells that
  there are more behind it, and ` + "`from`" + ` and ` + "`to`" + ` count within ` + "`text`" + `. Of a sentence
  that quotes more than 4,000 bytes, the middle is left out.
* Text and annotations stop after 20 errors, as the first ones are often the cause of
  the others, and say how many are left; so do annotations after 20 warnings. As text,
  warnings beyond five of a kind take a line each, at most a hundred.
* JSON is for programs, which filter by themselves: it has up to 500 errors and 500
  warnings. If there are more, the last elements have the id ` + "`more-errors`" + ` or
  ` + "`more-warnings`" + ` and a ` + "`count`" + `.
* Failures of targets are never left out.

Brackets, blocks, templates, conditionals, prefixes and JSON may be nested 500 levels
deep, and an expression may apply 5,000 operators and indexes one after the other. What
goes beyond is refused with its place, before it is parsed.

Diagnostics of a definition do not tell secrets: the values of variables with a word
such as TOKEN, PASSWORD, SECRET, KEY, CREDENTIALS or AUTH in their names, or which a
target has as a secret (` + "`env=`" + `), and these values within others, if they have six
characters or more. Credentials in URLs are shown as xxxxx, in excerpts, too. What bake
remembers of a run, for ` + "`--rerun-failed`" + `, holds names and no values.

## Failures

A remote builder where nobody listens is an error within a second, with its address;
one that does not answer in another way is waited for, as it may be about to start. Advice
to try again is given only where that may help: the network, a busy server, a builder
that did not answer in time. An engine that goes away as a build starts or while it runs
ends it with 5. What a run that was killed left beside an output, as
` + "`.NAME.PID-N.tmp`" + `, is removed by the next run that writes that output.

## Workflow commands

On GitHub Actions (` + "`GITHUB_ACTIONS=true`" + `) a runner obeys lines that begin with
` + "`::`" + ` and those with ` + "`##[`" + `, wherever they come from. Nothing that bake prints is one,
whatever a definition, a build or a frontend says: neither the talk on standard error,
apart from bake's own annotations and groups, nor the data on standard output. As bake
cannot know whether a program reads its standard output or the runner does, data
stays what it is for a program:

* In JSON the bracket is written as ` + "`\\u005b`" + `, which is the same text to any parser.
* In text, such as tables and what ` + "`explain`" + ` and ` + "`--call`" + ` print, a space of no width
  (U+200B) comes between the two colons, or before the bracket, of what would be a
  command. All other lines stay as they are. A program that has to read values which
  may look like commands reads JSON.
* A file that standard output goes to, ` + "`inspect --raw`" + `, completions, and images written
  to standard output (` + "`dest=-`" + `) are as they are, byte for byte. ` + "`BAKE_GITHUB=false`" + `
  turns all of this off.
`
