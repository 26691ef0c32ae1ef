package routing

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// ErrNoNote says that notes cannot be attached to records of a form's object: a
// fault of the configuration.
var ErrNoNote = errors.New("routing: notes cannot be attached to the object")

// noteKind is the kind of note that records of an object can have, in the order
// of what people see: ContentNote, Note; Task is only for whoever asks for it.
func noteKind(ctx context.Context, c *salesforce.Client, object *salesforce.SObject, wanted NoteKind) (NoteKind, error) {
	has := func(child, field string) bool {
		return slices.ContainsFunc(object.ChildRelationships, func(r salesforce.ChildRelationship) bool {
			return r.Object == child && r.Field == field
		})
	}
	switch {
	case wanted == TaskNote && has("Task", "WhatId"):
		return TaskNote, nil
	case wanted == TaskNote:
		return "", fmt.Errorf("%w: %s has no tasks (Allow Activities is off): leave the kind of note out, or allow them", ErrNoNote, object.Name)
	}
	if has("ContentDocumentLink", "LinkedEntityId") {
		objects, err := c.DescribeGlobal(ctx)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(objects, func(o salesforce.SObjectSummary) bool { return o.Name == "ContentNote" && o.Createable }) {
			return contentNote, nil
		}
	}
	if has("Note", "ParentId") {
		return classicNote, nil
	}
	return "", fmt.Errorf("%w: %s can have neither enhanced notes nor notes and attachments: enable Notes in Setup, or choose the kind %s",
		ErrNoNote, object.Name, TaskNote)
}

// noteForm is how a kind of note is written.
type noteForm struct {
	title, text, parent string // fields
	length              int    // of a title, in characters
}

var noteForms = map[NoteKind]noteForm{
	contentNote: {title: "Title", text: "Content", length: 255},
	classicNote: {title: "Title", text: "Body", parent: "ParentId", length: 80},
	TaskNote:    {title: "Subject", text: "Description", parent: "WhatId", length: 255},
}

// knowNote makes sure that the work knows its kind of note. It is asked for here
// only if the org could not be reached when the results were accepted.
func (r *Router) knowNote(ctx context.Context, c *salesforce.Client, w *work) (noteForm, error) {
	res := w.job.Results
	if res.Note == AnyNote {
		object, err := c.Describe(ctx, res.Object)
		if err != nil {
			return noteForm{}, err
		}
		kind, err := noteKind(ctx, c, object, AnyNote)
		if err != nil {
			return noteForm{}, err
		}
		res.Note = kind
	}
	return noteForms[res.Note], nil
}

// writeNote creates the note. A ContentNote belongs to nobody but its owner until
// linkNote links it.
func (r *Router) writeNote(ctx context.Context, c *salesforce.Client, w *work) (string, error) {
	form, err := r.knowNote(ctx, c, w)
	if err != nil {
		return "", err
	}
	res := w.job.Results
	note := salesforce.Record{form.title: first(res.Title, form.length), form.text: strings.Join(w.noteLines(), "\n")}
	switch {
	case form.parent != "":
		note[form.parent] = w.job.Target
	default: // HTML in base64
		note[form.text] = base64.StdEncoding.EncodeToString([]byte(paragraphs(w.noteLines())))
	}
	if res.Note == TaskNote {
		note["Status"] = "Completed"
	}
	id, err := c.Create(ctx, string(res.Note), note, nil)
	return string(id), err
}

// noteLines are the lines of the note. By the last one it is found again.
func (w *work) noteLines() []string {
	return append(slices.Clone(w.job.Results.Text), "Reference: "+w.ID)
}

func paragraphs(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("<p>" + html.EscapeString(line) + "</p>")
	}
	return b.String()
}

// first is the beginning of a text, of so many characters.
func first(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), n)])
}

// findNote looks for the note among those that the user has written since the
// first try.
func (r *Router) findNote(ctx context.Context, c *salesforce.Client, w *work) (string, error) {
	form, err := r.knowNote(ctx, c, w)
	if err != nil {
		return "", err
	}
	session, err := c.Session(ctx)
	if err != nil {
		return "", err
	}
	res := w.job.Results
	fields, text := []string{"Id", "LatestPublishedVersionId"}, ""
	where := []soql.Condition{soql.Eq(form.title, first(res.Title, form.length)), soql.Eq("CreatedById", session.UserID)}
	if form.parent != "" {
		fields, text = []string{"Id", form.text}, form.text
		where = append(where, soql.Eq(form.parent, w.job.Target))
	}
	if now, ok := c.ServerTime(); ok {
		oldest := now.Add(-max(r.cfg.Now().Sub(w.job.First), 0) - clockSlack).Truncate(time.Second)
		where = append(where, soql.Ge("CreatedDate", salesforce.DateTime{Time: oldest}))
	}
	query := &soql.Query{Select: soql.Fields(fields...), From: soql.From{Object: string(res.Note)}, Where: soql.And(where...)}
	query.OrderBy = []soql.Order{{Expr: soql.FieldPath("CreatedDate"), Desc: true}}
	for rec, err := range salesforce.QueryTree[salesforce.Record](ctx, c, query, nil) {
		if err != nil {
			return "", err
		}
		content, err := contentOf(ctx, c, rec, text)
		if err != nil {
			return "", err
		}
		if strings.Contains(content, w.ID) {
			return string(rec.ID()), nil
		}
	}
	return "", nil
}

// clockSlack is how much earlier than computed a note may have been written: the
// clock here may have been set since.
const clockSlack = 2 * time.Hour

// contentOf is the text of a note: a field, or that of the file behind it.
func contentOf(ctx context.Context, c *salesforce.Client, note salesforce.Record, field string) (string, error) {
	if field != "" {
		text, _ := note.Get(field)
		return plain(text), nil
	}
	version, _ := note.Get("LatestPublishedVersionId")
	if version == nil {
		return "", nil
	}
	body, err := c.Download(ctx, salesforce.ID(plain(version)))
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxNote))
	return string(text), err
}

// maxNote is more than what a note has that was written here.
const maxNote = 1 << 20

// linkNote puts a ContentNote on the record. One that is there already is as
// well.
func linkNote(ctx context.Context, c *salesforce.Client, w *work) (string, error) {
	id, err := c.Create(ctx, "ContentDocumentLink", salesforce.Record{
		"ContentDocumentId": w.step(StepNote).ID, "LinkedEntityId": w.job.Target, "ShareType": "V",
	}, nil)
	if errors.Is(err, salesforce.ErrDuplicate) {
		return findLink(ctx, c, w)
	}
	return string(id), err
}

func findLink(ctx context.Context, c *salesforce.Client, w *work) (string, error) {
	links, err := salesforce.Collect(salesforce.QueryTree[salesforce.Record](ctx, c, &soql.Query{
		Select: soql.Fields("Id"), From: soql.From{Object: "ContentDocumentLink"},
		Where: soql.And(soql.Eq("ContentDocumentId", w.step(StepNote).ID), soql.Eq("LinkedEntityId", w.job.Target)),
	}, nil))
	if err != nil || len(links) == 0 {
		return "", err
	}
	return string(links[0].ID()), nil
}
