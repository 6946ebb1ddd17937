// Package tally puts what became of targets into words: sums, times, digests.
package tally
