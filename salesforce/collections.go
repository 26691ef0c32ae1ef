package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Result is what became of one record of many.
type Result struct {
	// Index is the record's place among those given, from 0.
	Index int
	// ID is the record's, "" when it failed.
	ID ID
	// Created is true for a record that an upsert created.
	Created bool
	// Err is what is wrong with the record, an *Error, or nil.
	Err error
}

// CollectionOptions vary a write of many records. Nil stands for the zero
// value.
type CollectionOptions struct {
	// AllOrNone saves either all records of a request or none. Defaults to
	// false: what can be saved is.
	AllOrNone bool
	// ChunkSize is the number of records of a request, 1 to 200. Defaults to
	// 200.
	ChunkSize int
	// InFlight is the number of requests under way at a time, at most 16; the
	// results come in the order of the records even so. Records that lock the
	// same parent get in each other's way. Defaults to 1.
	InFlight int

	WriteOptions
}

// Limits of sObject Collections.
const (
	maxCollection      = 200
	maxCollectionBytes = 16 << 20 // a request body may have 50 MB
	maxInFlight        = 16
)

// CreateAll creates records, 200 in a request, from Records, other maps or
// structs with json tags. It yields a result for each record, in their order; a
// record that fails is no error of the sequence. Give it a slice by
// [slices.Values].
//
// Records refused for a passing reason, such as a locked row, are sent again,
// they alone. When a whole request fails, its records carry that error
// (ErrOutcomeUnknown where they may have been created), no further request is
// made, and the error ends the sequence. Leaving the loop cancels the requests
// that are under way.
//
// See "sObject Collections" in the REST API Developer Guide.
func CreateAll[T any](ctx context.Context, c *Client, object string, records iter.Seq[T], opt *CollectionOptions) iter.Seq2[Result, error] {
	w := collectionWrite{op: "create " + object + " records", method: http.MethodPost, object: object}
	return c.writeAll(ctx, w, encoded(w.op, records), opt)
}

// UpdateAll updates records as [CreateAll] creates them. Each carries its Id.
func UpdateAll[T any](ctx context.Context, c *Client, object string, records iter.Seq[T], opt *CollectionOptions) iter.Seq2[Result, error] {
	w := collectionWrite{op: "update " + object + " records", method: http.MethodPatch, object: object, idempotent: true}
	return c.writeAll(ctx, w, encoded(w.op, records), opt)
}

// UpsertAll creates or updates records by an external id field, which each of
// them carries, as [CreateAll] creates them.
func UpsertAll[T any](ctx context.Context, c *Client, object, field string, records iter.Seq[T], opt *CollectionOptions) iter.Seq2[Result, error] {
	w := collectionWrite{
		op: "upsert " + object + " records by " + field, method: http.MethodPatch, object: object, field: field, idempotent: true,
	}
	return c.writeAll(ctx, w, encoded(w.op, records), opt)
}

// DeleteAll moves records to the recycle bin, also of several objects at once,
// as [CreateAll] creates them. The result of one that was there already matches
// [ErrDeleted].
func (c *Client) DeleteAll(ctx context.Context, ids iter.Seq[ID], opt *CollectionOptions) iter.Seq2[Result, error] {
	w := collectionWrite{op: "delete records", method: http.MethodDelete, idempotent: true}
	return c.writeAll(ctx, w, idRows(w.op, ids), opt)
}

// GetAll reads records of one object by their ids, 2,000 in a request, into
// Ts: Records or structs with json tags. The list is in the order of the ids,
// nil where there is no such record. An id that is none is an error that
// matches [ErrValidation].
//
// See "sObject Collections" in the REST API Developer Guide.
func GetAll[T any](ctx context.Context, c *Client, object string, ids []ID, fields ...string) ([]*T, error) {
	op := "get " + object + " records"
	if _, err := objectPath(op, object); err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, fault(op, ErrValidation, "no field is named")
	}
	for _, name := range fields {
		if !pathForm(name) {
			return nil, fault(op, ErrValidation, "%q is no name of a field", clip(name, 80))
		}
	}
	full := make([]ID, len(ids))
	for i, id := range ids {
		var err error
		if full[i], err = exactID(string(id)); err != nil {
			return nil, fault(op, ErrValidation, "record %d: %v", i, err)
		}
	}
	var all []*T
	for chunk := range slices.Chunk(full, 2000) {
		body, err := json.Marshal(map[string]any{"ids": chunk, "fields": fields})
		if err != nil {
			return all, fault(op, ErrValidation, "%v", err)
		}
		var found []*T
		request := &call{
			op: op, method: http.MethodPost, path: c.base + "/composite/sobjects/" + object,
			body: bytesPayload("application/json", body), idempotent: true, reads: true,
		}
		if err := readOne(ctx, c, request, &found); err != nil {
			return all, err
		}
		if len(found) != len(chunk) {
			return all, fault(op, nil, "%d records were asked for, %d were answered", len(chunk), len(found))
		}
		all = append(all, found...)
	}
	return all, nil
}

// pathForm reports whether s is a field or a way to one, such as Owner.Name.
func pathForm(s string) bool {
	for name := range strings.SplitSeq(s, ".") {
		if !identifier.MatchString(name) {
			return false
		}
	}
	return true
}

// encoded are records as JSON objects.
func encoded[T any](op string, records iter.Seq[T]) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		index := 0
		for record := range records {
			r := &row{result: Result{Index: index}}
			var err error
			if r.text, err = objectText(record); err != nil {
				r.refuse(op, err)
			}
			if !yield(r) {
				return
			}
			index++
		}
	}
}

// idRows are records by their ids.
func idRows(op string, ids iter.Seq[ID]) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		index := 0
		for id := range ids {
			full, err := exactID(string(id))
			r := &row{text: []byte(full), result: Result{Index: index}}
			if err != nil {
				r.refuse(op, err)
			}
			if !yield(r) {
				return
			}
			index++
		}
	}
}

// objectText is a record as a JSON object, without the attributes that a struct
// may have from being read.
func objectText(record any) ([]byte, error) {
	text, err := json.Marshal(record)
	switch {
	case err != nil:
		return nil, err
	case text[0] != '{':
		return nil, fmt.Errorf("a %T is no record", record)
	case !bytes.Contains(text, []byte(`"attributes":`)):
		return text, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	delete(fields, "attributes")
	return json.Marshal(fields)
}

// refuse gives a row that cannot be sent its result.
func (r *row) refuse(op string, err error) {
	r.result.Err = fault(op, ErrValidation, "record %d: %v", r.result.Index, err)
}

// collectionWrite is what the requests of one write of many records share.
type collectionWrite struct {
	op         string
	method     string
	object     string
	field      string // an upsert's external id
	header     map[string]string
	idempotent bool
	allOrNone  bool
	undelete   bool // which is a call of the SOAP API
}

// writeAll sends rows in requests and yields their results in order.
func (c *Client) writeAll(ctx context.Context, w collectionWrite, rows iter.Seq[*row], opt *CollectionOptions) iter.Seq2[Result, error] {
	var o CollectionOptions
	if opt != nil {
		o = *opt
	}
	if err := w.prepare(&o); err != nil {
		return func(yield func(Result, error) bool) { yield(Result{}, err) }
	}
	return inOrder(ctx, batches(rows, o.ChunkSize, maxCollectionBytes), o.InFlight, func(ctx context.Context, b *batch) error {
		return c.writeBatch(ctx, w, b)
	})
}

// prepare checks options, fills in their defaults and takes over what is in
// each request.
func (w *collectionWrite) prepare(o *CollectionOptions) (err error) {
	w.allOrNone = o.AllOrNone
	if w.header, err = o.headers(w.op); err != nil {
		return err
	}
	setDefault(&o.ChunkSize, maxCollection)
	setDefault(&o.InFlight, 1)
	var faults []error
	if w.object != "" && !identifier.MatchString(w.object) {
		faults = append(faults, fault(w.op, ErrValidation, "%q is no name of an object", clip(w.object, 80)))
	}
	if w.field != "" && !identifier.MatchString(w.field) {
		faults = append(faults, fault(w.op, ErrValidation, "%q is no name of a field", clip(w.field, 80)))
	}
	if o.ChunkSize < 1 || o.ChunkSize > maxCollection {
		faults = append(faults, fault(w.op, nil, "ChunkSize %d is not in 1 to %d", o.ChunkSize, maxCollection))
	}
	if o.InFlight < 1 || o.InFlight > maxInFlight {
		faults = append(faults, fault(w.op, nil, "InFlight %d is not in 1 to %d", o.InFlight, maxInFlight))
	}
	return errors.Join(faults...)
}

// writeBatch sends rows, and those again that were refused for a passing reason.
func (c *Client) writeBatch(ctx context.Context, w collectionWrite, b *batch) error {
	pending := b.pending()
	if w.allOrNone && len(pending) < len(b.rows) {
		for _, r := range pending {
			r.refuse(w.op, errors.New("not sent, as another record of its request cannot be"))
		}
		return nil
	}
	for try := 0; len(pending) > 0; try++ {
		if err := c.writeRows(ctx, w, pending); err != nil {
			return fail(pending, err)
		}
		if pending = w.again(pending); len(pending) > 0 && !c.mayRepeat(ctx, try) {
			break // they keep the errors that they have
		}
	}
	return nil
}

// again are the rows that may be saved when they are sent once more.
func (w collectionWrite) again(rows []*row) []*row {
	var busyRows []*row
	for _, r := range rows {
		e, failed := errors.AsType[*Error](r.result.Err)
		switch {
		case !failed || e.Code == "ALL_OR_NONE_OPERATION_ROLLED_BACK":
		case e.meaning().effect == busy:
			busyRows = append(busyRows, r)
		case w.allOrNone:
			return nil // what holds the others back will do so again
		}
	}
	if w.allOrNone && busyRows != nil {
		return rows
	}
	return busyRows
}

// writeRows sends rows in one request and enters their results.
func (c *Client) writeRows(ctx context.Context, w collectionWrite, rows []*row) error {
	request := c.rowsCall(w, rows)
	var saved []saveResult
	lost := false // an earlier answer
	err := c.whole(ctx, request, func(ans *answer) (err error) {
		lost = ans.call.lost
		if w.undelete {
			saved, err = c.http.decodeUndeleted(ans)
			return err
		}
		return c.http.decode(ans, &saved)
	})
	if err != nil {
		return err
	}
	if len(saved) != len(rows) {
		return request.badAnswer(http.StatusOK, fmt.Errorf("%d records were sent, %d results were answered", len(rows), len(saved)))
	}
	for i, s := range saved {
		r := rows[i]
		r.result = Result{Index: r.result.Index, ID: s.ID, Created: s.Created}
		if !s.Success {
			r.result.ID = ""
			r.result.Err = s.refusal(fmt.Sprintf("%s: record %d", w.op, r.result.Index))
		} else if err := s.named(request); err != nil {
			r.result.ID = ""
			r.result.Err = unknown(fmt.Sprintf("%s: record %d", w.op, r.result.Index), err)
		}
		if w.method == http.MethodDelete && lost && errors.Is(r.result.Err, ErrDeleted) {
			r.result.ID, r.result.Err = ID(r.text), nil // by an earlier try of this call
		}
	}
	return nil
}

// rowsCall is the call that sends rows.
func (c *Client) rowsCall(w collectionWrite, rows []*row) *call {
	if w.undelete {
		return c.undeleteCall(w, rows)
	}
	request := &call{op: w.op, method: w.method, path: c.base + "/composite/sobjects", header: w.header, idempotent: w.idempotent}
	if w.method == http.MethodDelete {
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = string(r.text)
		}
		request.path += "?" + url.Values{"ids": {strings.Join(ids, ",")}, "allOrNone": {strconv.FormatBool(w.allOrNone)}}.Encode()
		return request
	}
	if w.field != "" {
		request.path += "/" + w.object + "/" + w.field
	}
	request.body = bytesPayload("application/json", w.body(rows))
	return request
}

// body writes rows as Salesforce wants them: each says first what it is.
func (w collectionWrite) body(rows []*row) []byte {
	size := 64
	for _, r := range rows {
		size += len(r.text) + len(w.object) + 32
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	fmt.Fprintf(b, `{"allOrNone":%t,"records":[`, w.allOrNone)
	for i, r := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"attributes":{"type":"` + w.object + `"}`)
		if len(r.text) > len("{}") {
			b.WriteByte(',')
		}
		b.Write(r.text[1:])
	}
	b.WriteString("]}")
	return b.Bytes()
}
