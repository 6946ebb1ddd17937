// Package transfer is how files travel over a session. What the engine sends is
// asked for a few files at a time, and what is sent to it goes in larger pieces.
package transfer
