package salesforcetest

import (
	"slices"
	"strings"
)

// A person account is an account and a contact in one: the account has the
// fields of both, and the contact behind it is kept in step.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_account.htm

// personFields are the contact's fields that an account has under the same name
// behind "Person".
var personFields = []string{
	"Email", "Title", "Department", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone", "AssistantName", "Birthdate",
	"LeadSource", "HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall", "EmailBouncedReason", "EmailBouncedDate",
	"MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry", "MailingLatitude", "MailingLongitude",
	"MailingGeocodeAccuracy", "MailingAddress",
	"OtherStreet", "OtherCity", "OtherState", "OtherPostalCode", "OtherCountry", "OtherLatitude", "OtherLongitude",
	"OtherGeocodeAccuracy", "OtherAddress",
}

// Fields with one name on both sides: those that only persons have, and those
// that business accounts have too.
var (
	nameParts    = []string{"Salutation", "FirstName", "LastName"}
	sharedFields = []string{"Phone", "Fax", "OwnerId"}
)

// personSchema is what person accounts add to an org.
func (o *Org) personSchema() Schema {
	contact := o.object("Contact")
	fields := []Field{
		check("IsPersonAccount", "Is Person Account", readOnly),
		ref("PersonContactId", "Contact ID", "Contact", "PersonContact", "", readOnly),
	}
	for _, name := range nameParts {
		f := contact.own(name).Field
		f.Required = false
		fields = append(fields, f)
	}
	for _, name := range personFields {
		f := contact.own(name).Field
		f.Name, f.IDLookup = "Person"+name, false
		if f.compound != "" {
			f.compound = "Person" + f.compound
		}
		fields = append(fields, f)
	}
	return Schema{
		{Name: "RecordType", Fields: []Field{check("IsPersonType", "Is Person Type", createOnly)}},
		{Name: "Account", Fields: fields, RecordTypes: []RecordType{{Name: "Person Account", DeveloperName: "PersonAccount", person: true}}},
		{Name: "Contact", Fields: []Field{check("IsPersonAccount", "Is Person Account", readOnly)}},
	}
}

// personCustom are the fields that accounts get for custom fields of contacts:
// Size__c of a contact is Size__pc of its account.
func (o *Org) personCustom() Schema {
	account := o.object("Account")
	var fields []Field
	for _, f := range o.object("Contact").fields {
		name, custom := strings.CutSuffix(f.Name, "__c")
		if !custom || f.compute != nil || f.RollUp != nil || account.own(name+"__pc") != nil {
			continue
		}
		def := f.Field
		def.Name, def.Children, def.Unique, def.ExternalID, def.IDLookup, def.Required = name+"__pc", "", false, false, false, false
		if def.Type == "reference" {
			def.Relationship = name + "__pr"
		}
		fields = append(fields, def)
	}
	if fields == nil {
		return nil
	}
	return Schema{{Name: "Account", Fields: fields}}
}

// pair is a value that an account and the contact behind it share.
type pair struct{ account, contact *field }

// pairs are all values that person accounts share with their contacts.
func (o *Org) pairs() []pair {
	account, contact := o.object("Account"), o.object("Contact")
	var list []pair
	add := func(accountName, contactName string) {
		p := pair{account.own(accountName), contact.own(contactName)}
		if p.account != nil && p.contact != nil && p.account.compute == nil {
			list = append(list, p)
		}
	}
	for _, name := range slices.Concat(nameParts, sharedFields) {
		add(name, name)
	}
	for _, name := range personFields {
		add("Person"+name, name)
	}
	for _, f := range contact.fields {
		if name, custom := strings.CutSuffix(f.Name, "__c"); custom {
			add(name+"__pc", f.Name)
		}
	}
	return list
}

// isPerson reports whether an account, or a contact, is one half of a person.
func (r *record) isPerson() bool {
	f := r.of.own("IsPersonAccount")
	return f != nil && r.get(f) == true
}

// personType is the id of the record type of a person account that names none.
func (o *Org) personType() string {
	account := o.object("Account")
	for _, t := range account.types {
		if r := o.typeRecord(account, t.DeveloperName); r != nil && r.value("IsPersonType") == true && !t.Inactive {
			return r.id()
		}
	}
	return masterType
}

// accountBefore finds out whether an account is a person, and makes the name of
// one.
func accountBefore(tx *Transaction, old, r *record, changes []change) error {
	if !tx.org.opt.PersonAccounts {
		return nil
	}
	if err := tx.choosePerson(old, r, changes); err != nil {
		return err
	}
	if !r.isPerson() {
		return tx.noPerson(r, changes)
	}
	switch {
	case sets(changes, "Name") && !tx.system:
		return badNames("Name")
	case r.value("LastName") == nil:
		return fieldsMissing([]string{"LastName"})
	}
	return personBefore(tx, old, r, changes)
}

// choosePerson decides what a new account is: its record type says so, or else
// that it has a last name. What an account is it stays.
func (tx *Transaction) choosePerson(old, r *record, changes []change) error {
	kind := tx.org.object("RecordType").find(r.recordType(), tx)
	personal := kind != nil && kind.value("IsPersonType") == true
	if old != nil {
		if typ := r.of.own("RecordTypeId"); changed(changes, typ) && personal != old.isPerson() {
			return fieldError("INVALID_CROSS_REFERENCE_KEY", []string{typ.Name}, "%s: this ID value isn't valid for the user: %s", typ.Label, r.recordType())
		}
		r.put("IsPersonAccount", old.isPerson())
		return nil
	}
	if !personal && !sets(changes, "RecordTypeId") && r.value("LastName") != nil {
		personal = true
		r.put("RecordTypeId", tx.org.personType())
	}
	r.put("IsPersonAccount", personal)
	return nil
}

// noPerson refuses a person's fields on a business account.
func (tx *Transaction) noPerson(r *record, changes []change) error {
	var names []string
	for _, c := range changes {
		if c.value != nil && c.value != false && (slices.Contains(nameParts, c.field.Name) || strings.HasPrefix(c.field.Name, "Person") ||
			strings.HasSuffix(c.field.Name, "__pc")) {
			names = append(names, c.field.Name)
		}
	}
	if names != nil {
		return badNames(names...)
	}
	return nil
}

// badNames refuses fields that the other kind of account has.
// https://help.salesforce.com/s/articleView?id=000386207
func badNames(names ...string) error {
	return fieldError("INVALID_FIELD_FOR_INSERT_UPDATE", names, "Account: bad field names on insert/update call: %s", strings.Join(names, ", "))
}

// accountAfter keeps the contact behind a person account in step.
func accountAfter(tx *Transaction, _, r *record) error {
	if !r.isPerson() {
		return nil
	}
	contact := tx.parentOf(r, "PersonContactId")
	switch {
	case contact != nil:
		return tx.copyShared(r, contact)
	case r.value("PersonContactId") != nil:
		return nil // a file of records has it further down
	}
	in := []assignment{{name: "AccountId", value: r.id()}, {name: "IsPersonAccount", value: true}}
	for _, p := range tx.org.pairs() {
		in = append(in, assignment{name: p.contact.Name, value: r.get(p.account)})
	}
	id, err := tx.insertShared(in)
	if err != nil {
		return err
	}
	r = r.copy()
	r.put("PersonContactId", id)
	tx.write(r.of.rows[r.id()], r)
	return nil
}

// insertShared creates the contact of a person account from values as records
// hold them.
func (tx *Transaction) insertShared(in []assignment) (string, error) {
	contacts := tx.org.object("Contact")
	r := &record{of: contacts, values: make([]any, len(contacts.fields))}
	for _, f := range contacts.fields {
		r.values[f.index] = tx.initial(f)
	}
	for _, a := range in {
		r.put(a.name, a.value)
	}
	tx.stampNew(r)
	return r.id(), tx.save(nil, r, nil)
}

// contactAfter keeps the account before a person's contact in step.
func contactAfter(tx *Transaction, _, r *record) error {
	account := tx.parentOf(r, "AccountId")
	if !r.isPerson() || account == nil || !account.isPerson() || account.text("PersonContactId") != r.id() {
		return nil
	}
	return tx.copyShared(r, account)
}

// copyShared gives one half of a person what the other half says. Nothing is
// written when both say the same, so that this comes to an end.
func (tx *Transaction) copyShared(from, to *record) error {
	r := to.copy()
	differs := false
	for _, p := range tx.org.pairs() {
		source, target := p.account, p.contact
		if from.of != source.of {
			source, target = target, source
		}
		if v := from.get(source); v != r.get(target) {
			r.set(target, v)
			differs = true
		}
	}
	if !differs {
		return nil
	}
	tx.stampModified(r)
	return tx.save(to, r, nil)
}

// contactBefore keeps a person's contact with its account.
func contactBefore(tx *Transaction, old, r *record, changes []change) error {
	if old != nil && old.isPerson() && old.value("AccountId") != r.value("AccountId") {
		return notWriteable([]string{"AccountId"})
	}
	return personBefore(tx, old, r, changes)
}

// contactDeleting keeps a person's contact as long as its account.
func contactDeleting(tx *Transaction, r *record) error {
	if r.isPerson() {
		return fieldError("DELETE_FAILED", nil, "Your attempt to delete %s could not be completed because it belongs to a person account. "+
			"Delete the account instead.", r.name())
	}
	return heldByCases(tx, r)
}

// mergeable refuses to make one of a person and a business, or to merge the
// contacts of persons, which follow their accounts.
func mergeable(winner, loser *record) error {
	if winner.isPerson() != loser.isPerson() || winner.isPerson() && winner.of.Name == "Contact" {
		return refusal("MERGE_FAILED", "person accounts can be merged with person accounts only")
	}
	return nil
}
