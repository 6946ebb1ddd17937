package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// events writes what go test -json prints for one package with these tests,
// each "name action output".
func events(pkg, action string, tests ...string) string {
	var b strings.Builder
	for _, test := range tests {
		f := strings.SplitN(test, " ", 3)
		fmt.Fprintf(&b, `{"Action":"output","Package":%q,"Test":%q,"Output":%q}`+"\n", pkg, f[0], f[2]+"\n")
		fmt.Fprintf(&b, `{"Action":%q,"Package":%q,"Test":%q}`+"\n", f[1], pkg, f[0])
	}
	closing := map[string]string{"pass": "ok  \t" + pkg + "\t0.1s\n", "fail": "FAIL\t" + pkg + "\t0.1s\n"}[action]
	fmt.Fprintf(&b, `{"Action":"output","Package":%q,"Output":%q}`+"\n", pkg, closing)
	fmt.Fprintf(&b, `{"Action":%q,"Package":%q}`+"\n", action, pkg)
	return b.String()
}

func TestSummary(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string
		no       string
		ok       bool
	}{
		{"passes", events("p/a", "pass", "TestA pass quiet"),
			[]string{"ok  \tp/a\t0.1s\n", "1 tests passed, 0 failed, 0 skipped"}, "quiet", true},
		{"a skipped test tells why", events("p/a", "pass", "TestA pass x", "TestB skip     x_test.go:3: needs uidmap"),
			[]string{"skipped TestB: x_test.go:3: needs uidmap\n", "1 tests passed, 0 failed, 1 skipped"}, "", true},
		{"seeds skipped for one reason share a line", events("p/a", "pass", "TestA pass x", "FuzzB/1 skip x_test.go:3: costly", "FuzzB/2 skip x_test.go:3: costly", "FuzzB/3 skip other"),
			[]string{"skipped 2 of FuzzB: x_test.go:3: costly\nskipped FuzzB/3: other\n", "3 skipped"}, "", true},
		{"a failed test is shown whole", events("p/a", "pass", "TestA pass x") + events("p/b", "fail", "TestB fail want 1 have 2"),
			[]string{"want 1 have 2\n", "FAIL\tp/b\t0.1s\n", "1 tests passed, 1 failed"}, "", false},
		{"a package that does not build fails", `{"ImportPath":"p/a","Action":"build-output","Output":"a.go:1: bad\n"}` + "\n" + events("p/a", "fail"),
			[]string{"a.go:1: bad\n", "FAIL\tp/a\t0.1s\n", "0 tests passed, 1 failed"}, "", false},
		{"what ran when a package died is shown", `{"Action":"output","Package":"p/a","Test":"TestA","Output":"panic: here\n"}` + "\n" + events("p/a", "fail"),
			[]string{"panic: here\n", "FAIL\tp/a"}, "", false},
		{"no test at all is a failure", "", []string{"0 tests passed"}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			s := newSummary(&out)
			if err := s.read(strings.NewReader(tc.in)); err != nil {
				t.Fatal(err)
			}
			if ok := s.close(); ok != tc.ok {
				t.Errorf("success: have %v, want %v", ok, tc.ok)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("missing %q in\n%s", want, &out)
				}
			}
			if tc.no != "" && strings.Contains(out.String(), tc.no) {
				t.Errorf("%q should not be printed:\n%s", tc.no, &out)
			}
		})
	}
}
