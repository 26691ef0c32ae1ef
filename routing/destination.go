package routing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// A Document is one document on its way.
type Document struct {
	// ID is the delivery's id; Find recognises the document by it.
	ID string
	// Login names the login that the delivery was begun with and keeps.
	Login string
	// Target is the record that the document belongs to.
	Target   salesforce.ID
	Title    string
	FileName string
	Size     int64  // in bytes
	MD5      string // 32 hex digits in lower case
	// Age is how long ago the first upload of this document began, by the host's
	// clock, and never negative.
	Age time.Duration
	// VersionID is what Upload returned for this document. Find is then to look
	// at that and at nothing else. Empty if no answer has come.
	VersionID string
	// Open opens the content. Each call starts at the beginning.
	Open func() (io.ReadCloser, error)
}

// A Destination stores documents.
type Destination interface {
	// Upload stores a document and links it to its target, both or neither,
	// and returns the id of what it stored. An error that matches
	// salesforce.ErrOutcomeUnknown says that the document may have been
	// stored or may still be; any other, that it is not and will not be.
	Upload(ctx context.Context, d Document) (id string, err error)
	// Find looks for a document that an Upload with the same ID has stored
	// whole, by any process. Not finding it is no error.
	Find(ctx context.Context, d Document) (Finding, error)
}

// A Finding is the answer of [Destination.Find].
type Finding struct {
	// ID is the id of what is stored. Empty if the document is not there.
	ID string
	// Time is what the destination's clock showed when it was asked. How long an
	// outcome has been open is counted by it. Zero means that there is no such
	// clock; the router's own serves instead.
	Time time.Time
}

// Salesforce is the [Destination] for Salesforce files (ContentVersion).
//
// An upload and its link to the target are one transaction. The description of
// a file is "sfbridge:" and the delivery's id, by which it is found again,
// whatever automation writes around them. Where automation takes them away, a
// file of the same content, by the same user and on the same record counts as
// the document if it has the document's title or is of the same time. Only a
// clock of the host that is set back in between can hide a file that automation
// has also given another title; it is uploaded again then.
//
// See "ContentVersion" in the Object Reference for the Salesforce Platform.
type Salesforce struct {
	// Client serves submissions without a login of their own.
	Client *salesforce.Client
	// Logins gives the client for a submission's login. Without it, such a
	// submission fails. The method Client of a salesforce.Pool fits.
	Logins func(ctx context.Context, login string) (*salesforce.Client, error)
}

var _ Destination = Salesforce{}

const (
	// marker and the delivery's id are a file's description.
	marker = "sfbridge:"
	// clockSlack is how much earlier than computed a file may have been created.
	clockSlack = 15 * time.Minute
)

// Validate reports a Salesforce without any client.
func (s Salesforce) Validate() error {
	if s.Client == nil && s.Logins == nil {
		return errors.New("routing: Salesforce has neither Client nor Logins")
	}
	return nil
}

// Upload implements [Destination].
func (s Salesforce) Upload(ctx context.Context, d Document) (string, error) {
	c, err := s.client(ctx, d.Login)
	if err != nil {
		return "", err
	}
	uploaded, err := c.Upload(ctx, salesforce.File{
		Title: d.Title, Name: d.FileName, Description: marker + d.ID,
		LinkTo: d.Target, Size: d.Size, Open: d.Open,
	}, &salesforce.UploadOptions{ForceMultipart: true}) // a third less to send than JSON
	return string(uploaded.VersionID), err
}

func (s Salesforce) client(ctx context.Context, login string) (*salesforce.Client, error) {
	switch {
	case login == "" && s.Client != nil:
		return s.Client, nil
	case login != "" && s.Logins != nil:
		return s.Logins(ctx, login)
	default:
		return nil, fmt.Errorf("routing: no client for login %q: %w", login, salesforce.ErrAuth)
	}
}

// Find implements [Destination].
func (s Salesforce) Find(ctx context.Context, d Document) (Finding, error) {
	c, err := s.client(ctx, d.Login)
	if err != nil {
		return Finding{}, err
	}
	asked := time.Now() // measures only, which setting the clock does not disturb
	id, err := find(ctx, c, d)
	if err != nil {
		return Finding{}, fmt.Errorf("routing: find document %s: %w", d.ID, err)
	}
	f := Finding{ID: string(id)}
	if now, ok := c.ServerTime(); ok {
		f.Time = now.Add(-time.Since(asked))
	}
	return f, nil
}

// find returns the id of the document's file, or none.
func find(ctx context.Context, c *salesforce.Client, d Document) (salesforce.ID, error) {
	files, err := candidates(ctx, c, d)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if d.VersionID != "" || strings.Contains(f.Description, marker+d.ID) {
			return f.ID, nil
		}
	}
	files = unmarked(c, d, files)
	linked, err := linked(ctx, c, d.Target, files)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if linked[f.DocumentID] {
			return f.ID, nil
		}
	}
	return "", nil
}

type version struct {
	ID          salesforce.ID       `json:"Id"`
	DocumentID  salesforce.ID       `json:"ContentDocumentId"`
	Title       string              `json:"Title"`
	Description string              `json:"Description"`
	Created     salesforce.DateTime `json:"CreatedDate"`
}

// candidates asks for files with the document's content: the one that is known
// to be the document's, or all of the user's.
func candidates(ctx context.Context, c *salesforce.Client, d Document) ([]version, error) {
	content := soql.And(soql.Eq("Checksum", d.MD5), soql.Eq("ContentSize", d.Size))
	if d.VersionID != "" {
		return query[version](ctx, c, "ContentVersion", soql.And(soql.Eq("Id", d.VersionID), content))
	}
	session, err := c.Session(ctx)
	if err != nil {
		return nil, err
	}
	return query[version](ctx, c, "ContentVersion", soql.And(content, soql.Eq("CreatedById", session.UserID)))
}

// unmarked picks the files that may be the document though they do not say so.
// The title is asked first, because a clock here that is set back makes an old
// document look young.
func unmarked(c *salesforce.Client, d Document, files []version) []version {
	var oldest time.Time // by the org's clock
	if now, ok := c.ServerTime(); ok {
		oldest = now.Add(-d.Age - clockSlack).Truncate(time.Second)
	}
	var picked []version
	for _, f := range files {
		if !strings.Contains(f.Description, marker) && (f.Title == d.Title || !f.Created.Before(oldest)) {
			picked = append(picked, f)
		}
	}
	return picked
}

// linked tells which files hang on the target.
func linked(ctx context.Context, c *salesforce.Client, target salesforce.ID, files []version) (map[salesforce.ID]bool, error) {
	if len(files) == 0 {
		return nil, nil
	}
	var documents []salesforce.ID
	for _, f := range files {
		documents = append(documents, f.DocumentID)
	}
	type link struct {
		DocumentID salesforce.ID `json:"ContentDocumentId"`
	}
	links, err := query[link](ctx, c, "ContentDocumentLink", soql.And(
		soql.Eq("LinkedEntityId", target),
		soql.In("ContentDocumentId", documents),
	))
	found := map[salesforce.ID]bool{}
	for _, l := range links {
		found[l.DocumentID] = true
	}
	return found, err
}

func query[T any](ctx context.Context, c *salesforce.Client, object string, where soql.Condition) ([]T, error) {
	fields, err := soql.FieldsOf[T]()
	if err != nil {
		return nil, err
	}
	q := &soql.Query{Select: fields, From: soql.From{Object: object}, Where: where}
	text, err := q.Text()
	if err != nil {
		return nil, err
	}
	return salesforce.Collect(salesforce.Query[T](ctx, c, text, nil))
}
