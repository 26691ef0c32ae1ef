package archtest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule says what a package may import, tests aside. Everybody may import
// internal/*, and may do so only to reach what it could import itself.
type rule struct {
	packages string   // a path.Match pattern; the first rule that matches holds
	ours     []string // our packages it may import
	modules  []string // modules it may reach, besides those of the packages in ours that it imports
}

var rules = []rule{
	{"soql", nil, nil},
	{"placeholder", nil, []string{
		"github.com/shopspring/decimal",
		"golang.org/x/text",
	}},
	{"salesforce", []string{"soql"}, []string{
		"github.com/hashicorp/go-cleanhttp",
		"github.com/hashicorp/go-retryablehttp",
		"github.com/shopspring/decimal",
		"golang.org/x/oauth2",
		"golang.org/x/sync",
		"golang.org/x/time",
	}},
	{"salesforce/tokenstore", []string{"salesforce"}, []string{
		"github.com/gofrs/flock",
		"golang.org/x/sys",
	}},
	{"salesforce/tokenstore/tokenstoretest", []string{"salesforce"}, nil},
	{"salesforce/salesforcetest", []string{"soql"}, nil},
	{"salesforce/salesforcetest/sforg", []string{"salesforce/salesforcetest"}, nil},
	{"mapping", []string{"salesforce", "placeholder"}, []string{
		"github.com/shopspring/decimal",
		"go.yaml.in/yaml/v3",
		"golang.org/x/text",
	}},
	{"routing/outbox", nil, nil},
	{"routing/outbox/*", []string{"routing/outbox"}, nil},
	{"routing", []string{"salesforce", "soql", "mapping", "placeholder", "routing/outbox"}, []string{
		"github.com/shopspring/decimal",
		"go.yaml.in/yaml/v3",
		"golang.org/x/sync",
		"golang.org/x/time",
	}},
	{"routing/mail", []string{"routing"}, []string{
		"github.com/emersion/go-sasl",
		"github.com/emersion/go-smtp",
	}},
	{"routing/report", []string{"routing", "placeholder"}, []string{
		"codeberg.org/go-fonts/liberation",
		"codeberg.org/go-pdf/fpdf",
		"github.com/shopspring/decimal",
		"golang.org/x/image",
		"golang.org/x/text",
	}},
	{"routing/seal", []string{"routing"}, []string{
		"github.com/clipperhouse/uax29/v2",
		"github.com/hhrutter/tiff",
		"github.com/mattn/go-runewidth",
		"github.com/pdfcpu/pdfcpu",
		"golang.org/x/crypto",
		"golang.org/x/image",
		"golang.org/x/text",
		"go.yaml.in/yaml/v3",
	}},
	{"importer", []string{"salesforce", "soql", "mapping"}, []string{
		"github.com/shopspring/decimal",
		"go.yaml.in/yaml/v3",
		"golang.org/x/sync",
		"golang.org/x/time",
	}},
	{"importer/*", []string{"importer", "salesforce", "soql", "mapping"}, []string{
		"github.com/shopspring/decimal",
	}},
	{"internal/conf", nil, []string{
		"go.yaml.in/yaml/v3",
	}},
	{"internal/*", nil, nil},
	{"routing/internal/*", nil, []string{
		"github.com/emersion/go-sasl",
		"github.com/emersion/go-smtp",
	}},
}

func ruleFor(rules []rule, rel string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool {
		ok, err := path.Match(r.packages, rel)
		return err == nil && ok
	})
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

// arrows names each import of ours that no rule allows. What a package imports
// of ours is what its files name, with internal packages replaced by what they
// import in turn: internal/* is no way round an arrow.
func arrows(all graph, rules []rule) []string {
	var faults []string
	for _, p := range held(all) {
		r, ok := ruleFor(rules, p.rel())
		if !ok {
			faults = append(faults, p.rel()+": no rule says what it may import")
			continue
		}
		for _, to := range through(all, p) {
			if !slices.Contains(r.ours, to) {
				faults = append(faults, fmt.Sprintf("%s: must not import %s", p.rel(), to))
			}
		}
	}
	return faults
}

// modules names each module that a package reaches and no rule allows.
func modules(all graph, rules []rule) []string {
	var faults []string
	for _, p := range held(all) {
		allowed := allowedModules(all, rules, p)
		reached := map[string]bool{}
		for _, dep := range p.Deps {
			if d := all[dep]; !d.Standard && !ours(dep) && d.Module != nil {
				reached[d.Module.Path] = true
			}
		}
		for _, m := range slices.Sorted(maps.Keys(reached)) {
			if !slices.Contains(allowed, m) {
				faults = append(faults, fmt.Sprintf("%s: must not reach module %s", p.rel(), m))
			}
		}
	}
	return faults
}

func allowedModules(all graph, rules []rule, p pkg) []string {
	r, _ := ruleFor(rules, p.rel())
	allowed := slices.Clone(r.modules)
	for _, to := range through(all, p) {
		if slices.Contains(r.ours, to) {
			allowed = append(allowed, allowedModules(all, rules, all[module+"/"+to])...)
		}
	}
	return allowed
}

// stale names the rules, given by exact name, for packages that are not there.
func stale(all graph, rules []rule) []string {
	var faults []string
	for _, r := range rules {
		if _, ok := all[module+"/"+r.packages]; !ok && !strings.Contains(r.packages, "*") {
			faults = append(faults, r.packages+": a rule, but no package")
		}
	}
	return faults
}

// held are the packages that rules are for: ours, except examples.
func held(all graph) []pkg {
	var list []pkg
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if p := all[name]; ours(name) && !under(p.rel(), "examples") && !slices.Contains(testsAlone, p.rel()) {
			list = append(list, p)
		}
	}
	return list
}

// through lists our packages that p imports, directly or by way of internal
// ones, which are not listed themselves.
func through(all graph, p pkg) []string {
	found := map[string]bool{}
	seen := map[string]bool{}
	var visit func(p pkg)
	visit = func(p pkg) {
		for _, name := range p.Imports {
			to := all[name]
			switch {
			case !ours(name) || seen[name]:
			case internal(to.rel()):
				seen[name] = true
				visit(to)
			default:
				found[to.rel()] = true
			}
		}
	}
	visit(p)
	return slices.Sorted(maps.Keys(found))
}

func TestPackagesImportOnlyWhatTheArrowsAllow(t *testing.T) {
	t.Parallel()
	all, err := packages()
	require.NoError(t, err)
	for _, check := range []func(graph, []rule) []string{arrows, modules, stale} {
		require.Empty(t, strings.Join(check(all, rules), "\n"))
	}
}

// made is a graph of made-up packages: what each of them imports, by name. A
// name with a dot is another module's, all others are ours.
func made(imports map[string]string) graph {
	all := graph{}
	add := func(name string, to []string) {
		p := pkg{ImportPath: name, Imports: to}
		if !ours(name) {
			p.Module = &struct{ Path string }{name}
		}
		all[name] = p
	}
	full := func(name string) string {
		if strings.Contains(name, ".") {
			return name
		}
		return module + "/" + name
	}
	for from, list := range imports {
		var to []string
		for name := range strings.FieldsSeq(list) {
			to = append(to, full(name))
			if _, ok := imports[name]; !ok {
				add(full(name), nil)
			}
		}
		add(full(from), to)
	}
	for name, p := range all {
		p.Deps = reach(all, name)
		all[name] = p
	}
	return all
}

func reach(all graph, name string) []string {
	var deps []string
	for _, to := range all[name].Imports {
		deps = append(append(deps, to), reach(all, to)...)
	}
	return deps
}

func TestArrowChecksFindFaults(t *testing.T) {
	t.Parallel()
	rules := []rule{
		{"a", nil, nil},
		{"b", []string{"a"}, []string{"x.org/one"}},
		{"c", []string{"b"}, nil},
		{"c/*", []string{"c"}, nil},
		{"internal/*", nil, nil},
	}
	for _, c := range []struct {
		name    string
		check   func(graph, []rule) []string
		imports map[string]string
		want    []string
	}{
		{"allowed arrows", arrows, map[string]string{"a": "", "b": "a", "c": "b", "c/d": "c"}, nil},
		{"an arrow the wrong way", arrows, map[string]string{"a": "b"}, []string{"a: must not import b"}},
		{"a skipped layer", arrows, map[string]string{"c": "a"}, []string{"c: must not import a"}},
		{"an arrow back", arrows, map[string]string{"c": "c/d"}, []string{"c: must not import c/d"}},
		{"a subfolder past its parent", arrows, map[string]string{"c/d": "b"}, []string{"c/d: must not import b"}},
		{"internal is everybody's", arrows, map[string]string{"a": "internal/x", "internal/x": "internal/y"}, nil},
		{
			"a way round, through internal", arrows,
			map[string]string{"a": "internal/x", "internal/x": "internal/y", "internal/y": "b"},
			[]string{"a: must not import b", "internal/x: must not import b", "internal/y: must not import b"},
		},
		{"a package without a rule", arrows, map[string]string{"z": ""}, []string{"z: no rule says what it may import"}},
		{"examples import anything", arrows, map[string]string{"examples/e": "a b c z"}, []string{"z: no rule says what it may import"}},

		{"an allowed module", modules, map[string]string{"b": "x.org/one"}, nil},
		{"the module of an import", modules, map[string]string{"c": "b", "b": "x.org/one"}, nil},
		{"a module without that import", modules, map[string]string{"c": "x.org/one"}, []string{"c: must not reach module x.org/one"}},
		{
			"a module behind a module", modules,
			map[string]string{"b": "x.org/one", "x.org/one": "x.org/two"},
			[]string{"b: must not reach module x.org/two"},
		},
		{
			"a module behind internal", modules,
			map[string]string{"a": "internal/x", "internal/x": "x.org/one"},
			[]string{"a: must not reach module x.org/one", "internal/x: must not reach module x.org/one"},
		},

		{"rules all in use", stale, map[string]string{"a": "", "b": "", "c": ""}, nil},
		{"a rule left behind", stale, map[string]string{"a": "", "c": ""}, []string{"b: a rule, but no package"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.check(made(c.imports), rules))
		})
	}
}
