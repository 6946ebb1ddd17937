package main

import (
	"math"
	"testing"
	"time"
)

func TestExponent(t *testing.T) {
	for _, c := range []struct {
		name   string
		points []point
		want   float64
	}{
		{"linear", []point{{10, 1}, {20, 2}, {40, 4}}, 1},
		{"quadratic", []point{{1, 3}, {10, 300}}, 2},
		{"constant", []point{{1, 5}, {100, 5}}, 0},
		{"one size", []point{{7, 5}, {7, 6}}, 0},
		{"not measured", []point{{1, 0}, {2, 0}}, 0},
	} {
		if got := exponent(c.points); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	s := samples{{cpu: 3 * time.Second}, {cpu: time.Second}, {cpu: 2 * time.Second}}
	if got := s.median(cpu); got != 2 {
		t.Errorf("median %g, want 2", got)
	}
	if got := (samples)(nil).median(cpu); got != 0 {
		t.Errorf("median of nothing %g, want 0", got)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		f      figure
		missed bool
		want   string
	}{
		{figure{bake: 1, buildx: 2, line: ratio(0.5)}, false, "<= 0.5 x holds"},
		{figure{bake: 1.1, buildx: 2, line: ratio(0.5)}, true, "<= 0.5 x MISSED"},
		{figure{bake: 0.2, unit: seconds, line: limit(0.1)}, true, "<= 0.1 s MISSED"},
		{figure{bake: 0.2, unit: seconds, line: limit(0.2)}, false, "<= 0.2 s holds"},
		{figure{bake: 9, buildx: 1}, false, "-"},
	} {
		if c.f.missed() != c.missed || c.f.verdict() != c.want {
			t.Errorf("%+v: missed %t, %q, want %q", c.f, c.f.missed(), c.f.verdict(), c.want)
		}
	}
}
