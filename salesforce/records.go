package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// Get reads one record into a T, a [Record] or a struct with json tags. Without
// fields it reads all that the user may see. The error matches [ErrNotFound]
// for a record that does not exist, is deleted or is hidden from the user.
//
// See "sObject Rows" in the REST API Developer Guide.
func Get[T any](ctx context.Context, c *Client, object string, id ID, fields ...string) (T, error) {
	var v T
	op := "get " + object + " " + string(id)
	path, err := recordPath(op, object, id)
	if err != nil {
		return v, err
	}
	for _, name := range fields {
		if !identifier.MatchString(name) {
			return v, fault(op, ErrValidation, "%q is no name of a field", clip(name, 80))
		}
	}
	if len(fields) > 0 {
		path += "?fields=" + strings.Join(fields, ",")
	}
	request := &call{op: op, method: http.MethodGet, path: c.base + path, idempotent: true}
	return v, readOne(ctx, c, request, &v)
}

// Create creates a record from a [Record], another map or a struct with json
// tags, and returns its id.
//
// A create is sent once more only when Salesforce said that it did nothing. One
// that may have been carried out fails with [ErrOutcomeUnknown]; where a create
// must be repeatable, use [Client.Upsert].
func (c *Client) Create(ctx context.Context, object string, record any, opt *WriteOptions) (ID, error) {
	op := "create " + object
	path, err := objectPath(op, object)
	if err != nil {
		return "", err
	}
	fields, err := fieldsOf(op, record)
	if err != nil {
		return "", err
	}
	request := &call{op: op, method: http.MethodPost, path: c.base + path + "/"}
	saved, err := c.save(ctx, request, fields, opt)
	if err != nil {
		return "", err
	}
	return saved.ID, saved.named(request)
}

// Update sets the fields that record holds; the others keep their values, and
// a null clears one. An Id in record must be that of the record to update.
func (c *Client) Update(ctx context.Context, object string, id ID, record any, opt *WriteOptions) error {
	op := "update " + object + " " + string(id)
	path, err := recordPath(op, object, id)
	if err != nil {
		return err
	}
	fields, err := fieldsOf(op, record)
	if err != nil {
		return err
	}
	if own, ok := take(fields, "Id"); ok && !sameID(own, id) {
		return fault(op, ErrValidation, "the record holds the id of another one")
	}
	_, err = c.save(ctx, &call{op: op, method: http.MethodPatch, path: c.base + path, idempotent: true}, fields, opt)
	return err
}

// Upserted tells what [Client.Upsert] did.
type Upserted struct {
	// ID is the record's. API versions below 46.0 do not tell that of an updated
	// record.
	ID ID
	// Created is true for a new record. It is false too for one that an earlier
	// try of the same call created whose answer was lost.
	Created bool
}

// Upsert creates the record whose external id field has the value, or updates
// it when it exists. The field need not stand in record. The error matches
// [ErrDuplicate] when several records have the value.
func (c *Client) Upsert(ctx context.Context, object, field, value string, record any, opt *WriteOptions) (Upserted, error) {
	op := "upsert " + object + " by " + field
	path, err := objectPath(op, object)
	if err != nil {
		return Upserted{}, err
	}
	if !identifier.MatchString(field) {
		return Upserted{}, fault(op, ErrValidation, "%q is no name of a field", clip(field, 80))
	}
	if value == "" || value == "." || value == ".." {
		return Upserted{}, fault(op, ErrValidation, "%q cannot be an external id", value)
	}
	fields, err := fieldsOf(op, record)
	if err != nil {
		return Upserted{}, err
	}
	take(fields, field)
	path = c.base + path + "/" + field + "/" + pathSegment(value)
	saved, err := c.save(ctx, &call{op: op, method: http.MethodPatch, path: path, idempotent: true}, fields, opt)
	return Upserted{ID: saved.ID, Created: saved.Created}, err
}

// Delete moves a record to the recycle bin. The error matches [ErrDeleted] when
// it is there already.
func (c *Client) Delete(ctx context.Context, object string, id ID) error {
	op := "delete " + object + " " + string(id)
	path, err := recordPath(op, object, id)
	if err != nil {
		return err
	}
	request := &call{op: op, method: http.MethodDelete, path: c.base + path, idempotent: true}
	err = c.exchange(ctx, request, nil)
	if e, ok := errors.AsType[*Error](err); ok && e.unknown && errors.Is(e, ErrDeleted) {
		return nil // by an earlier try of this call
	}
	return err
}

// saveResult is the answer of a write.
type saveResult struct {
	ID      ID          `json:"id"`
	Success bool        `json:"success"`
	Created bool        `json:"created"`
	Errors  []wireFault `json:"errors"`
}

// save sends the fields of a record. An update answers without a body.
func (c *Client) save(ctx context.Context, request *call, fields map[string]json.RawMessage, opt *WriteOptions) (saveResult, error) {
	header, err := opt.headers(request.op)
	if err != nil {
		return saveResult{}, err
	}
	request.header = header
	body, err := json.Marshal(fields)
	if err != nil {
		return saveResult{}, fault(request.op, ErrValidation, "%v", err)
	}
	request.body = bytesPayload("application/json", body)
	result := saveResult{Success: true}
	if err := c.exchange(ctx, request, &result); err != nil {
		return saveResult{}, err
	}
	if !result.Success {
		return saveResult{}, result.refusal(request.op)
	}
	return result, nil
}

// named reports whether the answer to a create names the record.
func (r saveResult) named(request *call) error {
	if _, err := exactID(string(r.ID)); err != nil {
		return request.badAnswer(http.StatusOK, errors.New("it names no record"))
	}
	return nil
}

func (r saveResult) refusal(op string) error {
	e := fault(op, nil, "refused without a reason")
	if faults := wireFaults(r.Errors); len(faults) > 0 {
		e.Code, e.Message, e.Fields, e.More = faults[0].Code, faults[0].Message, faults[0].Fields, faults[1:]
	}
	return e
}

// fieldsOf encodes a record and returns its fields, the caller's record being
// left as it is. What is no JSON object, nil among it, is no record.
func fieldsOf(op string, record any) (map[string]json.RawMessage, error) {
	fields, err := recordFields(record)
	if err != nil {
		return nil, fault(op, ErrValidation, "%v", err)
	}
	return fields, nil
}

func recordFields(record any) (map[string]json.RawMessage, error) {
	body, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode the record: %w", err)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return nil, fmt.Errorf("a %T is no record", record)
	}
	return fields, nil
}

// take removes a field, in whatever case it is written, and returns its value.
func take(fields map[string]json.RawMessage, name string) (value json.RawMessage, ok bool) {
	maps.DeleteFunc(fields, func(key string, v json.RawMessage) bool {
		if !strings.EqualFold(key, name) {
			return false
		}
		value, ok = v, true
		return true
	})
	return value, ok
}

// sameID reports whether a JSON value is the id, or null.
func sameID(value json.RawMessage, id ID) bool {
	var own ID
	if bytes.Equal(value, []byte("null")) {
		return true
	}
	return json.Unmarshal(value, &own) == nil && own.Equal(id)
}

// pathSegment escapes a value so that it stays one segment of a path. A plus
// sign is escaped too: some servers read it as a space.
func pathSegment(value string) string {
	return strings.ReplaceAll(url.PathEscape(value), "+", "%2B")
}
