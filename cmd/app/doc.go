// Package app is what every verb gets from the outside: the three streams, the
// environment, the working directory and the version. It tells errors and
// warnings, and ends a run that a signal interrupts.
package app
