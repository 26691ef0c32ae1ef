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
	// Age is how long ago the first upload of this document began.
	Age time.Duration
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
	Find(ctx context.Context, d Document) (id string, found bool, err error)
}

// Salesforce is the [Destination] for Salesforce files (ContentVersion).
//
// An upload and its link to the target are one transaction. The description of
// a file ends in "sfbridge:" and the delivery's id, by which it is found again.
// Where automation changes the description, a file of the same content, by the
// same user, of the same time and on the same record counts as the document.
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
	// marker and the delivery's id end a file's description.
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
func (s Salesforce) Find(ctx context.Context, d Document) (string, bool, error) {
	c, err := s.client(ctx, d.Login)
	if err != nil {
		return "", false, err
	}
	versions, err := candidates(ctx, c, d)
	if err != nil {
		return "", false, fmt.Errorf("routing: find document %s: %w", d.ID, err)
	}
	var unmarked []salesforce.ID // documents of files without any marker
	for _, v := range versions {
		if strings.HasSuffix(v.Description, marker+d.ID) {
			return string(v.ID), true, nil
		}
		if !strings.Contains(v.Description, marker) {
			unmarked = append(unmarked, v.DocumentID)
		}
	}
	linked, err := linked(ctx, c, d.Target, unmarked)
	if err != nil {
		return "", false, fmt.Errorf("routing: find document %s: %w", d.ID, err)
	}
	for _, v := range versions {
		if linked[v.DocumentID] {
			return string(v.ID), true, nil
		}
	}
	return "", false, nil
}

type version struct {
	ID          salesforce.ID `json:"Id"`
	DocumentID  salesforce.ID `json:"ContentDocumentId"`
	Description string        `json:"Description"`
}

// candidates asks for the user's files with the document's content. Time is
// counted by the org's clock, so that a wrong one here does no harm.
func candidates(ctx context.Context, c *salesforce.Client, d Document) ([]version, error) {
	session, err := c.Session(ctx)
	if err != nil {
		return nil, err
	}
	where := soql.And(
		soql.Eq("Checksum", d.MD5),
		soql.Eq("ContentSize", d.Size),
		soql.Eq("CreatedById", session.UserID),
	)
	if now, ok := c.ServerTime(); ok {
		where = soql.And(where, soql.Ge("CreatedDate", now.Add(-d.Age-clockSlack).Truncate(time.Second)))
	}
	return query[version](ctx, c, "ContentVersion", where)
}

// linked tells which files hang on the target.
func linked(ctx context.Context, c *salesforce.Client, target salesforce.ID, documents []salesforce.ID) (map[salesforce.ID]bool, error) {
	if len(documents) == 0 {
		return nil, nil
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
