package failure

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

// OfTarget names the target and the positions that err has to do with.
// attribute and key may be empty: the position is then that of the block.
func OfTarget(t *bake.Target, attribute, key string, err error) error {
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

// UnreachableError marks an error as a failure to reach the builder.
type UnreachableError struct {
	Err    error
	Advice string // what to do about it, if that is known
}

func (e *UnreachableError) Error() string { return e.Err.Error() }
func (e *UnreachableError) Unwrap() error { return e.Err }
func (e *UnreachableError) Hint() string  { return e.Advice }

// Hint is what to do about an error, in whole sentences, where the error itself
// knows. It is empty for most.
func Hint(err error) string {
	if knows := (interface{ Hint() string })(nil); errors.As(err, &knows) {
		return knows.Hint()
	}
	return ""
}

// OfBuilder reports whether err is about the builder and no target's fault.
func OfBuilder(err error) bool {
	var unreachable *UnreachableError
	return Lost(err) || errors.As(err, &unreachable)
}

// Unreachable reports whether err means that the builder or a registry could
// not be reached, so that trying again later may help.
func Unreachable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var unreachable *UnreachableError
	var netError *net.OpError
	if Lost(err) || errors.As(err, &unreachable) || errors.As(err, &netError) || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	if code := grpcerrors.Code(err); code == codes.Unavailable {
		return true
	}
	text := err.Error()
	unknown := strings.Contains(text, "no such host") || strings.Contains(text, "Could not resolve host") // the latter is git
	return Transient(err) || unknown && !strings.Contains(text, failedStep)
}

// Canceled reports whether err is only the echo of a cancelled context.
func Canceled(err error) bool {
	return errors.Is(err, context.Canceled) || grpcerrors.Code(err) == codes.Canceled ||
		strings.HasSuffix(err.Error(), context.Canceled.Error())
}

// AttributeError is an error with the attribute of the target that caused it.
type AttributeError struct {
	Attribute, Key string
	err            error
}

func (e *AttributeError) Error() string { return e.err.Error() }

func (e *AttributeError) Unwrap() error { return e.err }

// In blames an attribute (and, in a map, its key) for err.
func In(attribute, key string, err error) error {
	if err == nil {
		return nil
	}
	return &AttributeError{Attribute: attribute, Key: key, err: err}
}

// SkippedError says that a target was not built because another one failed.
type SkippedError struct{ Because string }

func (e *SkippedError) Error() string { return "skipped because " + e.Because + " failed" }
