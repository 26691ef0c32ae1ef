package main

import (
	"strings"
	"testing"
)

func TestReportTellsFaultsFromGoodRuns(t *testing.T) {
	t.Parallel()
	const (
		start  = `{"Action":"start","Package":"p"}` + "\n"
		pass   = `{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}` + "\n"
		nested = `{"Action":"skip","Package":"p","Test":"TestA/case","Elapsed":0}` + "\n"
		fail   = `{"Action":"fail","Package":"p","Test":"TestB"}` + "\n"
		said   = `{"Action":"output","Package":"p","Test":"TestB","Output":"want 1, got 2\n"}` + "\n"
		ended  = `{"Action":"pass","Package":"p","Elapsed":0.2}` + "\n"
		broke  = `{"Action":"fail","Package":"p","Elapsed":0.2}` + "\n"
		noTest = `{"Action":"start","Package":"q"}` + "\n" + `{"Action":"skip","Package":"q","Elapsed":0}` + "\n"
		build  = `{"ImportPath":"p","Action":"build-output","Output":"x.go:1:1: syntax error\n"}` + "\n" +
			`{"ImportPath":"p","Action":"build-fail"}` + "\n"
		noBuild = `{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p"}` + "\n"
	)
	for _, c := range []struct {
		name, events string
		ok           bool
		says         string
		counts       string
	}{
		{"all pass", start + pass + ended, true, "ok", "1 passed, 0 failed"},
		{"a package without tests", start + pass + ended + noTest, true, "no tests", "1 passed, 0 failed"},
		{"a failing test", start + pass + said + fail + broke, false, "want 1, got 2", "1 passed, 1 failed"},
		{"a skipped subtest", start + nested + pass + ended, false, "skipped", "1 passed, 0 failed, 1 skipped"},
		{"a package that fails after its tests", start + pass + broke, false, "failed: p", "1 passed, 0 failed"},
		{"a package that does not build", build + start + noBuild, false, "syntax error", "0 passed, 0 failed"},
		{"a package that never ends", start + pass, false, "never ended", "1 passed, 0 failed"},
		{"no test at all", noTest, false, "no test ran", "0 passed, 0 failed"},
		{"nothing", "", false, "no test ran", "0 passed, 0 failed"},
		{"a line that is no event", "ld: warning\n" + start + pass + ended, true, "ld: warning", "1 passed, 0 failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r, err := read(strings.NewReader(c.events), &out)
			if err != nil {
				t.Fatal(err)
			}
			if ok := r.print(&out); ok != c.ok {
				t.Errorf("ok = %t, want %t", ok, c.ok)
			}
			if got := r.counts(); got != c.counts {
				t.Errorf("counts = %q, want %q", got, c.counts)
			}
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("output lacks %q:\n%s", c.says, out.String())
			}
		})
	}
}
