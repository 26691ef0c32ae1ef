package salesforcetest

import (
	"cmp"
	"slices"
	"strings"
)

// assignment is a field of a record as a client wrote it. The value is nil or
// of type string, bool, json.Number, []any or []assignment (from JSON), *blob
// (from a multipart body), or time.Time or []byte (from Go).
type assignment struct {
	name  string
	value any
	at    position // of the value in the JSON text
}

// change is an assignment understood.
type change struct {
	field *field
	value any
}

// insert creates a record and returns its id.
func (tx *Transaction) insert(ob *object, in []assignment) (string, error) {
	if ob.NoCreate && !tx.system {
		return "", refusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type %s does not support create", ob.Name)
	}
	if ob.setup && !tx.as().editAll {
		return "", fieldError("INSUFFICIENT_ACCESS_OR_READONLY", nil, "insufficient access rights on object id")
	}
	changes, err := tx.understand(ob, in, func(f *field) bool { return f.NoCreate })
	if err != nil {
		return "", err
	}
	r := &record{of: ob, values: make([]any, len(ob.fields))}
	for _, f := range ob.fields {
		r.values[f.index] = tx.initial(f)
	}
	for _, c := range changes {
		if c.value != nil || !c.field.Defaulted {
			r.set(c.field, c.value)
		}
	}
	tx.startType(r, changes)
	tx.stampNew(r)
	if ob.rows[r.id()] != nil {
		return "", fieldError("DUPLICATE_VALUE", nil, "duplicate value found: Id duplicates value on record with id: %s", r.id())
	}
	if err := tx.save(nil, r, changes); err != nil {
		return "", err
	}
	return r.id(), nil
}

// update changes fields of a record.
func (tx *Transaction) update(ob *object, id string, in []assignment) error {
	old, err := tx.changeable(ob, id)
	if err != nil {
		return err
	}
	if ob.NoUpdate && !tx.system {
		return refusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type %s does not support update", ob.Name)
	}
	if ob.Name == "Lead" && old.value("IsConverted") == true && !tx.system {
		return fieldError("CANNOT_UPDATE_CONVERTED_LEAD", nil, "cannot reference converted lead")
	}
	changes, err := tx.understand(ob, in, func(f *field) bool { return f.NoUpdate })
	if err != nil {
		return err
	}
	r := old.copy()
	if len(changes) == 0 || slices.ContainsFunc(changes, func(c change) bool { return !c.field.Calculated }) {
		tx.stampModified(r) // what is calculated changes unnoticed
	}
	for _, c := range changes {
		switch {
		case c.field.index == fieldID || c.field.index == fieldIsDeleted:
			return notWriteable([]string{c.field.Name})
		case c.value == nil && c.field.typ.kind == kindBool:
			r.set(c.field, false)
		case c.value == nil && strings.EqualFold(c.field.Name, "OwnerId"):
			return fieldError("INVALID_CROSS_REFERENCE_KEY", []string{c.field.Name}, "Owner ID: owner cannot be blank")
		default:
			r.set(c.field, c.value)
		}
	}
	return tx.save(old, r, changes)
}

// save checks a new version, lets the object's own rules run, and writes it.
func (tx *Transaction) save(old, r *record, changes []change) error {
	rule := rules[r.of.Name]
	if rule.before != nil {
		if err := rule.before(tx, old, r, changes); err != nil {
			return err
		}
	}
	if err := tx.check(old, r, changes); err != nil {
		return err
	}
	if !tx.system {
		if err := cmp.Or(tx.validate(old, r), tx.findDuplicates(r)); err != nil {
			return err
		}
	}
	w := r.of.rows[r.id()]
	if w == nil {
		w = &row{id: r.id()}
	}
	tx.write(w, r)
	tx.saved = append(tx.saved, w)
	if rule.after != nil {
		return rule.after(tx, old, r)
	}
	return nil
}

// changeable returns a record that the transaction may change now.
func (tx *Transaction) changeable(ob *object, id string) (*record, error) {
	r := ob.find(id, tx)
	if r == nil {
		if ob != nil && ob.rows[id] != nil && ob.rows[id].tx != nil {
			return nil, lockedRow(id)
		}
		return nil, errNotFound
	}
	if w := ob.rows[id]; w.tx != nil && w.tx != tx {
		return nil, lockedRow(id)
	}
	if r.deleted() {
		return nil, errDeleted
	}
	if !tx.as().edits(r) {
		return nil, fieldError("INSUFFICIENT_ACCESS_OR_READONLY", nil, "insufficient access rights on object id")
	}
	return r, nil
}

// initial is the value of a field that a new record does not set.
func (tx *Transaction) initial(f *field) any {
	switch {
	case f.AutoNumber != "":
		f.of.counter[f]++
		return autoNumber(f.AutoNumber, f.of.counter[f])
	case f.start != nil:
		return f.start
	case f.Name == "OwnerId":
		return tx.user
	}
	return nil
}

// stampNew sets the system fields of a new record, as far as the caller, who
// may load old records, has not set them.
func (tx *Transaction) stampNew(r *record) {
	fallback := func(i int, v any) {
		if r.values[i] == nil {
			r.values[i] = v
		}
	}
	if r.values[fieldID] == nil {
		r.values[fieldID] = tx.org.freeID(r.of)
	}
	now := tx.org.stamp()
	if r.deleted() { // in a file of old records: deleting moved the stamp
		fallback(fieldStamp, now)
	}
	fallback(fieldCreatedDate, now)
	fallback(fieldModifiedDate, r.values[fieldCreatedDate])
	fallback(fieldStamp, r.values[fieldModifiedDate])
	fallback(fieldCreatedBy, tx.user)
	fallback(fieldModifiedBy, r.values[fieldCreatedBy])
	if r.deleted() {
		r.deletion = &deletion{at: r.stamp()}
	}
	if name := r.of.own("Name"); r.of.custom() && name != nil && name.AutoNumber == "" && r.get(name) == nil {
		r.set(name, r.id())
	}
}

// freeID returns an id that no record has. Notes draw theirs from those of the
// documents that are behind them.
func (c *catalog) freeID(ob *object) string {
	ob = c.byPrefix[ob.KeyPrefix]
	for {
		ob.serial++
		if id := newID(ob.KeyPrefix, ob.serial); ob.rows[id] == nil {
			return id
		}
	}
}

// stampModified sets the system fields of a changed record.
func (tx *Transaction) stampModified(r *record) {
	now := tx.org.stamp()
	r.values[fieldModifiedDate], r.values[fieldStamp] = now, now
	r.values[fieldModifiedBy] = tx.user
}

// autoNumber writes n in a format such as A-{000}.
func autoNumber(format string, n int) string {
	before, rest, _ := strings.Cut(format, "{")
	digits, after, _ := strings.Cut(rest, "}")
	return before + pad(n, len(digits)) + after
}

// understand reads what a client assigned. refused tells which fields are not
// for clients to set.
func (tx *Transaction) understand(ob *object, in []assignment, refused func(*field) bool) ([]change, error) {
	var changes []change
	var offLimits []string
	for _, a := range in {
		f := tx.fieldOf(ob, a.name)
		if strings.EqualFold(a.name, "attributes") {
			continue
		}
		if parent, ok := a.value.([]assignment); ok && f == nil && ob.up[strings.ToLower(a.name)] != nil {
			f = ob.up[strings.ToLower(a.name)]
			if member(in, f.Name) != nil {
				return nil, refusal("INVALID_FIELD", "Cannot specify both an external ID reference %s and a salesforce id, %s", f.Relationship, f.Name)
			}
			id, err := tx.byExternalID(f, parent)
			if err != nil {
				return nil, err
			}
			a.value = id
		}
		switch {
		case f == nil:
			return nil, noSuchColumn(ob, a.name)
		case f.compute != nil, refused(f) && !tx.system:
			offLimits = append(offLimits, f.Name)
			continue
		}
		v, err := f.parse(a)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{f, v})
	}
	if offLimits != nil {
		return nil, notWriteable(offLimits)
	}
	return changes, nil
}

// fieldOf is a field by the name that a client gives it. Tests may name hidden
// ones.
func (tx *Transaction) fieldOf(ob *object, name string) *field {
	if tx.system {
		return ob.own(name)
	}
	return ob.field(name)
}

// byExternalID finds the parent that a client names by a key of it, as in
// "Account": {"Number__c": "7"}.
func (tx *Transaction) byExternalID(f *field, in []assignment) (string, error) {
	typ := typeOf(in)
	in = slices.DeleteFunc(slices.Clone(in), func(a assignment) bool { return strings.EqualFold(a.name, "attributes") })
	if len(in) != 1 {
		return "", refusal("INVALID_FIELD", "The relationship %s needs exactly one external ID field", f.Relationship)
	}
	for _, target := range tx.org.targets(f) {
		key := tx.org.object(target).field(in[0].name)
		if key == nil || !key.isKey() || typ != "" && !strings.EqualFold(typ, target) {
			continue
		}
		v, err := key.parse(in[0])
		if err != nil {
			return "", err
		}
		found := key.of.table.find(key, v, tx)
		if target == "RecordType" { // objects may have types of the same name
			found = slices.DeleteFunc(found, func(r *record) bool { return !strings.EqualFold(r.text("SobjectType"), f.of.Name) })
		}
		switch len(found) {
		case 1:
			return found[0].id(), nil
		case 0:
			return "", fieldError("INVALID_FIELD", nil, "Foreign key external ID: %s not found for field %s in entity %s",
				textOf(v), key.Name, target)
		}
		return "", fieldError("DUPLICATE_EXTERNAL_ID", nil, "More than one record found for external id field: %s", key.Name)
	}
	return "", refusal("INVALID_FIELD", "Field name provided, %s is not an External ID or indexed field for %s",
		in[0].name, strings.Join(tx.org.targets(f), ", "))
}

// typeOf is what attributes.type calls a record, "" for nothing.
func typeOf(in []assignment) string {
	for _, a := range in {
		attributes, ok := a.value.([]assignment)
		if !ok || !strings.EqualFold(a.name, "attributes") {
			continue
		}
		for _, b := range attributes {
			if s, ok := b.value.(string); ok && b.name == "type" {
				return s
			}
		}
	}
	return ""
}
