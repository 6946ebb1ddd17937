// Package platform reads and writes lists of platforms, each in its one
// spelling.
package platform
