package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/examples/data"
)

// rep sells windows and roofs in people's kitchens. In the org a rep is a User,
// who can log in, and a Staff record, which appointments point to.
type rep struct {
	first, last, latin string
	country            string
	zone               string
	offset             int     // hours that the zone is behind UTC in November
	area               []place // where the rep's customers live
}

var reps = []rep{
	{"Maya", "Ortíz", "maya.ortiz", "United States", "America/Denver", 7, colorado},
	{"Łukasz", "Nowak", "lukasz.nowak", "United States", "America/Denver", 7, colorado},
	{"Grace", "O'Neill", "grace.oneill", "United States", "America/Denver", 7, colorado},
	{"Dae-Jung", "Kim", "dae-jung.kim", "United States", "America/Chicago", 6, []place{
		{"Minneapolis", "MN", "55401"},
		{"St. Paul", "MN", "55101"},
	}},
	{"Imani", "Brooks", "imani.brooks", "United States", "America/New_York", 5, []place{
		{"Portland", "ME", "04101"},
		{"Kittery", "ME", "03904"},
	}},
	{"Jürgen", "Weiß", "juergen.weiss", "Deutschland", "Europe/Berlin", -1, []place{
		{"Köln", "Nordrhein-Westfalen", "50667"},
		{"Mönchengladbach", "Nordrhein-Westfalen", "41061"},
	}},
}

var colorado = []place{{"Denver", "CO", "80202"}, {"Boulder", "CO", "80302"}, {"Cañon City", "CO", "81212"}}

// ref is the name of the rep's record of one kind: "user-maya", "staff-maya".
func (r rep) ref(kind string) string {
	first, _, _ := strings.Cut(r.latin, ".")
	return kind + "-" + first
}

func (r rep) email() string { return r.latin + "@example.com" }

// users can log in: maya.ortiz@example.com with the password secret-maya and
// the security token TOKEN-MAYA, and so on.
func users() []record {
	list := make([]record, len(reps))
	for i, r := range reps {
		list[i] = record{
			{"_ref", r.ref("user")},
			{"_password", r.ref("secret")},
			{"_token", strings.ToUpper(r.ref("token"))},
			{"Username", r.email()},
			{"Email", r.email()},
			{"FirstName", r.first},
			{"LastName", r.last},
			{"Alias", cut(strings.ReplaceAll(r.latin, ".", ""), 8)},
			{"EmployeeNumber", fmt.Sprintf("R-%d", i+1)},
			{"TimeZoneSidKey", r.zone},
			{"LocaleSidKey", "en_US"},
			{"LanguageLocaleKey", "en_US"},
			{"EmailEncodingKey", "UTF-8"},
		}
	}
	return list
}

func staff() []record {
	list := make([]record, len(reps))
	for i, r := range reps {
		list[i] = record{
			{"_ref", r.ref("staff")},
			{"Name", r.first + " " + r.last},
			{"i360__Email__c", r.email()},
			{"i360__User__c", "@" + r.ref("user")},
		}
	}
	return list
}

// prospect is a household that asked for an offer.
type prospect struct {
	ref    string
	street string
	home   place
	record record
}

func prospectRecords(prospects []prospect) []record {
	list := make([]record, len(prospects))
	for i, p := range prospects {
		list[i] = p.record
	}
	return list
}

// households is the number of prospects of a rep. Some are visited twice.
const households = 8

func (g *generator) prospects() []prospect {
	var list []prospect
	for _, r := range reps {
		for range households {
			list = append(list, g.prospect(fmt.Sprintf("prospect-%02d", len(list)+1), r))
		}
	}
	return list
}

func (g *generator) prospect(ref string, r rep) prospect {
	c := countries[slices.IndexFunc(countries, func(c country) bool { return c.name == r.country })]
	p := prospect{ref: ref, street: g.house(c), home: pick(g, r.area)}
	first, last := pick(g, c.women), pick(g, c.lasts)
	couple := g.chance(60)
	var spouse, spousesLast string
	known := first.text + " " + last.text
	if couple {
		spouse, spousesLast = pick(g, c.men).text, last.text
		known = first.text + " & " + spouse + " " + last.text
	}
	p.record = record{
		{"_ref", ref},
		{"Name", last.text + ", " + first.text},
		{"i360__Primary_First_Name__c", first.text},
		{"i360__Primary_Last_Name__c", last.text},
		{"i360__Primary_Email__c", g.sometimes(85, first.latin+"."+last.latin+"@example.net")},
		{"i360__Secondary_First_Name__c", orNull(spouse)},
		{"i360__Secondary_Last_Name__c", orNull(spousesLast)},
		{"i360__Correspondence_Name__c", known},
		{"i360__Phone_1__c", g.sometimes(90, g.number(c.phone))},
		{"i360__Phone_1_Type__c", "Home"},
		{"i360__Phone_2__c", g.sometimes(40, g.number(c.mobile))},
		{"i360__Home_Address__c", p.street},
		{"i360__Home_City__c", p.home.city},
		{"i360__Home_State__c", p.home.state},
		{"i360__Home_Zip_Postal_Code__c", p.home.postal},
		{"i360__Comments__c", g.sometimes(30, pick(g, c.remarks))},
	}
	return p
}

// visits is how a rep's ten appointments lie around [data.Now]: so many, from
// the one day to the other, counted from that of Now.
var visits = []struct{ number, from, to int }{
	{3, -7, -1},
	{2, 0, 0},
	{3, 1, 7},
	{2, 8, 21},
}

// hours are when visits begin, by the clock on the rep's wall.
var hours = []time.Duration{
	9 * time.Hour, 11*time.Hour + 30*time.Minute, 14 * time.Hour, 18*time.Hour + 30*time.Minute,
}

func (g *generator) appointments(prospects []prospect) []record {
	var list []record
	for i, r := range reps {
		homes := prospects[i*households:][:households]
		for k, start := range g.calendar(r) {
			ref := fmt.Sprintf("appointment-%02d", len(list)+1)
			list = append(list, g.appointment(ref, r, homes[k%households], start))
		}
	}
	return list
}

// calendar is when the rep's appointments begin, in the order of time.
func (g *generator) calendar(r rep) []time.Time {
	var starts []time.Time
	for _, v := range visits {
		for range v.number {
			starts = append(starts, g.start(r, v.from, v.to))
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	return starts
}

// start finds an hour at which the rep is free, on no Sunday.
func (g *generator) start(r rep, from, to int) time.Time {
	var start time.Time
	g.fresh(func() string {
		day := data.Now.Truncate(24*time.Hour).AddDate(0, 0, from+g.rng.IntN(to-from+1))
		if day.Weekday() == time.Sunday {
			day = day.AddDate(0, 0, -1)
		}
		start = day.Add(pick(g, hours) + time.Duration(r.offset)*time.Hour)
		return r.latin + start.String()
	})
	return start
}

var outcomes = []struct{ result, detail string }{
	{"Demo Sold", "Sold"},
	{"Demo Sold", "Sold"},
	{"Demo No Sale", "Price"},
	{"Demo No Sale", "Thinking About It"},
	{"No Demo", "One Legger"},
	{"Not Home", "No One Home"},
}

var wishes = []string{"Windows", "Roofing", "Siding", "Gutters", "Doors"}

func (g *generator) appointment(ref string, r rep, p prospect, start time.Time) record {
	const layout = "2006-01-02T15:04:05.000+0000"
	end := start.Add(90 * time.Minute)
	rec := record{
		{"_ref", ref},
		{"Name", strings.Replace(ref, "appointment-", "A-000", 1)},
		{"i360__Prospect__c", "@" + p.ref},
		{"i360__Sales_Rep_1__c", "@" + r.ref("staff")},
		{"i360__Computed_Start_DateTime__c", start.Format(layout)},
		{"i360__Computed_End_DateTime__c", end.Format(layout)},
		{"i360__Address__c", p.street},
		{"i360__City__c", p.home.city},
		{"i360__State__c", p.home.state},
		{"i360__Zip__c", p.home.postal},
		{"i360__Components__c", pick(g, wishes)},
		{"i360__Comments__c", g.sometimes(60, pick(g, comments))},
	}
	if second := pick(g, reps); second.zone == r.zone && second.latin != r.latin && g.chance(50) {
		rec = append(rec, field{"i360__Sales_Rep_2__c", "@" + second.ref("staff")})
	}
	if end.Before(data.Now) {
		o := pick(g, outcomes)
		rec = append(rec,
			field{"i360__Result__c", o.result},
			field{"i360__Result_Detail__c", o.detail},
		)
		if strings.HasPrefix(o.result, "Demo") {
			rec = append(rec, field{"i360__Quoted_Amount__c", 3_000 + 50*g.rng.IntN(600)})
		}
	}
	return rec
}

var comments = []string{
	"Big dog 🐕, friendly. Gate code 0000.",
	"Both owners will be there.\nPark on the street, not in the drive.",
	"Wants 12 windows; asked about financing & rebates.",
	"Storm damage, insurance claim open.",
	"Se habla español.",
	"Ring twice – grandmother is hard of hearing.",
}
