package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"bake/bake/submit/failure"

	"github.com/docker/buildx/builder"
)

// handshakePatience is how long a builder may take to answer a greeting. One
// that takes longer is left to its driver, which waits for it.
const handshakePatience = 5 * time.Second

// greeting is how an HTTP/2 client begins: the preface and empty settings. A
// server answers with its own.
const greeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// alertRecord is the first byte of a server that was not spoken to in TLS.
const alertRecord = 0x15

// refusalPatience is how long a builder may refuse connections, as one does that
// is about to start.
const refusalPatience = 700 * time.Millisecond

// handshake says hello to a remote builder and returns an error if nobody listens
// there or, behind TCP, if certificates keep client and builder apart, or only one
// of them speaks TLS. The driver would try again and again, and then say that time
// is up. Why a builder cannot be reached that may be in a moment is no error but
// noted.
func handshake(ctx context.Context, n builder.Node) (noted, err error) {
	if n.Driver.Factory().Name() != RemoteDriver {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakePatience)
	defer cancel()
	conn, err := dial(ctx, n.Driver.Dial)
	if err != nil {
		return unreached(ctx, err)
	}
	defer conn.Close()
	if !strings.HasPrefix(n.Endpoint, "tcp://") {
		return nil, nil
	}
	return nil, hello(ctx, n, conn)
}

// dial dials, again as long as a builder may refuse.
func dial(ctx context.Context, dial func(context.Context) (net.Conn, error)) (net.Conn, error) {
	for last := time.Now().Add(refusalPatience); ; {
		conn, err := dial(ctx)
		if err == nil || !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(last) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(refusalPatience / 7):
		}
	}
}

// unreached tells what a failure to dial says.
func unreached(ctx context.Context, err error) (noted, final error) {
	network := (*net.OpError)(nil)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, &failure.UnreachableError{Err: err, Advice: "Nothing listens there. Start the BuildKit, or name another builder with --builder or $BUILDKIT_HOST."}
	case errors.As(err, &network):
		return network, nil
	case ctx.Err() != nil:
		return nil, nil
	}
	return nil, &failure.UnreachableError{Err: err, Advice: "The driver options cacert, cert and key of the builder are absolute paths of PEM files: create the builder again with the right ones."}
}

// hello greets a builder at the other end of a connection.
func hello(ctx context.Context, n builder.Node, conn net.Conn) error {
	var err error
	secure, _ := conn.(*tls.Conn)
	if secure != nil {
		err = secure.HandshakeContext(ctx)
	}
	if err == nil {
		err = greet(conn)
	}
	return refusal(err, secure != nil, n.DriverOpts["cert"] != "")
}

var errExpectsTLS = errors.New("the builder expects TLS")

// greet returns an error if the answer to a greeting tells that there will be none.
func greet(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(handshakePatience))
	if _, err := io.WriteString(conn, greeting); err != nil {
		return err
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if answer[0] == alertRecord {
		return errExpectsTLS
	}
	return nil
}

// refusal explains an error of a handshake, nil if it says nothing about TLS.
// secure and known tell whether the client spoke TLS and has a certificate. It
// only sends one of an authority that the builder names.
func refusal(err error, secure, known bool) error {
	why, hint := "", ""
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var plain tls.RecordHeaderError
	var remote *net.OpError
	switch text := fmt.Sprint(err); {
	case err == nil:
		return nil
	case errors.As(err, &authority):
		why, hint = "its certificate is not signed by the authority in cacert", "The driver option cacert names the certificate of the authority that signed the builder's."
	case errors.As(err, &host):
		why, hint = "its certificate is for another name", "The driver option servername says which name the builder's certificate has, if it is not that of the address."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		why, hint = "its certificate has expired, or the clock of this machine is wrong", "The builder needs a new certificate."
	case errors.As(err, &invalid):
		why, hint = "its certificate is invalid", "The builder needs another certificate."
	case errors.As(err, &plain):
		why, hint = "it does not speak TLS", "Without the driver options cacert, cert, key and servername the builder is spoken to without TLS."
	case !secure && (errors.Is(err, errExpectsTLS) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)):
		why, hint = "it does not talk without TLS", withTLS
	case !known && (strings.Contains(text, "certificate required") || strings.Contains(text, "handshake failure")):
		why, hint = "it asks for a certificate of the client", withTLS
	case strings.Contains(text, "expired certificate"):
		why, hint = "it says that the certificate of the client has expired", "The driver options cert and key need a new certificate."
	case errors.As(err, &remote) && remote.Op == "remote error":
		why, hint = "it does not accept the certificate of the client", "The driver options cert and key need a certificate of an authority that the builder trusts."
	default:
		return nil
	}
	return &failure.UnreachableError{Err: fmt.Errorf("%s: %w", why, err), Advice: hint}
}

// withTLS is how to give a builder certificates.
const withTLS = `A builder behind TLS is created with certificates, and named by --builder instead of $BUILDKIT_HOST:

  bake builders create --name secure --driver remote --driver-opt cacert=/path/ca.pem,cert=/path/cert.pem,key=/path/key.pem tcp://HOST:PORT`
