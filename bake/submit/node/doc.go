// Package node has the nodes of a builder: the connection to each, what its
// BuildKit can do and how old it is, and which node builds which platforms of
// which target.
package node
