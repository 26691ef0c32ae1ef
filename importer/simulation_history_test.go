package importer_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A simStep is one event. Its numbers choose among what there is when it
// happens, so that a history of which steps are left out is still a history.
type simStep struct {
	name    string
	a, b, c int
	at      int       // the moment of an import at which it happens
	during  []simStep // what happens while an import is at work
}

// simEvents are what may happen, how often, and whether it may also happen
// while an import is at work. Salesforce's side is first.
var simEvents = []struct {
	name   string
	weight int
	during bool
	do     func(*sim, simStep)
}{
	{"new account", 5, true, (*sim).newAccount},
	{"new contact", 6, true, (*sim).newContact},
	{"new opportunity", 6, true, (*sim).newOpportunity},
	{"edit", 12, true, (*sim).edit},
	{"flag", 7, true, (*sim).flag},
	{"stage", 6, true, (*sim).stage},
	{"owner", 2, true, (*sim).owner},
	{"move", 5, true, (*sim).move},
	{"delete", 5, true, (*sim).remove},
	{"undelete", 5, true, (*sim).undelete},
	{"purge", 2, true, (*sim).purge},
	{"merge", 5, true, (*sim).merge},
	{"bulk edit", 3, true, (*sim).bulkEdit},
	{"open transaction", 9, true, (*sim).hold},
	{"overtaken transaction", 4, false, (*sim).overtaken},
	{"commit", 4, true, (*sim).commit},
	{"roll back", 1, true, (*sim).rollback},
	{"seconds", 8, true, func(s *sim, e simStep) { s.advance(time.Duration(1+e.a%40) * time.Second) }},
	{"minutes", 5, true, func(s *sim, e simStep) { s.advance(time.Duration(1+e.a%20) * time.Minute) }},
	{"session expires", 2, true, func(s *sim, _ simStep) { s.org.ExpireSessions() }},
	{"limit reached", 2, true, (*sim).limit},
	{"org fails", 2, true, (*sim).orgFails},
	{"another import", 2, true, (*sim).intrude},
	{"stand still", 1, true, (*sim).standStill},
	{"hours", 2, false, func(s *sim, e simStep) { s.advance(time.Duration(1+e.a%30) * time.Hour) }},
	{"days", 1, false, func(s *sim, e simStep) { s.advance(time.Duration([]int{13, 16, 31, 400}[e.a%4]) * 24 * time.Hour) }},
	{"host clock", 1, false, func(s *sim, e simStep) { s.skew = time.Duration(e.a%3-1) * 15 * time.Minute }},
	{"import", 22, false, (*sim).importStep},
	{"remove flag", 3, false, (*sim).removeFlag},
	{"link again", 3, false, (*sim).linkAgain},
	{"host edit", 3, false, (*sim).hostEdit},
	{"host delete", 1, false, (*sim).hostDelete},
	{"host has it", 3, false, (*sim).hostHas},
	{"host refuses", 2, false, (*sim).hostRefuses},
	{"configuration", 3, false, (*sim).configure},
	{"conceal", 2, true, (*sim).conceal},
	{"many leave", 2, false, (*sim).manyLeave},
	{"hide field", 1, false, (*sim).hideField},
	{"rest", 6, false, func(s *sim, _ simStep) { s.rest() }},
}

// newHistory makes up what happens in a world.
func newHistory(seed uint64) (simWorld, []simStep) {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a history is told by its seed
	w := simWorld{
		persons: r.IntN(4) == 0, formula: r.IntN(5) == 0, noScope: r.IntN(8) == 0, keepStamps: r.IntN(2) == 0, atomic: r.IntN(2) == 0,
		bulk: r.IntN(4) == 0, tight: r.IntN(4) == 0,
		skew: time.Duration(r.IntN(3)-1) * 15 * time.Minute, page: 1 + r.IntN(6), odd: r.IntN(1000),
	}
	if w.tight { // so that an import takes some calls, and no more than a few
		w.page += 3
	}
	var steps []simStep
	if r.IntN(25) == 0 {
		w.page = 40
		for range 60 {
			steps = append(steps, simStep{name: "new account", a: 1 + 4*r.IntN(1<<14), b: 2*r.IntN(1<<15) + 1, c: 1})
		}
	}
	for _, name := range []string{"new account", "new account", "new account", "new contact", "new contact", "new opportunity", "new opportunity"} {
		steps = append(steps, simStep{name: name, a: r.IntN(1 << 16), b: r.IntN(1 << 16), c: r.IntN(1 << 16)})
	}
	for range 15 + r.IntN(30) {
		steps = append(steps, newStep(r, false))
	}
	return w, steps
}

func newStep(r *rand.Rand, during bool) simStep {
	total := 0
	for _, e := range simEvents {
		if !during || e.during {
			total += e.weight
		}
	}
	n := r.IntN(total)
	step := simStep{a: r.IntN(1 << 16), b: r.IntN(1 << 16), c: r.IntN(1 << 16)}
	for _, e := range simEvents {
		if during && !e.during {
			continue
		}
		if n -= e.weight; n < 0 {
			step.name = e.name
			break
		}
	}
	if step.name == "import" && r.IntN(2) == 0 {
		for range 1 + r.IntN(8) {
			inner := newStep(r, true)
			inner.at = 1 + r.IntN(120)
			step.during = append(step.during, inner)
		}
		slices.SortStableFunc(step.during, func(a, b simStep) int { return a.at - b.at })
	}
	return step
}

// play lets a step happen. What Salesforce refuses does not happen.
func (s *sim) play(step simStep) {
	defer func() {
		if refused := recover(); refused != nil {
			if text, ok := refused.(string); !ok || !strings.HasPrefix(text, "salesforcetest:") {
				panic(refused)
			}
			s.log("  refused: %v", refused)
		}
		s.observe()
	}()
	s.log("%s (%d, %d, %d)", step.name, step.a, step.b, step.c)
	s.count(step.name, 1)
	for _, e := range simEvents {
		if e.name == step.name {
			e.do(s, step)
		}
	}
}

// pick chooses a record of an object that is live, or whatever is asked for.
func (s *sim) pick(object string, n int, which func(simVersion) bool) string {
	var ids []string
	for _, id := range s.ids {
		if t := s.tracks[id]; (object == "" || t.object == object) && which(t.last()) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return ids[n%len(ids)]
}

// writer is whoever writes into the org: at times a transaction that is open.
type writer interface {
	Insert(object string, fields map[string]any) string
	Update(id string, fields map[string]any)
	Delete(id string)
}

func (s *sim) writer(e simStep) writer {
	if len(s.held) > 0 && e.c%3 == 0 {
		return s.held[e.c%len(s.held)].tx
	}
	return s.org
}

func (s *sim) insert(w writer, object string, fields map[string]any) string {
	id := w.Insert(object, fields)
	s.ids = append(s.ids, id)
	s.tracks[id] = &simTrack{id: id, object: object}
	if person, _ := s.org.Record(id)["PersonContactId"].(string); person != "" {
		s.ids = append(s.ids, person)
		s.tracks[person] = &simTrack{id: person, object: "Contact"}
	}
	s.log("  %s %s", object, id)
	return id
}

func (s *sim) newAccount(e simStep) {
	fields := map[string]any{"Name": fmt.Sprintf("Account %d", e.a), "AccountNumber": fmt.Sprint(e.a), "Phone": fmt.Sprint(e.b)}
	w := s.writer(e)
	if s.world.persons && e.b%2 == 0 {
		delete(fields, "Name")
		fields["LastName"] = fmt.Sprintf("Person %d", e.a)
		w = s.org
	}
	ticked := e.a%4 != 0
	if !s.world.formula && !s.world.noScope {
		fields["ZEP__c"] = ticked
	}
	id := s.insert(w, "Account", fields)
	s.setFormula(id, ticked)
}

// parent chooses an account for a new or moved child, at times none.
func (s *sim) parent(n int) any {
	if n%9 == 0 {
		return nil
	}
	if id := s.pick("Account", n/9, simVersion.live); id != "" {
		return id
	}
	return nil
}

func (s *sim) newContact(e simStep) {
	s.insert(s.writer(e), "Contact", map[string]any{"AccountId": s.parent(e.a), "LastName": fmt.Sprintf("Contact %d", e.b), "Phone": fmt.Sprint(e.a)})
}

func (s *sim) newOpportunity(e simStep) {
	s.insert(s.writer(e), "Opportunity", map[string]any{
		"AccountId": s.parent(e.a), "Name": fmt.Sprintf("Opportunity %d", e.b), "StageName": simStages[e.a%len(simStages)],
		"CloseDate": fmt.Sprintf("2026-%02d-01", 1+e.b%12), "Amount": e.b,
	})
}

var simStages = []string{"Closed Won", "Negotiation/Review", "Prospecting", "Closed Lost", "Qualification"}

// change gives new values for fields that nothing else depends on.
func (s *sim) change(id string, e simStep) map[string]any {
	switch t := s.tracks[id]; {
	case t.object == "Opportunity":
		return []map[string]any{{"Amount": e.b}, {"Name": fmt.Sprintf("Renamed %d", e.b)}, {"CloseDate": fmt.Sprintf("2027-%02d-02", 1+e.b%12)}, {"Amount": nil}}[e.c%4]
	case t.object == "Contact" && !t.last().person:
		return []map[string]any{{"Phone": fmt.Sprint(e.b)}, {"LastName": fmt.Sprintf("Renamed %d", e.b)}, {"Fax": fmt.Sprint(e.b)}, {"Phone": nil}}[e.c%4]
	case t.object == "Account" && !t.last().person:
		return []map[string]any{{"Phone": fmt.Sprint(e.b)}, {"Name": fmt.Sprintf("Renamed %d", e.b)}, {"Fax": fmt.Sprint(e.b)}, {"BillingStreet": fmt.Sprintf("Street\n%d", e.b)}}[e.c%4]
	}
	return map[string]any{"Phone": fmt.Sprint(e.b)}
}

func (s *sim) edit(e simStep) {
	if id := s.pick("", e.a, simVersion.live); id != "" {
		s.log("  %s %v", id, s.change(id, e))
		s.writer(e).Update(id, s.change(id, e))
	}
}

// bulkEdit writes some records in one second.
func (s *sim) bulkEdit(e simStep) {
	for i := range 4 {
		e.a, e.b = e.a+1, e.b+i
		s.edit(e)
	}
}

func (s *sim) flag(e simStep) {
	id := s.pick("Account", e.a, simVersion.live)
	if id == "" || s.world.noScope {
		return
	}
	ticked := !s.tracks[id].last().ticked
	s.log("  %s %t", id, ticked)
	if s.world.formula {
		s.setFormula(id, ticked)
		return
	}
	s.writer(e).Update(id, map[string]any{"ZEP__c": ticked})
}

// setFormula changes what the formula of the checkbox works out, which moves no
// stamp.
func (s *sim) setFormula(id string, ticked bool) {
	s.formulas.Lock()
	defer s.formulas.Unlock()
	s.ticked[id] = ticked
}

func (s *sim) stage(e simStep) {
	if id := s.pick("Opportunity", e.a, simVersion.live); id != "" {
		s.log("  %s %s", id, simStages[e.b%len(simStages)])
		s.writer(e).Update(id, map[string]any{"StageName": simStages[e.b%len(simStages)]})
	}
}

func (s *sim) owner(e simStep) {
	if id := s.pick("Opportunity", e.a, simVersion.live); id != "" {
		s.writer(e).Update(id, map[string]any{"OwnerId": s.owners[e.b%len(s.owners)]})
	}
}

func (s *sim) move(e simStep) {
	child := func(v simVersion) bool { return v.live() && !v.person }
	object := []string{"Contact", "Opportunity"}[e.c%2]
	if id := s.pick(object, e.a, child); id != "" {
		to := s.parent(e.b)
		s.log("  %s to %v", id, to)
		s.writer(e).Update(id, map[string]any{"AccountId": to})
	}
}

func (s *sim) remove(e simStep) {
	object := []string{"Account", "Contact", "Opportunity"}[e.b%3]
	if id := s.pick(object, e.a, func(v simVersion) bool { return v.live() && !(v.person && object == "Contact") }); id != "" {
		s.log("  %s", id)
		s.writer(e).Delete(id)
	}
}

func (s *sim) undelete(e simStep) {
	alone := func(v simVersion) bool { // a child that went with its parent comes back with it
		parent := s.tracks[v.parent]
		return v.deleted && (parent == nil || parent.last().live())
	}
	if id := s.pick("", e.a, alone); id != "" {
		if s.org.Record(id)["MasterRecordId"] != nil && s.world.keepStamps {
			s.revealed = true // what the merge has moved is left where it is, and nothing but a reconcile run can tell
		}
		s.log("  %s", id)
		s.org.Undelete(id)
	}
}

func (s *sim) purge(e simStep) {
	if id := s.pick("", e.a, func(v simVersion) bool { return v.deleted || v.live() && !v.person && e.b%3 == 0 }); id != "" {
		s.log("  %s", id)
		s.org.Purge(id)
	}
}

func (s *sim) merge(e simStep) {
	object := "Account"
	if e.c%5 == 0 {
		object = "Contact"
	}
	winner, loser := s.pick(object, e.a, simVersion.live), s.pick(object, e.b, simVersion.live)
	if winner != "" && winner != loser {
		s.log("  %s into %s", loser, winner)
		s.org.Merge(winner, loser)
	}
}

// A simTransaction is open in the org.
type simTransaction struct {
	tx      *salesforcetest.Transaction
	started time.Time
}

func (s *sim) hold(e simStep) {
	if len(s.held) > 2 {
		return
	}
	t := simTransaction{s.org.HoldTransaction(), s.org.Now()}
	s.held = append(s.held, t)
	e.c = 0
	s.edit(e)
	if e.b%2 == 0 {
		s.newContact(e)
	}
}

// overtaken is a transaction that begins before others and ends after an import
// has seen those.
func (s *sim) overtaken(e simStep) {
	s.hold(e)
	s.observe()
	s.advance(time.Duration(1+e.b%100) * time.Second)
	s.newContact(simStep{a: e.b, b: e.a})
	s.observe()
	s.importStep(simStep{a: 9, b: 3})
}

func (s *sim) commit(e simStep) {
	if len(s.held) > 0 {
		i := e.a % len(s.held)
		s.held[i].tx.Commit()
		s.held = slices.Delete(s.held, i, i+1)
	}
}

func (s *sim) rollback(e simStep) {
	if len(s.held) > 0 {
		i := e.a % len(s.held)
		s.held[i].tx.Rollback()
		s.held = slices.Delete(s.held, i, i+1)
	}
}

// advance lets time pass. No transaction lasts longer than ten minutes.
func (s *sim) advance(d time.Duration) {
	for len(s.held) > 0 && s.org.Now().Add(d).Sub(s.held[0].started) > 10*time.Minute {
		if wait := s.held[0].started.Add(10 * time.Minute).Sub(s.org.Now()); wait > 0 {
			s.org.Advance(wait)
			d -= wait
		}
		s.commit(simStep{})
		s.observe()
	}
	s.org.Advance(d)
}

// limit makes the org refuse the next requests, as one whose day is used up.
func (s *sim) limit(e simStep) {
	s.trouble(salesforcetest.Fault{Path: "/services/data", Status: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded.", Times: 1 + e.a%2})
}

// trouble lets the org answer wrongly, until the world is at rest.
func (s *sim) trouble(f salesforcetest.Fault) {
	now := s.rests.Load()
	f.Match = func(*http.Request) bool { return s.rests.Load() == now }
	s.org.Fail(f)
}

func (s *sim) orgFails(e simStep) {
	s.trouble([]salesforcetest.Fault{
		{Path: "/services/data", Status: 500, Code: "UNKNOWN_EXCEPTION"},
		{Path: "/services/data", DropBefore: true},
		{Path: "/queryAll", CutAfter: 100},
		{Path: "/updated", Status: 403, Code: "INSUFFICIENT_ACCESS"},
		{Path: "/deleted", Status: 403, Code: "INSUFFICIENT_ACCESS"},
		{Path: "/updated", Status: 400, Code: "EXCEEDED_ID_LIMIT"},
		{Path: "/services/data", Status: 503},
	}[e.a%7])
}

func (s *sim) hostEdit(e simStep) {
	id := s.pickRow(e.a)
	if id == "" {
		return
	}
	row, t := s.row(id), s.tracks[id]
	t.own = fmt.Sprint(e.b)
	row.own = t.own
	err := s.watcher.CheckEdit(s.t.Context(), row.kind, row.id, "name")
	if err == nil {
		row.values["name"] = fmt.Sprintf("Edited %d", e.b)
		t.edited = true
	}
	s.log("  %s %v", id, err)
}

// pickRow chooses a record that the host has.
func (s *sim) pickRow(n int) string {
	var ids []string
	for _, id := range s.ids {
		if s.row(id) != nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return ids[n%len(ids)]
}

// hostHas gives the host a customer of its own that is an account which no
// import has brought in yet.
func (s *sim) hostHas(e simStep) {
	var ids []string
	for _, id := range s.ids {
		_, linked := s.host.links[simKey{object: "Account", id: salesforce.ID(id)}]
		if t := s.tracks[id]; t.object == "Account" && !linked && s.row(id) == nil && t.last().number != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	number := s.tracks[ids[e.a%len(ids)]].last().number
	for _, row := range s.host.own {
		if row.values["number"] == number {
			return
		}
	}
	s.host.serial++
	row := &simRow{id: fmt.Sprint(s.host.serial), kind: customers.KindCustomer, active: true, values: map[string]string{"number": number}}
	s.host.own[row.id] = row
	s.log("  number %s", number)
}

// hostDelete deletes a record in the host, whatever the importer says.
func (s *sim) hostDelete(e simStep) {
	if id := s.pickRow(e.a); id != "" {
		s.log("  %s", id)
		t := s.tracks[id]
		t.hostID, t.inHost = s.row(id).id, false
		t.lost = s.host.links[simKey{object: t.object, id: salesforce.ID(id)}].HostID != "" // else no import knows yet that it was there
		delete(s.host.rows, salesforce.ID(id))
	}
}

func (s *sim) hostRefuses(e simStep) {
	if id := s.pick("", e.a, func(simVersion) bool { return true }); id != "" {
		s.log("  %s", id)
		s.host.refuses[salesforce.ID(id)] = true
	}
}

func (s *sim) configure(e simStep) {
	switch e.a % 6 {
	case 5:
		s.config.OnStageExit = []customers.StageExit{customers.UpdateProject, customers.FreezeProject, customers.RetireProject}[e.b%3]
		s.everRetires = s.everRetires || s.config.OnStageExit == customers.RetireProject
	case 0:
		s.config.Stages = [][]string{{"Closed Won"}, {"Closed Won", "Negotiation/Review"}, {"Prospecting"}, nil}[e.b%4]
	case 1, 2:
		s.config.OnExit = []importer.ExitPolicy{importer.Keep, importer.Detach, importer.Deactivate}[e.b%3]
		s.policies[s.config.OnExit] = true
	case 3:
		s.faxIsPhone = !s.faxIsPhone
	case 4:
		s.config.PersonContacts = s.world.persons && !s.config.PersonContacts
	}
	s.log("  %v %q, phone is Fax: %t, contacts of persons: %t", s.config.Stages, s.config.OnExit, s.faxIsPhone, s.config.PersonContacts)
	s.restart()
}

func (s *sim) hideField(e simStep) {
	field := []string{"Account.Phone", "Contact.Phone", "Account.Fax", "Account.Name", "Account.ZEP__c", "Contact.LastName"}[e.a%6]
	object, name, _ := strings.Cut(field, ".")
	if s.cursor != nil || name == "ZEP__c" && len(s.host.state.Seen) == 0 { // hidden from the first, it restricts nothing
		return
	}
	s.log("  %s hidden: %t", field, !s.hidden[field])
	if s.hidden[field] {
		s.org.ShowField(object, name)
	} else {
		s.org.HideField(object, name)
		s.everHidden = true
	}
	s.hidden[field] = !s.hidden[field]
}

// conceal takes an account and what belongs to it from the sight of the user who
// imports, as a change of sharing does, or gives it back. Neither moves a stamp.
func (s *sim) conceal(e simStep) {
	if s.cursor != nil || s.world.bulk {
		return
	}
	if len(s.concealed) > 0 && e.b%2 == 0 {
		clear(s.concealed)
		s.revealed = true
		return
	}
	if id := s.pick("Account", e.a, simVersion.live); id != "" {
		s.log("  %s", id)
		s.concealed[id] = true
	}
}

// manyLeave un-ticks or deletes more accounts than may leave unconfirmed.
func (s *sim) manyLeave(e simStep) {
	var ids []string
	for _, id := range s.ids {
		if t := s.tracks[id]; t.object == "Account" && t.last().live() && t.last().ticked {
			ids = append(ids, id)
		}
	}
	if len(ids) <= 55 {
		return
	}
	for _, id := range ids[:len(ids)-e.a%5] {
		switch {
		case e.b%2 == 0:
			s.org.Delete(id)
		case s.world.formula:
			s.setFormula(id, false)
		default:
			s.org.Update(id, map[string]any{"ZEP__c": false})
		}
	}
	s.count("mass exits", 1)
}

// rules are the default ones, or take the phone from the fax.
func (s *sim) rules() []mapping.Rule {
	if !s.faxIsPhone {
		return nil
	}
	rules := customers.CustomerRules()
	for i := range rules {
		if rules[i].Target == "phone" {
			rules[i].From = []string{"Fax"}
		}
	}
	return rules
}
