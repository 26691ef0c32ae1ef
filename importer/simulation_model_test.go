package importer_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A simVersion is what everybody could see of a record at one time.
type simVersion struct {
	gone, deleted, ticked, person bool
	parent, stage, closes         string
	name, number, lines           string
	phone, fax                    string
	budget, owner                 string
}

func (v simVersion) live() bool { return !v.gone && !v.deleted }

// A simTrack is what the model knows of one record. The model is written from
// the rules of the product; it does not know how an importer works.
//
// What the host holds is not always a function of what the org holds now: a
// customer whose checkbox was un-ticked stays as it was when an import last
// saw it. So the model keeps every version that there has been, and checks a
// record that is no longer led against all that an import may have seen.
type simTrack struct {
	id, object string
	log        []simVersion
	led        int // the version when it was last checked as led
	checked    int // the version when it was last checked

	inHost, active bool // at the last check
	hostID, own    string
	exit           *importer.ExitPolicy // how it left the scope, once that was seen
	detached       bool                 // its flag was removed by a person
	lost           bool                 // the host has deleted it
	edited         bool                 // by the host, while it was free
}

func (t *simTrack) last() simVersion { return t.log[len(t.log)-1] }

func (t *simTrack) since(from int, is func(simVersion) bool) bool {
	return slices.ContainsFunc(t.log[from:], is)
}

// observe takes down what has changed in the org.
func (s *sim) observe() {
	for _, id := range s.ids {
		t := s.tracks[id]
		if v := s.version(t); len(t.log) == 0 || t.last() != v {
			t.log = append(t.log, v)
		}
	}
}

func (s *sim) version(t *simTrack) simVersion {
	record := s.org.Record(t.id)
	if record == nil || s.isConcealed(record) {
		return simVersion{gone: true, deleted: record["IsDeleted"] == true}
	}
	text := func(field string) string { v, _ := record[field].(string); return v }
	v := simVersion{
		deleted: record["IsDeleted"] == true, ticked: record[customers.DefaultFlag] == true, person: record["IsPersonAccount"] == true,
		parent: text("AccountId"), stage: text("StageName"), closes: text("CloseDate"),
		name: text("Name"), number: text("AccountNumber"), lines: text("BillingStreet"),
		phone: text("Phone"), fax: text("Fax"), owner: text("OwnerId"),
	}
	if t.object == "Contact" {
		v.name = text("LastName")
	}
	if amount, ok := record["Amount"].(float64); ok {
		v.budget = strconv.FormatFloat(amount, 'f', -1, 64)
	}
	return v
}

// isConcealed reports whether the user who imports does not see a record.
func (s *sim) isConcealed(record map[string]any) bool {
	id, _ := record["Id"].(string)
	parent, _ := record["AccountId"].(string)
	return s.concealed[id] || s.concealed[parent]
}

// project is what the host shall hold of a version.
func (s *sim) project(t *simTrack, v simVersion, faxIsPhone bool) map[string]string {
	values := map[string]string{}
	put := func(target, text string) {
		if text != "" {
			values[target] = text
		}
	}
	put("name", v.name)
	if t.object == "Opportunity" {
		put("ends", v.closes)
		put("budget", v.budget)
		put("responsible", v.owner)
		return values
	}
	put("fax", v.fax)
	put("phone", v.phone)
	if t.object == "Account" {
		put("number", v.number)
		put("billing_lines", v.lines)
		if faxIsPhone {
			put("phone", v.fax)
			if v.fax == "" {
				delete(values, "phone")
			}
		}
	}
	return values
}

var simColumns = []string{
	"name", "number", "billing_lines", "billing_zip", "billing_city", "billing_country", "delivery_lines", "delivery_zip",
	"delivery_city", "delivery_country", "phone", "fax", "www", "remark", "salutation", "first_name", "job_title", "email", "mobile",
	"ends", "budget", "responsible",
}

// verify compares the host with the org once both are at rest.
func (s *sim) verify() {
	led := map[string]bool{}
	for _, id := range s.ids {
		if t := s.tracks[id]; t.object == "Account" {
			led[id] = s.verifyAccount(t)
		}
	}
	for _, id := range s.ids {
		if t := s.tracks[id]; t.object != "Account" {
			s.verifyChild(t, led)
		}
	}
	for _, id := range s.ids {
		t, row := s.tracks[id], s.row(id)
		t.checked = len(t.log) - 1
		if t.inHost = row != nil; t.inHost {
			t.active, t.hostID = row.active, row.id
			if row.own != t.own {
				s.fail("I9", "%s: the host's own field is %q and was %q", id, row.own, t.own)
			}
			if err := s.watcher.CheckEdit(s.t.Context(), row.kind, row.id, "own"); err != nil && s.configured(t) {
				s.fail("I9", "%s: the host's own field is locked: %v", id, err)
			}
		}
	}
	for _, own := range s.host.own {
		s.verifyUnmatched(own)
	}
	s.policies = map[importer.ExitPolicy]bool{s.config.OnExit: true}
	s.count("checks", 1)
}

// verifyUnmatched checks that no import has made a customer that the host had.
func (s *sim) verifyUnmatched(own *simRow) {
	var same []string
	for _, id := range s.ids {
		if t := s.tracks[id]; t.object == "Account" && t.since(0, func(v simVersion) bool { return v.number == own.values["number"] }) {
			same = append(same, id)
		}
	}
	if len(same) == 1 && s.row(same[0]) != nil {
		s.fail("B14", "the host has customer %s with number %s, and %s was created beside it", own.id, own.values["number"], same[0])
	}
}

func (s *sim) row(id string) *simRow { return s.host.rows[salesforce.ID(id)] }

// free reports whether the host may change and delete a row.
func (s *sim) free(row *simRow) bool {
	err := s.watcher.CheckDelete(s.t.Context(), row.kind, row.id)
	if err != nil && !errors.Is(err, importer.ErrLocked) {
		s.fail("I9", "CheckDelete: %v", err)
	}
	return err == nil
}

// verifyAccount checks a customer, and reports whether Salesforce leads it.
func (s *sim) verifyAccount(t *simTrack) bool {
	row, v := s.row(t.id), t.last()
	switch {
	case t.lost:
		if row != nil {
			s.fail("I10", "%s was deleted in the host and is there again", t.id)
		}
		return false
	case row == nil && t.inHost:
		s.fail("I10", "%s is no longer in the host", t.id)
		return false
	case t.detached:
		if !s.free(row) {
			s.fail("I8", "%s has lost its flag and is locked", t.id)
		}
		return false
	case v.live() && (v.ticked || s.config.Scope == importer.ScopeOff):
		return s.verifyLed(t, row)
	case row == nil:
		return false
	case v.gone:
		s.verifyGone(t, row)
	case v.deleted:
		freed := s.free(row) && s.mayHaveLeftBy(t, importer.Detach)
		if row.active && !freed {
			s.fail("I1", "%s is deleted in Salesforce and active in the host: %s", t.id, row)
		}
		if freed {
			t.exit = new(importer.Detach)
		}
	default:
		s.verifyLeft(t, row)
	}
	return false
}

// verifyLed checks a record that Salesforce leads: it is there, and as it is
// in Salesforce.
func (s *sim) verifyLed(t *simTrack, row *simRow) bool {
	if row == nil {
		s.fail("I3", "%s %s is lost: %+v", t.object, t.id, t.last())
		return false
	}
	if !row.active {
		s.fail("I1", "%s is live in Salesforce and inactive in the host", t.id)
	}
	if s.free(row) {
		s.fail("I9", "%s is led by Salesforce and not locked", t.id)
	}
	want := s.project(t, t.last(), s.faxIsPhone)
	for _, column := range simColumns {
		if row.values[column] != want[column] && !s.unseen(t, column) {
			s.fail("I1", "%s.%s is %q in the host and %q in Salesforce", t.id, column, row.values[column], want[column])
		}
	}
	t.led, t.exit, t.edited = len(t.log)-1, nil, false
	delete(s.broken, t.id)
	return true
}

// unseen reports whether the column's field is hidden from the import.
func (s *sim) unseen(t *simTrack, column string) bool {
	field := map[string]string{"phone": "Phone", "fax": "Fax"}[column]
	if t.object == "Account" && column == "phone" && s.faxIsPhone {
		field = "Fax"
	}
	return s.hidden[t.object+"."+field]
}

// verifyFrozen checks that a record has in each column what an import has once
// seen.
func (s *sim) verifyFrozen(t *simTrack, row *simRow) {
	if t.edited {
		return
	}
	for _, column := range simColumns {
		if s.everHidden && (column == "phone" || column == "fax") {
			continue
		}
		if !t.since(t.led, func(v simVersion) bool {
			return row.values[column] == s.project(t, v, false)[column] || row.values[column] == s.project(t, v, true)[column]
		}) {
			s.fail("I1", "%s.%s is %q in the host, which it never was", t.id, column, row.values[column])
		}
	}
}

// verifyLeft checks a customer that is not ticked.
func (s *sim) verifyLeft(t *simTrack, row *simRow) {
	left := importer.Keep
	if s.free(row) {
		left = importer.Detach
	} else if !row.active {
		left = importer.Deactivate
	}
	unknown := s.broken[t.id] && !row.active // as nobody knew whether the host had it
	if !unknown && !s.mayHaveLeftBy(t, left) {
		s.fail("I1", "%s has left the scope by %q, and the policies were %v: %s", t.id, left, s.policies, row)
	}
	if left == importer.Detach && !row.active && !unknown && !s.policies[importer.Deactivate] && (t.exit == nil || *t.exit != importer.Deactivate) {
		s.fail("I1", "%s is live in Salesforce, was not deactivated, and is inactive in the host", t.id)
	}
	s.verifyFrozen(t, row)
	t.exit = &left
}

func (s *sim) mayHaveLeftBy(t *simTrack, policy importer.ExitPolicy) bool {
	if t.exit != nil && *t.exit == policy {
		return true
	}
	since := t.since(t.checked, func(v simVersion) bool { return !v.live() || v.ticked })
	return s.policies[policy] && (t.exit == nil || since)
}

// verifyGone checks a record that nobody can see any more: it stays as it is,
// unless an import has seen its deletion.
func (s *sim) verifyGone(t *simTrack, row *simRow) {
	if t.inHost && row.active != t.active && len(t.log)-1 <= t.checked+1 && !t.last().deleted {
		s.fail("I1", "%s has vanished from Salesforce, and the host's record is active %t", t.id, row.active)
	}
	s.verifyFrozen(t, row)
}

// verifyChild checks a contact or project.
func (s *sim) verifyChild(t *simTrack, led map[string]bool) {
	row, v := s.row(t.id), t.last()
	if t.lost {
		if row != nil {
			s.fail("I10", "%s was deleted in the host and is there again", t.id)
		}
		return
	}
	if row == nil && t.inHost {
		s.fail("I10", "%s is no longer in the host", t.id)
		return
	}
	if !s.configured(t) {
		return
	}
	if parent := s.tracks[v.parent]; parent != nil && parent.lost {
		return // whether that has been noticed depends on what changed
	}
	if row != nil {
		customer := s.host.byHostID(row.parent)
		if customer == nil {
			return // so it is with the customer that it has
		}
		if s.free(customer) {
			if !s.free(row) {
				s.fail("I9", "%s is locked, and its customer is free", t.id)
			}
			s.verifyFrozen(t, row)
			return
		}
	}
	switch {
	case led[v.parent] && v.live() && s.chosen(t, v, row != nil):
		if s.verifyLed(t, row) && row.parent != s.row(v.parent).id {
			s.fail("I1", "%s belongs to %s and is under customer %s", t.id, v.parent, row.parent)
		}
	case row == nil:
	case v.gone:
		s.verifyGone(t, row)
	case v.deleted:
		if row.active {
			s.fail("I1", "%s is deleted in Salesforce and active in the host", t.id)
		}
	default:
		if !t.inHost && !s.mayHaveCome(t) {
			s.fail("I1", "%s is in the host and was never in scope", t.id)
		}
		if s.free(row) {
			s.fail("I9", "%s is led by Salesforce and not locked", t.id)
		}
		s.verifyHeld(t, row, led[v.parent])
	}
}

// verifyHeld checks a live record that is in the host and not updated.
func (s *sim) verifyHeld(t *simTrack, row *simRow, led bool) {
	active := true
	if t.object == "Opportunity" && led && s.config.OnStageExit == customers.RetireProject {
		active = false
	}
	unsure := s.broken[t.id] || t.object == "Opportunity" && !led && s.everRetires
	if row.active != active && !unsure {
		s.fail("I1", "%s is live in Salesforce, not updated, and active %t in the host", t.id, row.active)
	}
	s.verifyFrozen(t, row)
}

// configured reports whether the record's object is imported at present.
func (s *sim) configured(t *simTrack) bool {
	return t.object != "Opportunity" || len(s.config.Stages) > 0
}

// chosen reports whether a live record of a customer is imported.
func (s *sim) chosen(t *simTrack, v simVersion, inHost bool) bool {
	if t.object == "Contact" {
		return !v.person || s.config.PersonContacts
	}
	if inHost && s.config.OnStageExit == customers.UpdateProject {
		return true
	}
	return slices.Contains(s.config.Stages, v.stage)
}

// mayHaveCome reports whether some import may have brought in a record that
// would not come in now.
func (s *sim) mayHaveCome(t *simTrack) bool {
	return t.since(t.checked, func(v simVersion) bool {
		parent := s.tracks[v.parent]
		return v.live() && parent != nil && parent.since(parent.checked, func(v simVersion) bool {
			return v.live() && (v.ticked || s.config.Scope == importer.ScopeOff)
		})
	})
}

// touched is asked before an import writes a row of the host.
func (s *sim) touched(c importer.Change) error {
	if t := s.tracks[string(c.ID)]; t.object == "Account" {
		if t.detached && s.relinking != t.id {
			return fmt.Errorf("I8: %s has lost its flag, and an import writes %s", t.id, c.Action)
		}
		return nil
	}
	if row := s.host.rows[c.ID]; row != nil {
		if at := s.trackOf(row.parent); at != nil && at.detached && s.relinking != at.id && (s.relinking == "" || s.trackOf(c.Parent) == nil || s.trackOf(c.Parent).id != s.relinking) {
			return fmt.Errorf("I8: %s belongs to %s, which has lost its flag, and an import writes %s", c.ID, at.id, c.Action)
		}
	}
	if to := s.trackOf(c.Parent); to != nil && to.detached && s.relinking != to.id {
		return fmt.Errorf("I8: %s comes to %s, which has lost its flag", c.ID, to.id)
	}
	return nil
}

// trackOf finds the customer of a host id.
func (s *sim) trackOf(hostID string) *simTrack {
	if row := s.host.byHostID(hostID); row != nil && row.kind == customers.KindCustomer {
		return s.tracks[string(row.sfID)]
	}
	return nil
}
