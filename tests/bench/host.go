package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
)

// host lets the fixtures, which are made for tests, serve a program.
type host struct {
	testing.TB // for the methods that the fixtures do not use

	ctx      context.Context
	cleanups []func()
}

// failure is what Fatal panics with.
type failure struct{ error }

func newHost(ctx context.Context) *host { return &host{ctx: ctx} }

// guarded runs f and everything that is to be cleaned up after it. The error is
// what f failed with.
func (h *host) guarded(f func()) (err error) {
	defer func() {
		for _, cleanup := range slices.Backward(h.cleanups) {
			cleanup()
		}
	}()
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case failure:
			err = reason.error
		default:
			panic(reason)
		}
	}()
	f()
	return nil
}

func (h *host) Helper()                  {}
func (h *host) Context() context.Context { return h.ctx }
func (h *host) Cleanup(f func())         { h.cleanups = append(h.cleanups, f) }

func (h *host) Fatal(args ...any) { panic(failure{errors.New(fmt.Sprint(args...))}) }

func (h *host) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

func (h *host) Skipf(format string, args ...any) { h.Fatalf(format, args...) }

func (h *host) TempDir() string {
	dir, err := os.MkdirTemp("", "bake-bench-")
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
