// Package verb has what verbs declare alike: that they take no arguments, how flags
// are completed, and which name is meant by a misspelt one.
package verb
