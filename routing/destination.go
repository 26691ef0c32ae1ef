package routing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
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

// marker and the delivery's id are a file's description.
const marker = "sfbridge:"

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
	return string(uploaded.ID), err
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
	id, err := c.FindUpload(ctx, salesforce.Sought{
		ID: salesforce.ID(d.VersionID), MD5: d.MD5, Size: d.Size, LinkTo: d.Target, Title: d.Title,
		Marker: marker + d.ID, AnyMarker: marker, Age: d.Age,
	})
	if err != nil {
		return Finding{}, fmt.Errorf("routing: find document %s: %w", d.ID, err)
	}
	f := Finding{ID: string(id)}
	if now, ok := c.ServerTime(); ok {
		f.Time = now.Add(-time.Since(asked))
	}
	return f, nil
}
