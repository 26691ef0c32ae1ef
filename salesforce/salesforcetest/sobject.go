package salesforcetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func sobjectRoutes() []route {
	return []route{
		{"sobjects", methods{"GET": (*call).describeGlobal}},
		{"sobjects/*", methods{"GET": (*call).summary, "POST": (*call).create}},
		{"sobjects/*/describe", methods{"GET": (*call).describe}},
		{"sobjects/*/updated", methods{"GET": (*call).updated}},
		{"sobjects/*/deleted", methods{"GET": (*call).deleted}},
		{"sobjects/*/Id", methods{"POST": (*call).create, "PATCH": (*call).create}}, // the upsert of what has no id yet
		{"sobjects/*/*", methods{"GET": (*call).read, "PATCH": (*call).update, "DELETE": (*call).remove}},
		{"sobjects/User/*/password", methods{
			"GET": (*call).passwordExpired, "POST": (*call).changePassword, "DELETE": (*call).dropPassword,
		}},
		{"sobjects/*/*/*", methods{"GET": (*call).readBy, "PATCH": (*call).upsert, "DELETE": (*call).removeBy}},
	}
}

// saved is the answer to a write.
type saved struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
	Errors  []any  `json:"errors"`
	Created *bool  `json:"created,omitempty"`
}

func newSaved(id string, created *bool) saved {
	return saved{ID: id, Success: true, Errors: []any{}, Created: created}
}

// object returns the object that the path names.
func (c *call) object() (*object, error) {
	defer c.reading()()
	if ob := c.org.object(c.args[0]); ob != nil {
		return ob, nil
	}
	return nil, errNotFound
}

// record returns the object and the id that the path names.
func (c *call) record() (*object, string, error) {
	ob, err := c.object()
	if err != nil {
		return nil, "", err
	}
	id, ok := longID(c.args[1])
	switch {
	case !ok:
		return nil, "", notAKey(c.args[1])
	case id[:3] != ob.KeyPrefix:
		return nil, "", failure(http.StatusNotFound, "MALFORMED_ID", "%s ID: id value of incorrect type: %s", ob.Label, c.args[1])
	}
	return ob, id, nil
}

// create answers POST /sobjects/X, and an upsert by the id of a record that has
// none yet.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_create.htm
func (c *call) create() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	in, err := c.fields(ob)
	if err != nil {
		return err
	}
	var id string
	err = c.transact(func(tx *Transaction) error {
		id, err = tx.insert(ob, in)
		return err
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", c.url(ob.Name, id))
	writeJSON(c.w, http.StatusCreated, newSaved(id, nil))
	return nil
}

// url is the address of a record in the call's version.
func (c *call) url(object, id string) string { return c.base() + "/sobjects/" + object + "/" + id }

// read answers GET /sobjects/X/id, with all fields or those of ?fields=.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_get_field_values.htm
func (c *call) read() error {
	ob, id, err := c.record()
	if err != nil {
		return err
	}
	return c.writeRecord(ob, id)
}

// writeRecord answers a record with the fields that the request asks for.
func (c *call) writeRecord(ob *object, id string) error {
	p := printer{version: c.version, root: c.org.root}
	done, err := c.printRecord(&p, ob, id)
	if err == nil && !done {
		c.writeRaw(p.out)
	}
	return err
}

// printRecord prints a record, and reports whether the request is answered
// without it: the client has it already.
func (c *call) printRecord(p *printer, ob *object, id string) (done bool, err error) {
	defer c.reading()()
	r := c.find(ob, id)
	if r == nil {
		return false, errNotFound
	}
	if done, err := c.unchanged(r.stamp(), r.tag()); done || err != nil {
		return done, err
	}
	fields := slices.Collect(ob.visible)
	if names := c.r.URL.Query().Get("fields"); names != "" {
		if fields, err = ob.fieldsOf(split(names)); err != nil {
			return false, err
		}
	}
	p.plainRecord(r, fields)
	return false, nil
}

// fieldsOf are the fields that a client asks for, in its order. The id is
// always among them.
func (ob *object) fieldsOf(names []string) ([]*field, error) {
	var fields []*field
	for _, name := range names {
		f := ob.field(name)
		if f == nil {
			return nil, noSuchColumn(ob, name)
		}
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	if id := ob.fields[fieldID]; !slices.Contains(fields, id) {
		fields = append(fields, id)
	}
	return fields, nil
}

// writeRaw answers JSON that is ready.
func (c *call) writeRaw(data []byte) {
	c.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	c.w.Write(data)
}

// update answers PATCH /sobjects/X/id.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_update_fields.htm
func (c *call) update() error {
	ob, id, err := c.record()
	if err != nil {
		return err
	}
	in, err := c.fields(ob)
	if err != nil {
		return err
	}
	return c.updateID(ob, id, in)
}

// updateID changes a record for PATCH in both of its forms.
func (c *call) updateID(ob *object, id string, in []assignment) error {
	if err := c.checkConditions(); err != nil {
		return err
	}
	err := c.transact(func(tx *Transaction) error { return c.change(tx, ob, id, in) })
	if err == nil {
		c.w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// remove answers DELETE /sobjects/X/id.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_delete_record.htm
func (c *call) remove() error {
	ob, id, err := c.record()
	if err != nil {
		return err
	}
	return c.removeID(ob, id)
}

// removeID deletes a record for DELETE in both of its forms.
func (c *call) removeID(ob *object, id string) error {
	err := c.transact(func(tx *Transaction) error { return tx.delete(ob, id) })
	if err == nil {
		c.w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// readBy answers GET /sobjects/X/field/value, the record with that external id,
// GET /sobjects/X/id/field, the content of a binary field, and GET
// /sobjects/X/id/relationship.
func (c *call) readBy() error {
	ob, err := c.object()
	switch {
	case err != nil:
		return err
	case c.byID(ob) && c.lookup(ob, c.args[2]) != nil:
		return c.download()
	case c.byID(ob):
		return c.readRelated()
	}
	found, err := c.found(ob)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return errNotFound
	case len(found) > 1:
		return c.several(found)
	}
	return c.writeRecord(ob, found[0].id())
}

// removeBy answers DELETE /sobjects/X/field/value, and DELETE
// /sobjects/X/id/relationship.
func (c *call) removeBy() error {
	ob, err := c.object()
	switch {
	case err != nil:
		return err
	case c.byID(ob):
		return c.removeRelated()
	}
	found, err := c.found(ob)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return errNotFound
	case len(found) > 1:
		return c.several(found)
	}
	return c.removeID(ob, found[0].id())
}

// key returns the field that the path names as a key, and the value looked for.
func (c *call) key(ob *object) (*field, any, error) {
	f := ob.field(c.args[1])
	if !f.identifies() {
		return nil, nil, notAKey(c.args[1])
	}
	v, err := f.parse(assignment{name: f.Name, value: c.args[2]})
	return f, v, err
}

// found are the records whose key has the value that the path names.
func (c *call) found(ob *object) ([]*record, error) {
	defer c.reading()()
	return c.byKey(ob, c.tx)
}

// byKey is found for a caller who holds the org's lock.
func (c *call) byKey(ob *object, tx *Transaction) ([]*record, error) {
	f, v, err := c.key(ob)
	if err != nil {
		return nil, err
	}
	if f.index != fieldID {
		return ob.table.find(f, v, tx), nil
	}
	if r := ob.find(long(c.args[2]), tx); r != nil && !r.deleted() {
		return []*record{r}, nil
	}
	return nil, errNotFound
}

// several answers that a key is that of several records.
func (c *call) several(found []*record) error {
	urls := make([]string, len(found))
	for i, r := range found {
		urls[i] = c.url(r.of.Name, r.id())
	}
	writeJSON(c.w, http.StatusMultipleChoices, urls)
	return nil
}

// upsert answers PATCH /sobjects/X/field/value: it updates the record that has
// the value, or creates one.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm
func (c *call) upsert() error {
	ob, err := c.object()
	switch {
	case err != nil:
		return err
	case c.byID(ob):
		return c.updateRelated()
	}
	if !c.lookup(ob, c.args[1]).identifies() {
		return notAKey(c.args[1])
	}
	in, err := c.fields(ob)
	if err == nil {
		err = c.checkConditions()
	}
	if err != nil {
		return err
	}
	for _, a := range in {
		if strings.EqualFold(a.name, c.args[1]) {
			return fieldError("INVALID_FIELD", []string{a.name}, "The %s field should not be specified in the sobject data.", a.name)
		}
	}
	var id string
	var created bool
	var found []*record
	err = c.transact(func(tx *Transaction) error {
		if found, err = c.byKey(ob, tx); err != nil || len(found) > 1 {
			return err
		}
		if created = len(found) == 0; !created {
			id = found[0].id()
			return c.change(tx, ob, id, in)
		}
		if c.r.URL.Query().Get("updateOnly") == "true" {
			return errNotFound
		}
		id, err = tx.insert(ob, append(in, assignment{name: c.args[1], value: c.args[2]}))
		return err
	})
	switch {
	case err != nil:
		return err
	case len(found) > 1:
		return c.several(found)
	case created:
		c.w.Header().Set("Location", c.url(ob.Name, id))
		writeJSON(c.w, http.StatusCreated, newSaved(id, &created))
	case c.version < 46:
		c.w.WriteHeader(http.StatusNoContent)
	default:
		writeJSON(c.w, http.StatusOK, newSaved(id, &created))
	}
	return nil
}

// download answers GET /sobjects/X/id/field for a binary field.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_blob_retrieve.htm
func (c *call) download() error {
	ob, id, err := c.record()
	if err != nil {
		return err
	}
	b, contentType := c.content(ob, id, c.args[2])
	switch {
	case b == nil:
		return errNotFound
	case !b.kept:
		return failure(http.StatusInternalServerError, "UNKNOWN_EXCEPTION", "the org kept size and checksum of this file only")
	}
	c.w.Header().Set("Content-Type", contentType)
	c.w.Header().Set("Content-Length", strconv.FormatInt(b.size, 10))
	b.writeTo(c.w)
	return nil
}

// content returns the content of a binary field and its type, nil for none.
func (c *call) content(ob *object, id, name string) (*blob, string) {
	defer c.reading()()
	f, r := ob.field(name), c.find(ob, id)
	if f == nil || r == nil {
		return nil, ""
	}
	b, _ := r.get(f).(*blob)
	if typ := ob.own("ContentType"); typ != nil && r.get(typ) != nil {
		return b, r.get(typ).(string)
	}
	return b, "application/octet-stream"
}

// lookup returns a field of an object, nil for none.
func (c *call) lookup(ob *object, name string) *field {
	defer c.reading()()
	return ob.field(name)
}
