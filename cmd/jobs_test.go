package cmd

import "testing"

func TestJobs(t *testing.T) {
	for text, want := range map[string]jobs{
		"":                                 {},
		" ":                                {},
		"4":                                {limit: 4, counted: true},
		" 4 ":                              {limit: 4, counted: true},
		"+4":                               {limit: 4, counted: true},
		"0":                                {counted: true},
		"parallel=2":                       {limit: 2, counted: true},
		"parallel=0":                       {counted: true},
		"fail-fast":                        {},
		"mode=fail-fast":                   {},
		"defer-error":                      {keepGoing: true},
		"mode=defer-output":                {hold: true},
		"mode=defer-output,parallel=3":     {limit: 3, counted: true, hold: true},
		"parallel=3,defer-output":          {limit: 3, counted: true, hold: true},
		" Mode = defer-error , PARALLEL=2": {limit: 2, counted: true, keepGoing: true},
		`"defer-error","parallel=2"`:       {limit: 2, counted: true, keepGoing: true},
		"8,defer-error":                    {limit: 8, counted: true, keepGoing: true},
	} {
		var got jobs
		if err := (jobsFlag{&got}).Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if want.text = text; got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"-1":                       `want a number of targets, 0 or more, not "-1"`,
		"many":                     `want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not "many"`,
		"Defer-Error":              `want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not "Defer-Error"`,
		"mode=":                    `want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not ""`,
		"4,":                       `want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not ""`,
		"parallel=":                `want a number of targets, 0 or more, not ""`,
		"parallel=1.5":             `want a number of targets, 0 or more, not "1.5"`,
		"99999999999999999999":     `want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not "99999999999999999999"`,
		"defer=error":              `want parallel=N or mode=NAME, not "defer=error"`,
		"jobs=2":                   `want parallel=N or mode=NAME, not "jobs=2"`,
		"1,2":                      "two numbers of targets, 1 and 2",
		"parallel=1,PARALLEL=2":    "two numbers of targets, 1 and 2",
		"2,parallel=2":             "two numbers of targets, 2 and 2",
		"fail-fast,mode=fail-fast": "two modes, fail-fast and fail-fast",
		"defer-error,defer-output": "two modes; both at once are --keep-going --jobs=defer-output",
		`"defer-error`:             "",
	} {
		err := (jobsFlag{&jobs{}}).Set(text)
		if err == nil || want != "" && err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
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
