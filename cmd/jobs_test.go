package cmd

import "testing"

func TestJobs(t *testing.T) {
	for text, want := range map[string]jobs{
		"4":                          {limit: 4},
		"0":                          {},
		"parallel=2":                 {limit: 2},
		"fail-fast":                  {},
		"defer-error":                {keepGoing: true},
		"8,defer-error,defer-output": {limit: 8, keepGoing: true, hold: true},
	} {
		var got jobs
		if err := (jobsFlag{&got}).Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if want.text = text; got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{"", "-1", "many", "4,", "parallel=", "defer=error"} {
		if err := (jobsFlag{&jobs{}}).Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
