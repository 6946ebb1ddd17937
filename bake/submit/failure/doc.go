// Package failure has the errors of a submission: which target and attribute is
// at fault, that a builder was lost or could not be reached, that a target was
// skipped. It tells what may pass if it is tried again, and puts what BuildKit
// says into the words of people.
//
// It does not know how an error is shown, nor does it try anything again.
package failure
