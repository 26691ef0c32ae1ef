package salesforcetest

import (
	"slices"
	"strconv"
	"strings"
)

// maxMerges is how many merges one call makes.
const maxMerges = 10

// create makes records.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_create.htm
func (s *soapCall) create() error {
	rows, err := s.collection()
	if err != nil {
		return err
	}
	return s.save(rows, (*Transaction).insertRow)
}

// update changes records.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_update.htm
func (s *soapCall) update() error {
	rows, err := s.collection()
	if err != nil {
		return err
	}
	seen := map[string]int{}
	return s.save(rows, func(tx *Transaction, r *collectionRow) error { return tx.updateRow(r, seen) })
}

// upsert changes the records that have a key, and creates the others.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_upsert.htm
func (s *soapCall) upsert() error {
	rows, err := s.collection()
	if err != nil {
		return err
	}
	name := s.in.value("externalIDFieldName")
	return s.save(rows, func(tx *Transaction, r *collectionRow) error {
		key := r.object.field(name)
		if !key.identifies() {
			return refusal("INVALID_FIELD", "Field name provided, %s does not match an External ID, Salesforce Id, or indexed field for %s",
				name, r.object.Name)
		}
		return tx.upsertRow(r, key)
	})
}

// delete puts records into the recycle bin.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_delete.htm
func (s *soapCall) delete() error {
	rows, err := s.idRows()
	if err != nil {
		return err
	}
	return s.save(rows, (*Transaction).deleteRow)
}

// undelete takes records out of the recycle bin.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_undelete.htm
func (s *soapCall) undelete() error {
	rows, err := s.idRows()
	if err != nil {
		return err
	}
	return s.save(rows, func(tx *Transaction, r *collectionRow) error {
		r.result.ID = long(r.id)
		return tx.undelete(long(r.id))
	})
}

// emptyRecycleBin removes deleted records for good.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm
func (s *soapCall) emptyRecycleBin() error {
	rows, err := s.idRows()
	if err != nil {
		return err
	}
	return s.save(rows, func(tx *Transaction, r *collectionRow) error {
		id := long(r.id)
		ob := tx.org.objectOf(id)
		if bin := ob.find(id, tx); bin == nil || !bin.deleted() || slices.Contains(tx.purged, id) {
			return refusal("INVALID_ID_FIELD", "the record is not in the recycle bin: %s", r.id)
		}
		r.result.ID = id
		return tx.erase(ob, id)
	})
}

// collection reads the records of a call.
func (s *soapCall) collection() (*collection, error) {
	list := s.in.all("sObjects")
	if len(list) > maxRows {
		return nil, tooManyRows(maxRows)
	}
	c := &collection{allOrNone: s.allOrNoneHeader()}
	for _, e := range list {
		r, err := s.row(e)
		if err != nil {
			return nil, err
		}
		c.rows = append(c.rows, r)
	}
	return c, nil
}

func (s *soapCall) allOrNoneHeader() bool { return s.header.child("AllOrNoneHeader").is("allOrNone") }

// idRows reads the ids of a call.
func (s *soapCall) idRows() (*collection, error) {
	ids := s.in.values("ids")
	if len(ids) > maxRows {
		return nil, tooManyRows(maxRows)
	}
	c := &collection{allOrNone: s.allOrNoneHeader()}
	for _, id := range ids {
		c.rows = append(c.rows, collectionRow{id: id})
	}
	return c, nil
}

// row reads an sObject. Elements that are nil say nothing; what shall become
// empty is named by fieldsToNull.
func (s *soapCall) row(e *element) (r collectionRow, err error) {
	typ := e.typ
	for _, c := range e.children {
		if c.name == "type" { // the object; Type is a field
			typ = c.trimmed()
		}
	}
	if r.object = s.objectNamed(typ); r.object == nil {
		return r, invalidType(typ)
	}
	for _, c := range e.children {
		switch {
		case c.name == "type" || c.null:
		case c.name == "fieldsToNull":
			r.in = append(r.in, assignment{name: c.trimmed()})
		case strings.EqualFold(c.name, "Id"):
			r.id = c.trimmed()
		case len(c.children) > 0:
			r.in = append(r.in, assignment{name: c.name, value: parentKeys(c)})
		default:
			a := assignment{name: c.name, value: string(c.text)}
			if err := s.readable(r.object, &a); err != nil {
				return r, err
			}
			r.in = append(r.in, a)
		}
	}
	return r, nil
}

// parentKeys are the fields by which a record names its parent.
func parentKeys(e *element) []assignment {
	var in []assignment
	for _, c := range e.children {
		if c.name != "type" && c.name != "fieldsToNull" && !c.null {
			in = append(in, assignment{name: c.name, value: c.trimmed()})
		}
	}
	return in
}

// readable refuses a text that is no value of its field's XML type. Spaces count
// in texts only.
func (s *soapCall) readable(ob *object, a *assignment) error {
	defer s.reading()()
	f := ob.field(a.name)
	if f == nil {
		return nil
	}
	text, _ := a.value.(string)
	if f.typ.kind != kindText {
		text = strings.TrimSpace(text)
		a.value = text
	}
	if f.typ.kind == kindBool && (text == "1" || text == "0") {
		a.value = text == "1"
	}
	if _, err := f.parse(*a); err != nil && asAPIError(err).code == errNoBody.code {
		return refusal("", "'%s' is not a valid value for the type %s", text, f.typ.soap)
	}
	return nil
}

// save writes rows and answers what became of each.
func (s *soapCall) save(rows *collection, save func(*Transaction, *collectionRow) error) error {
	if err := s.saveRows(rows, save); err != nil {
		return err
	}
	s.results(rows)
	return nil
}

// results writes what became of rows.
func (s *soapCall) results(rows *collection) {
	for _, r := range rows.rows {
		s.out.open("result")
		if s.in.name == "upsert" {
			s.out.leaf("created", strconv.FormatBool(r.result.Created != nil && *r.result.Created))
		}
		s.out.errors(r.result.Errors)
		if r.result.ID == "" || !r.result.Success {
			s.out.null("id")
		} else {
			s.out.leaf("id", r.result.ID)
		}
		s.out.leaf("success", strconv.FormatBool(r.result.Success))
		s.out.end("result")
	}
}

// errors writes the errors of one record.
func (x *xmlWriter) errors(list []any) {
	for _, v := range list {
		e, _ := v.(map[string]any)
		fields, _ := e["fields"].([]string)
		x.open("errors")
		for _, f := range fields {
			x.leaf("fields", f)
		}
		x.leaf("message", scalarText(e["message"]))
		x.leaf("statusCode", scalarText(e["statusCode"]))
		x.end("errors")
	}
}

// merge makes one record of up to three.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_merge.htm
func (s *soapCall) merge() error {
	requests := s.in.all("mergeRequests")
	if len(requests) == 0 {
		requests = s.in.all("request")
	}
	if len(requests) > maxMerges {
		return tooManyRows(maxMerges)
	}
	rows := &collection{allOrNone: s.allOrNoneHeader(), rows: make([]collectionRow, len(requests))}
	losers, moved := map[*collectionRow][]string{}, map[*collectionRow][]string{}
	for i, e := range requests {
		master := e.child("masterRecord")
		if master == nil {
			return refusal("MISSING_ARGUMENT", "masterRecord not specified")
		}
		r, err := s.row(master)
		if err != nil {
			return err
		}
		rows.rows[i] = r
		losers[&rows.rows[i]] = e.values("recordToMergeIds")
	}
	err := s.saveRows(rows, func(tx *Transaction, r *collectionRow) (err error) {
		moved[r], err = tx.mergeRow(r, losers[r])
		return err
	})
	if err != nil {
		return err
	}
	for i := range rows.rows {
		r := &rows.rows[i]
		s.mergeResult(r, losers[r], moved[r])
	}
	return nil
}

// mergeRow merges records into the one of a row, and returns what has moved to it.
func (tx *Transaction) mergeRow(r *collectionRow, losers []string) ([]string, error) {
	id, ok := longID(r.id)
	if !ok || id[:3] != r.object.KeyPrefix {
		return nil, fieldError("MALFORMED_ID", []string{"Id"}, "%s ID: id value of incorrect type: %s", r.object.Label, r.id)
	}
	r.result.ID = id
	return tx.merge(id, losers, r.in)
}

func (s *soapCall) mergeResult(r *collectionRow, merged, related []string) {
	s.out.open("result")
	s.out.errors(r.result.Errors)
	s.out.leaf("id", r.result.ID)
	if r.result.Success {
		for _, id := range merged {
			s.out.leaf("mergedRecordIds", id)
		}
	}
	s.out.leaf("success", strconv.FormatBool(r.result.Success))
	if r.result.Success {
		for _, id := range related {
			s.out.leaf("updatedRelatedIds", id)
		}
	}
	s.out.end("result")
}
