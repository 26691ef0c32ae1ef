package salesforcetest

import (
	"net/http"
	"strings"
)

// Limits of sObject Collections.
const (
	maxRows     = 200  // records of one write
	maxRetrieve = 2000 // records that one POST retrieves
	maxChunks   = 10   // runs of records of one object
	maxRepeated = 12   // updates of a record beyond its first one
)

func collectionRoutes() []route {
	return []route{
		{"composite/sobjects", methods{
			"POST": from(42, (*call).createAll), "PATCH": from(42, (*call).updateAll), "DELETE": from(42, (*call).deleteAll),
		}},
		{"composite/sobjects/*", methods{"GET": from(42, (*call).retrieveURL), "POST": from(42, (*call).retrieveBody)}},
		{"composite/sobjects/*/*", methods{"PATCH": from(46, (*call).upsertAll)}},
	}
}

// createAll answers POST /composite/sobjects.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm
func (c *call) createAll() error {
	s, err := c.collection()
	if err != nil {
		return err
	}
	return c.saveAll(s, (*Transaction).insertRow)
}

// insertRow creates the record of a row.
func (tx *Transaction) insertRow(r *collectionRow) (err error) {
	if r.id != "" {
		return fieldError("INVALID_FIELD_FOR_INSERT_UPDATE", []string{"Id"}, "cannot specify Id in an insert call")
	}
	r.result.ID, err = tx.insert(r.object, r.in)
	return err
}

// updateAll answers PATCH /composite/sobjects.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
func (c *call) updateAll() error {
	s, err := c.collection()
	if err != nil {
		return err
	}
	seen := map[string]int{}
	return c.saveAll(s, func(tx *Transaction, r *collectionRow) error { return tx.updateRow(r, seen) })
}

// updateRow changes the record of a row. It counts in seen how often that was
// asked for.
func (tx *Transaction) updateRow(r *collectionRow, seen map[string]int) error {
	id, ok := longID(r.id)
	switch {
	case r.id == "":
		return fieldError("MISSING_ARGUMENT", []string{"Id"}, "Id not specified in an update call")
	case !ok || id[:3] != r.object.KeyPrefix:
		return fieldError("MALFORMED_ID", []string{"Id"}, "%s ID: id value of incorrect type: %s", r.object.Label, r.id)
	}
	r.result.ID = id
	if seen[id]++; seen[id] > maxRepeated+1 {
		return fieldError("DUPLICATE_VALUE", []string{"Id"}, "Maximum number of duplicate updates in one batch (%d allowed). "+
			"Attempt to update Id more than once in this Api call: %s", maxRepeated, id)
	}
	return tx.update(r.object, id, r.in)
}

// deleteAll answers DELETE /composite/sobjects?ids=.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_delete.htm
func (c *call) deleteAll() error {
	s := &collection{}
	for _, id := range split(c.r.URL.Query().Get("ids")) {
		s.rows = append(s.rows, collectionRow{id: id})
	}
	switch {
	case len(s.rows) == 0:
		return refusal("MISSING_ARGUMENT", "The ids parameter is required.")
	case len(s.rows) > maxRows:
		return tooManyRows(maxRows)
	}
	s.allOrNone, _ = flagOf(c.r.URL.Query().Get("allOrNone"))
	return c.saveAll(s, (*Transaction).deleteRow)
}

// deleteRow puts the record of a row into the recycle bin.
func (tx *Transaction) deleteRow(r *collectionRow) error {
	id, ok := longID(r.id)
	ob := tx.org.objectOf(id)
	if !ok || ob == nil {
		return fieldError("MALFORMED_ID", nil, "malformed id %s", r.id)
	}
	r.result.ID = id
	return tx.delete(ob, id)
}

// upsertAll answers PATCH /composite/sobjects/X/field.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm
func (c *call) upsertAll() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	key := c.lookup(ob, c.args[1])
	if !key.identifies() {
		return notAKey(c.args[1])
	}
	s, err := c.collection()
	if err != nil {
		return err
	}
	for _, r := range s.rows {
		if r.object != ob {
			return refusal("INVALID_TYPE", "The record is of type %s, and only records of type %s can be upserted here", r.object.Name, ob.Name)
		}
	}
	repeated := s.repeated(key)
	return c.saveAll(s, func(tx *Transaction, r *collectionRow) error {
		if r.id == "" && repeated[key.key(r.value(key))] {
			return fieldError("DUPLICATE_VALUE", []string{key.Name}, "Duplicate external id specified: %v", r.value(key))
		}
		return tx.upsertRow(r, key)
	})
}

// upsertRow updates the record that has the row's key, or creates one.
func (tx *Transaction) upsertRow(r *collectionRow, key *field) (err error) {
	created := false
	r.result.Created = &created
	if key.index == fieldID {
		if created = r.id == ""; created {
			r.result.ID, err = tx.insert(r.object, r.in)
			return err
		}
		id, ok := longID(r.id)
		if !ok || id[:3] != r.object.KeyPrefix {
			return fieldError("MALFORMED_ID", []string{"Id"}, "%s ID: id value of incorrect type: %s", r.object.Label, r.id)
		}
		r.result.ID = id
		return tx.update(r.object, id, r.in)
	}
	v, err := key.parse(assignment{name: key.Name, value: r.value(key)})
	switch {
	case err != nil:
		return err
	case v == nil:
		return fieldError("MISSING_ARGUMENT", []string{key.Name}, "%s not specified", key.Name)
	case r.id != "":
		return fieldError("INVALID_FIELD", []string{"Id"}, "cannot specify both an external ID reference %s and a salesforce id", key.Name)
	}
	found := r.object.table.find(key, v, tx)
	switch len(found) {
	case 0:
		created = true
		r.result.ID, err = tx.insert(r.object, r.in)
		return err
	case 1:
		r.result.ID = found[0].id()
		return tx.update(r.object, r.result.ID, r.without(key)) // some keys cannot be changed
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.id()
	}
	return fieldError("DUPLICATE_EXTERNAL_ID", []string{key.Name}, "%s: more than one record found for external id field: [%s]",
		key.Name, strings.Join(ids, ", "))
}

// saveAll writes the rows of a collection and answers what became of each.
func (c *call) saveAll(s *collection, save func(tx *Transaction, r *collectionRow) error) error {
	if err := c.saveRows(s, save); err != nil {
		return err
	}
	results := make([]rowResult, len(s.rows))
	for i, r := range s.rows {
		results[i] = r.result
	}
	writeJSON(c.w, http.StatusOK, results)
	return nil
}

// saveRows writes the rows of a collection one by one and notes what becomes of
// each. A body that cannot be read as what its fields are spoils all.
func (c *call) saveRows(s *collection, save func(tx *Transaction, r *collectionRow) error) error {
	var failed, unread error
	err := c.transact(func(tx *Transaction) error {
		for i := range s.rows {
			r := &s.rows[i]
			err := tx.attempt(func() error { return save(tx, r) })
			if err != nil && asAPIError(err).code == errNoBody.code {
				unread = err
				return err
			}
			if r.fail(err); err != nil {
				failed = err
			}
		}
		if s.allOrNone {
			return failed // takes all back
		}
		return nil
	})
	switch {
	case unread != nil || err != nil && failed == nil:
		return err
	case err != nil:
		s.rolledBack()
	}
	c.failed = failed != nil
	return nil
}

// retrieveURL answers GET /composite/sobjects/X?ids=&fields=.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_retrieve.htm
func (c *call) retrieveURL() error {
	query := c.r.URL.Query()
	return c.retrieve(split(query.Get("ids")), split(query.Get("fields")))
}

// split takes a list of names or ids apart.
func split(list string) []string {
	var items []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// retrieveBody answers POST /composite/sobjects/X.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_retrieve_post.htm
func (c *call) retrieveBody() error {
	in, err := c.plainBody()
	if err != nil {
		return err
	}
	var ids, fields []any
	if err := take(in, map[string]any{"ids": &ids, "fields": &fields}); err != nil {
		return err
	}
	return c.retrieve(texts(ids), texts(fields))
}

// texts are the texts of a list.
func texts(list []any) []string {
	var items []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			items = append(items, s)
		}
	}
	return items
}

// retrieve answers records in the order of their ids, null for what is not
// there.
func (c *call) retrieve(ids, names []string) error {
	ob, err := c.object()
	switch {
	case err != nil:
		return err
	case len(ids) == 0 || len(names) == 0:
		return refusal("MISSING_ARGUMENT", "The ids and fields parameters are required.")
	case len(ids) > maxRetrieve:
		return tooManyRows(maxRetrieve)
	}
	return c.respond(func(p *pager) error {
		fields, err := ob.fieldsOf(names)
		if err != nil {
			return err
		}
		p.raw("[")
		for i, id := range ids {
			if i > 0 {
				p.raw(",")
			}
			if r := c.find(ob, long(id)); r != nil {
				p.plainRecord(r, fields)
			} else {
				p.raw("null")
			}
		}
		p.raw("]")
		return nil
	})
}
