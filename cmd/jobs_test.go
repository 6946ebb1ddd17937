package cmd

import "testing"

func TestJobs(t *testing.T) {
	for text, want := range map[string]jobs{
		"4":                          {limit: 4, counted: true},
		"0":                          {counted: true},
		"parallel=2":                 {limit: 2, counted: true},
		"fail-fast":                  {},
		"defer-error":                {keepGoing: true},
		"8,defer-error,defer-output": {limit: 8, counted: true, keepGoing: true, hold: true},
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

func TestJobsAtOnce(t *testing.T) {
	if n := (jobs{}).atOnce(true); n < 2 {
		t.Errorf("%d targets at once on the embedded engine", n)
	}
	for want, n := range map[int]int{
		0: (jobs{}).atOnce(false),
		7: (jobs{limit: 7, counted: true}).atOnce(true),
	} {
		if n != want {
			t.Errorf("%d at once, want %d", n, want)
		}
	}
	if n := (jobs{counted: true}).atOnce(true); n != 0 {
		t.Errorf("-j 0 is a limit of %d", n)
	}
}
