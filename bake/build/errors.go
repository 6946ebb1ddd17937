package build

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"bake/bake"

	"github.com/hashicorp/hcl/v2"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"
)

// TargetError is the failure of one target.
type TargetError struct {
	Target string
	Range  hcl.Range       // the attribute at fault, else the block of the target
	Source *errdefs.Source // the lines of the Dockerfile at fault, nil if unknown
	Err    error
}

func (e *TargetError) Error() string { return "target " + e.Target + ": " + e.Err.Error() }

func (e *TargetError) Unwrap() error { return e.Err }

// targetError names the target and the positions that err has to do with.
// attribute and key may be empty: the position is then that of the block.
func targetError(t *bake.Target, attribute, key string, err error) error {
	if err == nil {
		return nil
	}
	if known := (*TargetError)(nil); errors.As(err, &known) {
		return err
	}
	e := &TargetError{Target: t.Name, Range: t.Range, Err: err}
	if attribute != "" {
		if o := t.Origin(attribute, key); o != nil && !o.Range.Empty() {
			e.Range = o.Range
		}
	}
	if sources := errdefs.Sources(err); len(sources) > 0 {
		e.Source = sources[len(sources)-1]
	}
	return e
}

// EntitlementError says which privileges the plan needs that were not granted.
type EntitlementError struct {
	Missing []bake.Entitlement
}

func (e *EntitlementError) Error() string {
	var needs, allow []string
	for _, m := range e.Missing {
		needs = append(needs, fmt.Sprintf("%s (%s)", m.Name, strings.Join(m.Targets, ", ")))
		allow = append(allow, "--allow="+m.Name)
	}
	return fmt.Sprintf("additional privileges requested: %s: pass %q to grant them",
		strings.Join(needs, ", "), strings.Join(allow, " "))
}

// unreachableError marks an error as a failure to reach the builder.
type unreachableError struct {
	err  error
	hint string // what to do about it, if that is known
}

func (e *unreachableError) Error() string { return e.err.Error() }
func (e *unreachableError) Unwrap() error { return e.err }
func (e *unreachableError) Hint() string  { return e.hint }

// Hint is what to do about an error, in whole sentences, where the error itself
// knows. It is empty for most.
func Hint(err error) string {
	if knows := (interface{ Hint() string })(nil); errors.As(err, &knows) {
		return knows.Hint()
	}
	return ""
}

// ofBuilder reports whether err is about the builder and no target's fault.
func ofBuilder(err error) bool {
	var unreachable *unreachableError
	return Lost(err) || errors.As(err, &unreachable)
}

// Unreachable reports whether err means that the builder or a registry could
// not be reached, so that trying again later may help.
func Unreachable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var unreachable *unreachableError
	var netError *net.OpError
	if Lost(err) || errors.As(err, &unreachable) || errors.As(err, &netError) || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	if code := grpcerrors.Code(err); code == codes.Unavailable {
		return true
	}
	text := err.Error()
	unknown := strings.Contains(text, "no such host") || strings.Contains(text, "Could not resolve host") // the latter is git
	return transient(err) || unknown && !strings.Contains(text, failedStep)
}

// canceled reports whether err is only the echo of a cancelled context.
func canceled(err error) bool {
	return errors.Is(err, context.Canceled) || grpcerrors.Code(err) == codes.Canceled ||
		strings.HasSuffix(err.Error(), context.Canceled.Error())
}

// attributeError is an error with the attribute of the target that caused it.
type attributeError struct {
	attribute, key string
	err            error
}

func (e *attributeError) Error() string { return e.err.Error() }

func (e *attributeError) Unwrap() error { return e.err }

// in blames an attribute (and, in a map, its key) for err.
func in(attribute, key string, err error) error {
	if err == nil {
		return nil
	}
	return &attributeError{attribute: attribute, key: key, err: err}
}

// skippedError says that a target was not built because another one failed.
type skippedError struct{ because string }

func (e *skippedError) Error() string { return "skipped because " + e.because + " failed" }
