package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/examples/data"
)

func TestCommittedFileIsWhatGenerateWrites(t *testing.T) {
	t.Parallel()
	committed, err := os.ReadFile("../org.json")
	require.NoError(t, err)
	require.True(t, bytes.Equal(committed, generate()), "org.json is out of date: go generate ./examples/data")
}

// org is the generated file as a reader sees it.
type org map[string][]map[string]any

func generated(t *testing.T) org {
	t.Helper()
	var o org
	require.NoError(t, json.Unmarshal(generate(), &o))
	return o
}

// count tells how many records of an object have a property.
func (o org) count(object string, has func(map[string]any) bool) int {
	n := 0
	for _, r := range o[object] {
		if has(r) {
			n++
		}
	}
	return n
}

func TestOrgHasEveryOddity(t *testing.T) {
	t.Parallel()
	o := generated(t)

	numbers := map[any]int{}
	for _, a := range o["Account"] {
		numbers[a["AccountNumber"]]++
	}
	null := func(field string) func(map[string]any) bool {
		return func(r map[string]any) bool { return r[field] == nil }
	}
	matches := func(field, pattern string) func(map[string]any) bool {
		re := regexp.MustCompile(pattern)
		return func(r map[string]any) bool {
			s, _ := r[field].(string)
			return re.MatchString(s)
		}
	}
	for _, c := range []struct {
		object, what string
		has          func(map[string]any) bool
		from, to     int
	}{
		{"User", "six reps who can log in", matches("_password", `^secret-`), 6, 6},
		{"i360__Staff__c", "six reps", matches("i360__User__c", `^@user-`), 6, 6},
		{"Account", "accounts", matches("Name", `.`), 310, 400},
		{"Account", "with the checkbox", func(r map[string]any) bool { return r["ZEP__c"] == true }, ticked, ticked},
		{"Account", "without a number", null("AccountNumber"), unnumbered, unnumbered},
		{"Account", "with the longest number", matches("AccountNumber", `^.{40}$`), longest, longest},
		{"Account", "with another one's number", func(r map[string]any) bool {
			return r["AccountNumber"] != nil && numbers[r["AccountNumber"]] > 1
		}, doubled + 4, doubled + 4},
		{"Account", "with a street of three lines", matches("BillingStreet", `\n.*\n`), 10, 60},
		{"Account", "without a street", null("BillingStreet"), 5, 40},
		{"Account", "with an address to deliver to", matches("ShippingCity", `.`), 40, 100},
		{"Account", "with a web site without a scheme", matches("Website", `^[^:]+$`), 50, 150},
		{"Account", "with a web site with one", matches("Website", `^https?://`), 100, 250},
		{"Account", "with HTML in the remark", matches("Description", `<p>|&amp;`), 20, 150},
		{"Account", "with a remark of more than 1000 characters", matches("Description", `(?s)^.{1000}`), 1, 20},
		{"Account", "in the German alphabet", matches("Name", `[äöüß]`), 50, 200},
		{"Account", "in the Polish alphabet", matches("Name", `[łąęśńżó]`), 10, 40},
		{"Account", "in Greek", matches("Name", `\p{Greek}`), 20, 20},
		{"Account", "in Chinese or Japanese", matches("Name", `\p{Han}`), 30, 30},
		{"Account", "in Korean", matches("Name", `\p{Hangul}`), 12, 12},
		{"Account", "with an emoji", matches("Name", `☕`), 1, 20},
		{"Account", "beyond the basic plane", matches("Name", `[\x{10000}-\x{10ffff}]`), 1, 20},
		{"Contact", "contacts", matches("LastName", `.`), 900, 1200},
		{"Contact", "without an account", null("AccountId"), contactsAlone, contactsAlone},
		{"Contact", "without an address", null("Email"), 50, 200},
		{"Opportunity", "opportunities", matches("Name", `.`), opportunities, opportunities},
		{"Opportunity", "without an account", null("AccountId"), dealsAlone, dealsAlone},
		{"Opportunity", "without an amount", null("Amount"), dealsWithoutIt, dealsWithoutIt},
		{"Opportunity", "with the longest name", matches("Name", `^.{119,120}$`), 1, 30},
		{"i360__Prospect__c", "prospects", matches("Name", `.`), 48, 48},
		{"i360__Prospect__c", "without a phone number", null("i360__Phone_1__c"), 1, 10},
		{"i360__Appointment__c", "appointments", matches("i360__Prospect__c", `^@prospect-`), 60, 60},
		{"i360__Appointment__c", "with a second rep", matches("i360__Sales_Rep_2__c", `^@staff-`), 1, 20},
		{"i360__Appointment__c", "with a result", matches("i360__Result__c", `.`), 18, 18},
	} {
		n := o.count(c.object, c.has)
		require.GreaterOrEqual(t, n, c.from, "%s: %s", c.object, c.what)
		require.LessOrEqual(t, n, c.to, "%s: %s", c.object, c.what)
	}
	for _, s := range stages {
		require.GreaterOrEqual(t, o.count("Opportunity", func(r map[string]any) bool { return r["StageName"] == s.name }), 30, s.name)
	}
}

func TestEveryRepHasTenAppointmentsAroundNow(t *testing.T) {
	t.Parallel()
	o := generated(t)
	starts := map[string][]time.Time{}
	for _, a := range o["i360__Appointment__c"] {
		start, err := time.Parse("2006-01-02T15:04:05.000-0700", a["i360__Computed_Start_DateTime__c"].(string))
		require.NoError(t, err)
		rep := a["i360__Sales_Rep_1__c"].(string)
		require.NotContains(t, starts[rep], start, "one thing at a time")
		starts[rep] = append(starts[rep], start)
	}
	require.Len(t, starts, len(reps))
	for _, r := range reps {
		zone, err := time.LoadLocation(r.zone)
		require.NoError(t, err)
		today, list := 0, starts["@"+r.ref("staff")]
		require.Len(t, list, 10)
		for _, start := range list {
			local := start.In(zone)
			require.NotEqual(t, time.Sunday, local.Weekday())
			require.True(t, local.Hour() >= 9 && local.Hour() < 19, local)
			require.WithinRange(t, start, data.Now.AddDate(0, 0, -7), data.Now.AddDate(0, 0, 22))
			if local.Format(time.DateOnly) == data.Now.Format(time.DateOnly) {
				today++
			}
		}
		require.Equal(t, 2, today, r.first)
	}
}

func TestReferencesPointUpwards(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	dec := json.NewDecoder(strings.NewReader(string(generate())))
	seen := func(value any) {
		s, _ := value.(string)
		if name, ok := strings.CutPrefix(s, "@"); ok {
			require.True(t, known[name], "%s is used before it is there", name)
		}
	}
	_, err := dec.Token()
	require.NoError(t, err)
	for dec.More() {
		object, err := dec.Token()
		require.NoError(t, err)
		var list []map[string]any
		require.NoError(t, dec.Decode(&list))
		for _, r := range list {
			for _, value := range r {
				seen(value)
			}
			if ref, ok := r["_ref"].(string); ok {
				require.False(t, known[ref], "%s %s: given twice", object, ref)
				known[ref] = true
			}
		}
	}
}

func TestNobodyIsReal(t *testing.T) {
	t.Parallel()
	invented := map[string]*regexp.Regexp{
		"mail":  regexp.MustCompile(`^[a-z0-9.-]+@([a-z0-9.-]+\.example|example\.(com|net|org))$`),
		"web":   regexp.MustCompile(`^(https?://)?(www\.)?[a-z0-9.-]+\.example/?$`),
		"phone": regexp.MustCompile(`555[- ]01\d\d$|^\+49 30 23125\d{3}$|^\+49 176 040690\d\d$|0 ?00\d\d$`),
	}
	for object, list := range generated(t) {
		for _, r := range list {
			for field, value := range r {
				s, ok := value.(string)
				kind, checked := kinds[field]
				if !ok || !checked || s == "" {
					continue
				}
				require.Regexp(t, invented[kind], s, "%s.%s", object, field)
			}
		}
	}
}

var kinds = map[string]string{
	"Email": "mail", "Username": "mail", "i360__Email__c": "mail", "i360__Primary_Email__c": "mail",
	"Website": "web",
	"Phone":   "phone", "Fax": "phone", "MobilePhone": "phone", "i360__Phone_1__c": "phone", "i360__Phone_2__c": "phone",
}

func TestFileStaysSmallAndReadable(t *testing.T) {
	t.Parallel()
	file := generate()
	require.Less(t, len(file), 1_500_000)
	require.True(t, utf8.Valid(file))
	require.NotContains(t, string(file), `\u003c`, "HTML is written as it is")
}
