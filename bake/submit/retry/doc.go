// Package retry tries again what the network or a registry failed, as often as the
// run allows, with a wait between.
package retry
