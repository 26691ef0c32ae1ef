package salesforcetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// rule is what an object does by itself when a record is saved: before, on the
// new version, which is not written yet; after, on other records. old is nil
// for a new record. deleting refuses an API user's delete.
type rule struct {
	before   func(tx *Transaction, old, r *record, changes []change) error
	after    func(tx *Transaction, old, r *record) error
	deleting func(tx *Transaction, r *record) error
}

// rules are the rules of the standard objects.
var rules map[string]rule

func init() {
	// Not in the declaration: the rules save records, which looks rules up.
	rules = map[string]rule{
		"Account":             {before: accountBefore, after: accountAfter, deleting: accountDeleting},
		"Attachment":          {before: attachmentBefore},
		"Case":                {before: caseBefore},
		"Contact":             {before: contactBefore, after: contactAfter, deleting: contactDeleting},
		"ContentDocument":     {before: documentBefore},
		"ContentDocumentLink": {before: linkBefore},
		"ContentNote":         {before: noteBefore, after: noteAfter},
		"ContentVersion":      {before: versionBefore, after: versionAfter},
		"Document":            {before: paperBefore},
		"Event":               {before: eventBefore},
		"Group":               {before: groupBefore},
		"Lead":                {before: personBefore},
		"Opportunity":         {before: opportunityBefore},
		"OpportunityLineItem": {before: lineItemBefore},
		"OpportunityStage":    {before: stageBefore},
		"PricebookEntry":      {before: priceBefore},
		"Task":                {before: taskBefore},
		"User":                {before: userBefore},
		"UserRole":            {before: groupBefore},
	}
}

// sets reports whether a client has set a field.
func sets(changes []change, name string) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return c.field.Name == name })
}

// accountDeleting keeps accounts that have cases or closed deals that were won.
func accountDeleting(tx *Transaction, r *record) error {
	var won []string
	for f, w := range tx.pointingTo(r) {
		deal := w.version(tx)
		if f.of.Name == "Opportunity" && deal != nil && !deal.deleted() && deal.value("IsWon") == true {
			won = append(won, deal.name())
		}
	}
	if won == nil {
		return heldByCases(tx, r)
	}
	return fieldError("DELETE_FAILED", nil, "Your attempt to delete %s could not be completed because some opportunities in that account "+
		"were closed won. The opportunities that could not be deleted are shown below.: %s\n", r.name(), strings.Join(won, ", "))
}

// heldByCases keeps records that have cases.
func heldByCases(tx *Transaction, r *record) error {
	var cases []*record
	for f, w := range tx.pointingTo(r) {
		if v := w.version(tx); f.of.Name == "Case" && v != nil && !v.deleted() {
			cases = append(cases, v)
		}
	}
	if cases == nil {
		return nil
	}
	return holdsOn(r, cases)
}

// personBefore joins the parts of a name.
func personBefore(_ *Transaction, _, r *record, _ []change) error {
	name := strings.TrimSpace(r.text("FirstName") + " " + r.text("LastName"))
	if name == "" {
		r.put("Name", nil)
		return nil
	}
	r.put("Name", name)
	return nil
}

// userBefore also spares a test the fields that a user needs and nobody reads.
func userBefore(tx *Transaction, old, r *record, changes []change) error {
	if old == nil && tx.system {
		username := r.text("Username")
		account, _, _ := strings.Cut(username, "@")
		defaults := map[string]any{
			"LastName": account, "Alias": account[:min(len(account), 8)],
			"TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		}
		if emailAddress.MatchString(username) {
			defaults["Email"] = username
		}
		for _, profile := range tx.org.object("Profile").rows {
			if v := profile.version(tx); v != nil && v.text("Name") == "Standard User" {
				defaults["ProfileId"] = profile.id
			}
		}
		for name, v := range defaults {
			if r.value(name) == nil && v != "" {
				r.put(name, v)
			}
		}
	}
	if r.value("CommunityNickname") == nil {
		r.put("CommunityNickname", r.value("Alias"))
	}
	if zone := r.text("TimeZoneSidKey"); zone != "" {
		if _, err := time.LoadLocation(zone); err != nil {
			return fieldError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", []string{"TimeZoneSidKey"},
				"Time Zone: bad value for restricted picklist field: %s", zone)
		}
	}
	return personBefore(tx, old, r, changes)
}

// opportunityBefore lets everything that a stage says follow the stage.
func opportunityBefore(tx *Transaction, old, r *record, changes []change) error {
	if old == nil || old.value("StageName") != r.value("StageName") {
		tx.enterStage(r, sets(changes, "Probability"), sets(changes, "ForecastCategoryName"))
	}
	if category := forecastCategories[r.text("ForecastCategoryName")]; category != "" && sets(changes, "ForecastCategoryName") {
		r.put("ForecastCategory", category)
	}
	if old != nil && old.value("HasOpportunityLineItem") == true && sets(changes, "Amount") {
		r.put("Amount", old.value("Amount")) // that of the lines stays, without an error
	}
	amount, priced := r.value("Amount").(decimal)
	percent, known := r.value("Probability").(decimal)
	r.put("ExpectedRevenue", nil)
	if priced && known {
		probability := decimal{percent.coef, percent.scale + 2}
		r.put("ExpectedRevenue", product(amount, probability, 2))
	}
	if close, ok := r.value("CloseDate").(date); ok {
		fiscal := tx.org.fiscal(tx)
		year, quarter := fiscal.name(close), fiscal.month(close)/3+1
		r.put("FiscalYear", decimal{coef: int64(year)})
		r.put("FiscalQuarter", decimal{coef: int64(quarter)})
		r.put("Fiscal", fmt.Sprintf("%d %d", year, quarter))
	}
	return nil
}

// forecastCategories are the categories by the names that people read.
var forecastCategories = map[string]string{
	"Omitted": "Omitted", "Pipeline": "Pipeline", "Best Case": "BestCase", "Commit": "Forecast", "Closed": "Closed",
}

// enterStage copies from a stage what the client has not set itself. A stage
// that nobody has defined is open, and says no more.
func (tx *Transaction) enterStage(r *record, keepProbability, keepForecast bool) {
	s := tx.stage(r.text("StageName"))
	if s == nil {
		r.put("IsClosed", false)
		r.put("IsWon", false)
		return
	}
	r.put("IsClosed", s.value("IsClosed"))
	r.put("IsWon", s.value("IsWon"))
	r.put("ForecastCategory", s.value("ForecastCategory"))
	if !keepForecast {
		r.put("ForecastCategoryName", s.value("ForecastCategoryName"))
	}
	if !keepProbability {
		r.put("Probability", s.value("DefaultProbability"))
	}
}

// stage finds the OpportunityStage of a StageName.
func (tx *Transaction) stage(name string) *record {
	for _, w := range tx.org.object("OpportunityStage").rows {
		if r := w.version(tx); r != nil && strings.EqualFold(r.text("ApiName"), name) {
			return r
		}
	}
	return nil
}

// stageBefore names a stage for programs as it is named for people.
func stageBefore(_ *Transaction, _, r *record, _ []change) error {
	if r.value("ApiName") == nil {
		r.put("ApiName", r.value("MasterLabel"))
	}
	return nil
}

// groupBefore names a group or role for programs.
func groupBefore(_ *Transaction, _, r *record, _ []change) error {
	if r.value("DeveloperName") == nil {
		r.put("DeveloperName", developerName(r.text("Name")))
	}
	return nil
}

// caseBefore closes a case with its status and finds its account by its contact.
func caseBefore(tx *Transaction, old, r *record, _ []change) error {
	closed := r.text("Status") == "Closed"
	r.put("IsClosed", closed)
	switch {
	case !closed:
		r.put("ClosedDate", nil)
	case old == nil || !old.value("IsClosed").(bool):
		r.put("ClosedDate", tx.org.stamp())
	}
	if contact := tx.parentOf(r, "ContactId"); contact != nil && r.value("AccountId") == nil {
		r.put("AccountId", contact.value("AccountId"))
	}
	return nil
}

// taskBefore closes a task with its status.
func taskBefore(tx *Transaction, old, r *record, _ []change) error {
	closed := r.text("Status") == "Completed"
	switch {
	case !closed:
		r.put("CompletedDateTime", nil)
	case old == nil || old.value("IsClosed") != true:
		r.put("CompletedDateTime", tx.org.stamp())
	}
	r.put("IsClosed", closed)
	r.put("IsHighPriority", r.text("Priority") == "High")
	r.put("AccountId", tx.accountOf(r))
	return nil
}

// activeLife is how long an activity stays where queries find it.
const activeLife = 365 * 24 * time.Hour

// archived reports whether an activity is so old that only queryAll finds it:
// an event that ended, or a closed task that was due, more than a year ago.
// https://help.salesforce.com/s/articleView?id=sales.activities_archived.htm
func (r *record) archived(now time.Time) bool {
	limit := now.Add(-activeLife)
	if r.of.Name == "Task" && r.value("IsClosed") != true {
		return false
	}
	if r.of.Name == "Event" {
		if end, ok := r.value("EndDateTime").(time.Time); ok {
			return end.Before(limit)
		}
	}
	if due, ok := r.value("ActivityDate").(date); ok {
		return due.compare(dateOf(limit)) < 0
	}
	return r.value("CreatedDate").(time.Time).Before(limit)
}

// eventBefore works out the end of an event from its length, and back.
func eventBefore(tx *Transaction, _, r *record, changes []change) error {
	start, known := r.value("StartDateTime").(time.Time)
	if sets(changes, "ActivityDateTime") || !known {
		start, known = r.value("ActivityDateTime").(time.Time)
	}
	end, ends := r.value("EndDateTime").(time.Time)
	length, lasts := r.value("DurationInMinutes").(decimal)
	switch {
	case !known:
		if r.value("ActivityDate") != nil && r.value("IsAllDayEvent") == true {
			return nil
		}
		return fieldsMissing([]string{"ActivityDateTime"})
	case lasts && (sets(changes, "DurationInMinutes") || !ends):
		end = start.Add(time.Duration(length.coef) * time.Minute)
	case !ends:
		return fieldsMissing([]string{"DurationInMinutes"})
	case end.Before(start):
		return fieldError("FIELD_INTEGRITY_EXCEPTION", []string{"DurationInMinutes"}, "The duration of an event cannot be negative")
	}
	r.put("StartDateTime", start)
	r.put("ActivityDateTime", start)
	r.put("EndDateTime", end)
	r.put("DurationInMinutes", decimal{coef: int64(end.Sub(start) / time.Minute)})
	r.put("ActivityDate", dateOf(start))
	r.put("AccountId", tx.accountOf(r))
	return nil
}

// parentOf is the record that a reference points to, nil for none.
func (tx *Transaction) parentOf(r *record, reference string) *record {
	id := r.text(reference)
	return tx.org.objectOf(id).find(id, tx)
}

// accountOf is the id of the account that an activity belongs to, or nil.
func (tx *Transaction) accountOf(r *record) any {
	for _, reference := range []string{"WhatId", "WhoId"} {
		parent := tx.parentOf(r, reference)
		switch {
		case parent == nil:
		case parent.of.Name == "Account":
			return parent.id()
		case parent.of.own("AccountId") != nil && parent.value("AccountId") != nil:
			return parent.value("AccountId")
		}
	}
	return nil
}

// priceBefore names a price by its product.
func priceBefore(tx *Transaction, _, r *record, _ []change) error {
	if product := tx.parentOf(r, "Product2Id"); product != nil {
		r.put("Name", product.value("Name"))
		r.put("ProductCode", product.value("ProductCode"))
	}
	return nil
}

// lineItemBefore prices a line: the total is what the client says, or quantity
// times price.
func lineItemBefore(tx *Transaction, _, r *record, changes []change) error {
	entry := tx.parentOf(r, "PricebookEntryId")
	if entry == nil && r.value("Product2Id") == nil {
		return fieldsMissing([]string{"PricebookEntryId"})
	}
	if entry != nil {
		r.put("Product2Id", entry.value("Product2Id"))
		r.put("ListPrice", entry.value("UnitPrice"))
		if r.value("UnitPrice") == nil && r.value("TotalPrice") == nil {
			r.put("UnitPrice", entry.value("UnitPrice"))
		}
	}
	if product, deal := tx.parentOf(r, "Product2Id"), tx.parentOf(r, "OpportunityId"); product != nil && deal != nil {
		r.put("Name", deal.text("Name")+" "+product.text("Name"))
		r.put("ProductCode", product.value("ProductCode"))
	}
	quantity, ok := r.value("Quantity").(decimal)
	switch price := r.value("UnitPrice").(type) {
	case decimal:
		if ok && !sets(changes, "TotalPrice") {
			r.put("TotalPrice", product(quantity, price, 2))
		}
	case nil:
		if total, known := r.value("TotalPrice").(decimal); known && ok && quantity.coef != 0 {
			r.put("UnitPrice", fromRat(total.rat().Quo(total.rat(), quantity.rat()), 2))
		}
	}
	return nil
}

// sumDeal makes the sum of the lines the amount of the opportunity. One without
// lines keeps the amount that it has.
func (tx *Transaction) sumDeal(old, r *record, lines []*record) error {
	sum := decimal{scale: 2}.rat()
	for _, line := range lines {
		if total, ok := line.value("TotalPrice").(decimal); ok {
			sum.Add(sum, total.rat())
		}
	}
	r.put("HasOpportunityLineItem", len(lines) > 0)
	if len(lines) > 0 {
		r.put("Amount", fromRat(sum, 2))
	}
	if old.value("Amount") == r.value("Amount") && old.value("HasOpportunityLineItem") == r.value("HasOpportunityLineItem") {
		return nil
	}
	if w := r.of.rows[r.id()]; w.tx != nil && w.tx != tx {
		return lockedRow(r.id())
	}
	tx.stampModified(r)
	return tx.save(old, r, nil)
}
