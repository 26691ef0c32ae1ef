package salesforcetest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// uiTime is how the user interface API writes an instant.
const uiTime = "2006-01-02T15:04:05.000Z"

// maxSpan is how many parents a path may go over.
const maxSpan = 5

// uiRecord answers GET /ui-api/records/id.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_record_get.htm
func (c *call) uiRecord() error {
	return c.reply(func() (any, error) { return c.uiRead(c.args[0]) })
}

// uiRecords answers GET /ui-api/records/batch/id,id.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_record_get_batch.htm
func (c *call) uiRecords() error {
	return c.reply(func() (any, error) { return batchOf(split(c.args[0]), c.uiRead), nil })
}

// uiRead is a record with the fields that the request asks for.
func (c *call) uiRead(id string) (any, error) {
	r, err := c.uiFind(id)
	if err != nil {
		return nil, err
	}
	params := c.r.URL.Query()
	required, optional := split(params.Get("fields")), split(params.Get("optionalFields"))
	if params.Get("layoutTypes") != "" {
		required = append(required, r.of.layoutNames()...)
	}
	if required == nil && optional == nil {
		return nil, refusal("INVALID_PARAMETER_VALUE", "Provide at least one of the parameters fields, optionalFields and layoutTypes")
	}
	wanted := &span{}
	for _, path := range required {
		if err := wanted.add(c.org, r.of, path); err != nil {
			return nil, err
		}
	}
	for _, path := range optional {
		_ = wanted.add(c.org, r.of, path) // an optional field may be missing
	}
	return c.represent(r, wanted), nil
}

// uiFind returns a record that is there.
func (c *call) uiFind(id string) (*record, error) {
	full, ok := longID(id)
	ob := c.org.objectOf(full)
	if !ok || ob == nil {
		return nil, refusal("INVALID_PARAMETER_VALUE", "The record ID %s is not valid", id)
	}
	if r := c.find(ob, full); r != nil {
		return r, nil
	}
	return nil, errNotFound
}

// layoutNames are the fields of an object's layout, and those that every layout
// shows.
func (ob *object) layoutNames() []string {
	names := []string{ob.Name + ".CreatedById", ob.Name + ".CreatedDate", ob.Name + ".LastModifiedById", ob.Name + ".LastModifiedDate"}
	if f := ob.nameField(); f != nil {
		names = append(names, ob.Name+"."+f.Name)
	}
	for f := range ob.onLayout {
		names = append(names, ob.Name+"."+f.Name)
	}
	return names
}

// span is what is asked of a record: fields of its own, and what is asked of
// its parents, by the lower-case names of the ways up.
type span struct {
	fields  []string
	parents map[string]*span
}

// add enters a path such as Account.Owner.Name, which begins with the name of
// the object.
func (s *span) add(o *Org, ob *object, path string) error {
	names := strings.Split(path, ".")
	switch {
	case !strings.EqualFold(names[0], ob.Name) || len(names) < 2 || len(names) > maxSpan+2:
		return refusal("INVALID_FIELD", "The field %s is none of the object %s, or goes over more than %d parents", path, ob.Name, maxSpan)
	case !o.reaches(ob, names[1:]):
		return refusal("INVALID_FIELD", "No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append "+
			"the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
			strings.Join(names[1:], "."), ob.Name)
	}
	for _, up := range names[1 : len(names)-1] {
		up = strings.ToLower(up)
		if s.parents == nil {
			s.parents = map[string]*span{}
		}
		if s.parents[up] == nil {
			s.parents[up] = &span{fields: []string{"Id"}}
		}
		s = s.parents[up]
	}
	s.fields = append(s.fields, names[len(names)-1])
	return nil
}

// reaches reports whether a path leads from an object to a field; of the
// objects that a reference may point to one suffices.
func (o *Org) reaches(ob *object, names []string) bool {
	if len(names) == 1 {
		f := ob.field(names[0])
		return f != nil && f.typ.kind != kindBlob
	}
	up := ob.up[strings.ToLower(names[0])]
	return up != nil && slices.ContainsFunc(o.targets(up), func(name string) bool { return o.reaches(o.object(name), names[1:]) })
}

// represent is a record as the user interface API tells of it.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_responses_record.htm
func (c *call) represent(r *record, s *span) map[string]any {
	fields := map[string]any{}
	for _, name := range s.fields {
		if f := r.of.field(name); f != nil {
			fields[f.Name] = c.fieldValue(f, r)
		}
	}
	for name, below := range s.parents {
		up := r.of.up[name]
		if up == nil {
			continue
		}
		value := map[string]any{"displayValue": nil, "value": nil}
		if id := target(r, up); id != "" {
			if parent := c.find(c.org.objectOf(id), id); parent != nil {
				value = map[string]any{"displayValue": parent.name(), "value": c.represent(parent, below)}
			}
		}
		fields[up.Relationship] = value
	}
	var info any
	for _, t := range c.recordTypes(r.of) {
		if t.RecordTypeID == r.recordType() && !t.Master {
			info = typeInfo(t)
		}
	}
	stamp := r.stamp()
	return map[string]any{
		"apiName": r.of.Name, "childRelationships": map[string]any{}, "eTag": etag(fields), "fields": fields, "id": r.id(),
		"lastModifiedById": r.at(fieldModifiedBy), "lastModifiedDate": uiValue(r.of.fields[fieldModifiedDate], r),
		"recordTypeId": r.recordType(), "recordTypeInfo": info, "systemModstamp": stamp.Format(uiTime), "weakEtag": stamp.UnixMilli(),
	}
}

// fieldValue is a value, and what people see of it where that differs.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_responses_field_value.htm
func (c *call) fieldValue(f *field, r *record) map[string]any {
	var shown any
	if v := r.get(f); v != nil {
		switch {
		case f.hasLabels():
			shown = c.org.label(f, v)
		case isDate(f) || f.Type == "currency":
			e := &world{org: c.org, tx: c.tx, user: c.user}
			e.settle()
			shown = e.locale.format(f, v, e.zone)
		}
	}
	return map[string]any{"displayValue": shown, "value": uiValue(f, r)}
}

// uiValue is a value as the user interface API writes it.
func uiValue(f *field, r *record) any {
	if t, ok := r.get(f).(time.Time); ok {
		return t.Format(uiTime)
	}
	return plainValue(f, r, r.get(f))
}

// uiInput reads the body of a request that writes a record: JSON, or a
// multipart body with binary content.
func (c *call) uiInput() (object string, in []assignment, parts map[string]*blob, err error) {
	body, parts, err := c.body(maxVersion)
	if err != nil {
		return "", nil, nil, err
	}
	var allowSave, trigger bool
	err = take(body, map[string]any{
		"apiName": &object, "fields": &in, "allowSaveOnDuplicate": &allowSave, "triggerOtherEmail": &trigger, "triggerUserEmail": &trigger,
	})
	if allowSave {
		c.r.Header.Set("Sforce-Duplicate-Rule-Header", "allowSave=true")
	}
	return object, in, parts, err
}

// withContent adds the binary content that came with a record.
func (c *call) withContent(ob *object, in []assignment, parts map[string]*blob) ([]assignment, error) {
	if len(parts) == 0 {
		return in, nil
	}
	name := c.binaryField(ob)
	if len(parts) != 1 || name == "" || parts[name] == nil {
		return nil, badMultipart("there must be exactly one binary part, named like the binary field of %s", ob.Name)
	}
	return append(in, assignment{name: name, value: parts[name]}), nil
}

// uiCreate answers POST /ui-api/records.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_record_create.htm
func (c *call) uiCreate() error {
	name, in, parts, err := c.uiInput()
	if err != nil {
		return err
	}
	ob := c.objectNamed(name)
	if ob == nil {
		return notInUI(name)
	}
	if in, err = c.withContent(ob, in, parts); err != nil {
		return err
	}
	var id string
	err = c.transact(func(tx *Transaction) error {
		id, err = tx.insert(ob, in)
		return err
	})
	if err != nil {
		return c.uiRefuse(ob, err)
	}
	return c.uiAnswer(http.StatusCreated, ob, id)
}

// uiUpdate answers PATCH /ui-api/records/id.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_record_update.htm
func (c *call) uiUpdate() error {
	ob, id, err := c.uiTarget()
	if err != nil {
		return err
	}
	_, in, parts, err := c.uiInput()
	if err != nil {
		return err
	}
	if in, err = c.withContent(ob, in, parts); err != nil {
		return err
	}
	since, conditional := c.since("If-Modified-Since")
	err = c.transact(func(tx *Transaction) error {
		if r := ob.find(id, tx); conditional && r != nil && r.stamp().After(since) {
			return errPrecondition // somebody else has changed the record since
		}
		return tx.update(ob, id, in)
	})
	if err != nil {
		return c.uiRefuse(ob, err)
	}
	return c.uiAnswer(http.StatusOK, ob, id)
}

// uiDelete answers DELETE /ui-api/records/id.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_record_delete.htm
func (c *call) uiDelete() error {
	ob, id, err := c.uiTarget()
	if err != nil {
		return err
	}
	return c.removeID(ob, id)
}

// uiTarget returns the object and the id of the record that the path names.
func (c *call) uiTarget() (*object, string, error) {
	defer c.reading()()
	r, err := c.uiFind(c.args[0])
	if err != nil {
		return nil, "", err
	}
	return r.of, r.id(), nil
}

// uiAnswer answers a record that was written, with the fields of its layout.
func (c *call) uiAnswer(status int, ob *object, id string) error {
	r, err := func() (map[string]any, error) {
		defer c.reading()()
		s := &span{}
		for _, path := range ob.layoutNames() {
			if err := s.add(c.org, ob, path); err != nil {
				return nil, err
			}
		}
		return c.represent(ob.find(id, c.tx), s), nil
	}()
	if err == nil {
		writeJSON(c.w, status, r)
	}
	return err
}

// uiRefuse answers why a record was not written: errors of fields apart from
// those of the whole.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_responses_error_with_output.htm
func (c *call) uiRefuse(ob *object, err error) error {
	e := asAPIError(err)
	if e.fields == nil { // the fault is the request's, not the record's
		return err
	}
	general, byField := []any{}, map[string][]any{}
	for _, e := range e.all() {
		if len(e.fields) == 0 {
			general = append(general, recordError(e, nil))
		}
		for _, name := range e.fields {
			if f := c.lookup(ob, name); f != nil {
				byField[f.Name] = append(byField[f.Name], recordError(e, f))
			}
		}
	}
	refused := failure(e.status, e.code, "An error occurred while trying to update the record. Please try again.")
	refused.extra = map[string]any{
		"statusCode": e.status, "enhancedErrorType": "RecordError",
		"output": map[string]any{"errors": general, "fieldErrors": byField},
	}
	return refused
}

// recordError is one error of a record, nil for the field of the whole.
func recordError(e *apiError, f *field) map[string]any {
	detail := map[string]any{
		"constituentField": nil, "duplicateRecordError": e.extra["duplicateResult"], "errorCode": e.code, "field": nil, "fieldLabel": nil,
		"message": e.message,
	}
	if f != nil {
		detail["field"], detail["fieldLabel"], detail["constituentField"] = f.Name, f.Label, f.Name
	}
	return detail
}
