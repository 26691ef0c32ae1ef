package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/examples/data"
)

// How many records of which kind there are; generate's test counts them again.
const (
	ticked         = 250 // accounts with the checkbox ZEP__c
	unnumbered     = 14  // accounts without a number
	doubled        = 6   // accounts with another one's number
	longest        = 4   // accounts with a number of 40 characters
	contactsAlone  = 24
	opportunities  = 430
	dealsAlone     = 6  // opportunities without an account
	dealsWithoutIt = 40 // opportunities without an amount
)

type account struct {
	ref, name, site string
	country         country
	record          record
}

func records(accounts []account) []record {
	list := make([]record, len(accounts))
	for i, a := range accounts {
		list[i] = a.record
	}
	return list
}

// accounts invents companies of all countries, well mixed.
func (g *generator) accounts() []account {
	var list []account
	for _, c := range countries {
		for range c.companies {
			list = append(list, g.company(c))
		}
	}
	g.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	chosen := g.rng.Perm(len(list))[:ticked]
	numbers := g.numbers(len(list), chosen)
	for i := range list {
		a := &list[i]
		a.ref = fmt.Sprintf("account-%03d", i+1)
		a.record = g.account(*a, numbers[i], slices.Contains(chosen, i))
	}
	return list
}

// company names one. Two may have the same name, as in life, but not the same
// web site.
func (g *generator) company(c country) account {
	var a account
	a.country = c
	a.site = g.fresh(func() string {
		owner, trade := pick(g, c.lasts), pick(g, c.trades)
		a.name = fmt.Sprintf(trade.text, owner.text)
		site := fmt.Sprintf(trade.latin, owner.latin)
		if g.taken[site] && g.chance(10) {
			site += "2"
		}
		return site
	})
	return a
}

// numbers are the account numbers of n accounts. The odd ones are among those
// chosen, which the timesheet product will see.
func (g *generator) numbers(n int, chosen []int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("K-%d", 10001+i)
	}
	missing, rest := chosen[:unnumbered], chosen[unnumbered:]
	again, rest := rest[:doubled], rest[doubled:]
	long, rest := rest[:longest], rest[longest:]
	for _, i := range missing {
		list[i] = ""
	}
	for k, i := range again {
		list[i] = list[rest[k%4]] // some numbers twice, some three times
	}
	for _, i := range long {
		list[i] = fmt.Sprintf("KUNDE-%034d", 10001+i)
	}
	return list
}

func (g *generator) account(a account, number string, ticked bool) record {
	c := a.country
	home := pick(g, c.places)
	r := record{
		{"_ref", a.ref},
		{"Name", a.name},
		{"AccountNumber", orNull(number)},
		{"ZEP__c", ticked},
		{"Phone", g.sometimes(90, g.number(c.phone))},
		{"Fax", g.sometimes(30, g.number(c.phone))},
		{"Website", g.website(a.site)},
		{"BillingStreet", g.sometimes(95, g.street(c))},
		{"BillingPostalCode", home.postal},
		{"BillingCity", home.city},
		{"BillingState", g.sometimes(60, home.state)},
		{"BillingCountry", g.sometimes(90, c.name)},
	}
	if g.chance(20) {
		stock := pick(g, c.places)
		r = append(r,
			field{"ShippingStreet", g.street(c)},
			field{"ShippingPostalCode", stock.postal},
			field{"ShippingCity", stock.city},
			field{"ShippingState", g.sometimes(60, stock.state)},
			field{"ShippingCountry", c.name},
		)
	}
	return append(r,
		field{"Description", g.sometimes(45, g.remark(c))},
		field{"OwnerId", "@" + pick(g, reps).ref("user")},
	)
}

// remark is short, but for the few that people have added to for years.
func (g *generator) remark(c country) string {
	s := pick(g, c.remarks)
	if g.chance(4) {
		s = strings.Repeat(s+"\n", 40)
	}
	return s
}

// sometimes is s in so many of a hundred cases, and else null.
func (g *generator) sometimes(percent int, s string) any {
	if g.chance(percent) {
		return s
	}
	return nil
}

// street is one to three lines.
func (g *generator) street(c country) string {
	switch n := g.rng.IntN(100); {
	case n < 8:
		return pick(g, []string{"Tower B\nLevel 12", "Areal Süd\nBuilding 4", "c/o Admin AG\nP.O. Box 12"}) + "\n" + g.house(c)
	case n < 16:
		return g.house(c) + "\n" + pick(g, []string{"Unit 7", "P.O. Box 12", "2F"})
	}
	return g.house(c)
}

func (g *generator) house(c country) string {
	return fmt.Sprintf(pick(g, c.streets), 1+g.rng.IntN(199))
}

func (g *generator) website(site string) any {
	switch n := g.rng.IntN(100); {
	case n < 40:
		return "https://www." + site + ".example"
	case n < 55:
		return "http://" + site + ".example/"
	case n < 75:
		return "www." + site + ".example"
	case n < 85:
		return site + ".example"
	}
	return nil
}

// contacts gives each account up to six people, and adds some who belong to
// none.
func (g *generator) contacts(accounts []account) []record {
	var list []record
	add := func(a account) {
		list = append(list, g.contact(fmt.Sprintf("contact-%04d", len(list)+1), a))
	}
	for _, a := range accounts {
		for range g.rng.IntN(7) {
			add(a)
		}
	}
	for range contactsAlone {
		add(account{site: "mail", country: pick(g, countries)})
	}
	return list
}

func (g *generator) contact(ref string, a account) record {
	c := a.country
	salutation, firsts, lasts := c.mr, c.men, c.lasts
	if g.chance(50) {
		salutation, firsts = c.ms, c.women
		if c.womensLasts != nil {
			lasts = c.womensLasts
		}
	}
	first, last := pick(g, firsts), pick(g, lasts)
	r := record{{"_ref", ref}}
	if a.ref != "" {
		r = append(r, field{"AccountId", "@" + a.ref})
	}
	return append(r,
		field{"Salutation", g.sometimes(85, salutation)},
		field{"FirstName", g.sometimes(95, first.text)},
		field{"LastName", last.text},
		field{"Title", g.sometimes(70, pick(g, c.jobs))},
		field{"Email", g.sometimes(88, first.latin+"."+last.latin+"@"+a.site+".example")},
		field{"Phone", g.sometimes(75, g.number(c.phone))},
		field{"Fax", g.sometimes(10, g.number(c.phone))},
		field{"MobilePhone", g.sometimes(55, g.number(c.mobile))},
		field{"Description", g.sometimes(10, pick(g, c.remarks))},
		field{"OwnerId", "@" + pick(g, reps).ref("user")},
	)
}

// stages are the ten that a new org has, and how many opportunities of a
// hundred stand there.
var stages = []struct {
	name   string
	share  int
	closed bool
}{
	{"Prospecting", 9, false},
	{"Qualification", 9, false},
	{"Needs Analysis", 9, false},
	{"Value Proposition", 9, false},
	{"Id. Decision Makers", 9, false},
	{"Perception Analysis", 9, false},
	{"Proposal/Price Quote", 11, false},
	{"Negotiation/Review", 11, false},
	{"Closed Won", 16, true},
	{"Closed Lost", 8, true},
}

func (g *generator) opportunities(accounts []account) []record {
	var list []record
	for len(list) < opportunities {
		for _, s := range stages {
			for range s.share {
				list = append(list, g.opportunity(s.name, s.closed, pick(g, accounts)))
			}
		}
	}
	list = list[:opportunities]
	g.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i := range list {
		list[i][0].value = fmt.Sprintf("opportunity-%03d", i+1)
	}
	for _, r := range list[:dealsAlone] {
		r.set("AccountId", nil)
	}
	for _, r := range list[dealsAlone : dealsAlone+dealsWithoutIt] {
		r.set("Amount", nil)
	}
	return list
}

func (g *generator) opportunity(stage string, closed bool, a account) record {
	days := 1 + g.rng.IntN(240)
	if closed {
		days = -g.rng.IntN(700)
	}
	name := pick(g, a.country.undertakings) + " – " + a.name
	if g.chance(3) {
		name = strings.Repeat(name+" / ", 5) // as far as it goes
	}
	return record{
		{"_ref", ""},
		{"Name", cut(name, 120)},
		{"AccountId", "@" + a.ref},
		{"StageName", stage},
		{"CloseDate", data.Now.AddDate(0, 0, days).Format("2006-01-02")},
		{"Amount", g.amount()},
		{"Description", g.sometimes(20, pick(g, a.country.remarks))},
		{"OwnerId", "@" + pick(g, reps).ref("user")},
	}
}

// amount is mostly round, now and then exact to the cent, and rarely nothing.
func (g *generator) amount() json.Number {
	switch n := g.rng.IntN(100); {
	case n < 2:
		return "0"
	case n < 30:
		return json.Number(fmt.Sprintf("%d.%02d", 900+g.rng.IntN(90_000), g.rng.IntN(100)))
	}
	return json.Number(fmt.Sprint(500 * (1 + g.rng.IntN(600))))
}

func (r record) set(name string, value any) {
	for i := range r {
		if r[i].name == name {
			r[i].value = value
		}
	}
}

// cut leaves at most n characters of s.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return strings.TrimSpace(string(runes[:n]))
	}
	return s
}
