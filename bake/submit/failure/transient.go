package failure

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// transientTexts are how the engine, which passes errors on as text, words that
// the network or a registry failed in a way that often passes.
var transientTexts = Pattern(`(?i)` + strings.Join([]string{
	"connection refused", "couldn't connect to server", "connection reset by peer", "connection timed out", "broken pipe",
	"i/o timeout", "tls handshake timeout", "timeout awaiting response headers", "client.timeout exceeded",
	"server misbehaving", "temporary failure in name resolution",
	"network is unreachable", "no route to host",
	"toomanyrequests", `\bunavailable: `, "unknown: unknown error", // 429, 503 and 500 in the words of registries
	"unexpected commit (?:digest|size)", // a layer came wrong, which the engine begins anew
	// Of what is just being pushed, beside the same from another node or to a slow store.
	"blob unknown to registry", "provided digest did not match uploaded content",
	"early eof", `(?:request|https?:|fetch|pull|push|download)[^\n]*unexpected eof`, `: eof(?:\n|$)`,
}, "|"))

// TransientStatus finds an HTTP status that asks to try again, as registries,
// web servers and git report it.
var TransientStatus = Pattern(`(?i)(?:status|returned error:?|requests? to|http/[0-9.]+)\b[^\n]*?[ :](429|500|502|503|504)\b`)

// failedStep is how the engine says that a command of a Dockerfile failed. What
// it says of the network was said to the command, which may not be run twice.
const failedStep = "did not complete successfully"

// sharedLookup is how a copy ends that the engine made for several clients, over
// the session of one that was interrupted.
var sharedLookup = Pattern(`failed to copy: rpc error: code = Canceled`)

// Transient reports whether err is a failure of the network or a registry that
// may pass by itself. A builder that went away is none: its builds are lost.
func Transient(err error) bool { return err != nil && !OfBuilder(err) && passing(err) }

// Passing is Transient, and true of a builder that could not be reached for such a
// reason, or that did not answer in time.
func Passing(err error) bool {
	return err != nil && (passing(err) || OfBuilder(err) && errors.Is(err, context.DeadlineExceeded))
}

func passing(err error) bool {
	text := err.Error()
	if Canceled(err) {
		return sharedLookup().MatchString(text)
	}
	if strings.Contains(text, failedStep) {
		return false
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary || dns.IsTimeout
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.ErrUnexpectedEOF) || isTimeout(err) {
		return true
	}
	return transientTexts().MatchString(text) || TransientStatus().MatchString(text)
}

// isTimeout reports whether the network timed out. The end of a context is not
// the network's.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() && !errors.Is(err, context.DeadlineExceeded)
}

// retryAfter finds how long a registry wants to be left alone. Only some say it
// in their answer's body, which is all that the engine passes on.
var retryAfter = Pattern(`(?i)retry[- ]after[:=]? *([0-9.]+ ?(?:ns|us|µs|ms|s|m|h)?)`)

// Asked is the wait that an error asks for, 0 if it asks for none.
func Asked(err error) time.Duration {
	m := retryAfter().FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	text := strings.ReplaceAll(m[1], " ", "")
	if strings.Trim(text, "0123456789") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}
