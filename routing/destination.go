package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
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
	// As is AsFile or AsAttachment. Access and Visibility are those of the file's
	// link; empty is what the destination does by itself.
	As         Form
	Access     Access
	Visibility Visibility
	// Keyed says that an earlier upload failed with ErrRepeatable, and may still be
	// under way. This one must not make a second copy beside it.
	Keyed bool
	// VersionID is what Upload returned for this document. Find is then to look
	// at that and at nothing else. Empty if no answer has come.
	VersionID string
	// Open opens the content. Each call starts at the beginning.
	Open func() (io.ReadCloser, error)
}

// ErrRepeatable says that an upload whose outcome is unknown may be repeated at
// once; see [Destination].
var ErrRepeatable = errors.New("routing: upload may be repeated")

// A Destination stores documents.
type Destination interface {
	// Upload stores a document and links it to its target, both or neither,
	// and returns the id of what it stored. An error that matches
	// salesforce.ErrOutcomeUnknown says that the document may have been
	// stored or may still be; any other, that it is not and will not be. One
	// that matches ErrRepeatable as well says that the upload may be repeated
	// without waiting for how it ends: the destination refuses a second copy.
	Upload(ctx context.Context, d Document) (id string, err error)
	// Find looks for a document that an Upload with the same ID has stored
	// whole, by any process, and does what that may have left to do, such as
	// setting Access. Not finding it is no error.
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

// Salesforce is the [Destination] for Salesforce files (ContentVersion) and
// attachments.
//
// An upload and its link to the target are one transaction. The description of
// a file is "sfbridge:" and the delivery's id, by which it is found again,
// whatever automation writes around them. Where automation takes them away, a
// file of the same content, by the same user and on the same record counts as
// the document if it has the document's title or is of the same time. Only a
// clock of the host that is set back in between can hide a file that automation
// has also given another title; it is uploaded again then. An Attachment is found
// likewise, by its record, name, length, maker and time, then by its description,
// and its content is read and compared.
//
// With KeyField, Salesforce itself refuses a second copy of a file.
//
// See "ContentVersion" and "Attachment" in the Object Reference for the Salesforce
// Platform.
type Salesforce struct {
	// Client serves submissions without a login of their own.
	Client *salesforce.Client
	// Logins gives the client for a submission's login. Without it, such a
	// submission fails. The method Client of a salesforce.Pool fits.
	Logins func(ctx context.Context, login string) (*salesforce.Client, error)
	// OrgID is the Salesforce Company ID, with 15 or 18 characters. A login to any
	// other org fails with salesforce.ErrOrgMismatch before anything is read or
	// written. Defaults to any.
	OrgID salesforce.ID
	// KeyField is a custom text field of ContentVersion for the delivery's id, with
	// room for 32 characters, unique and an external id. An upload without an
	// answer is then repeated without waiting. While the org does not have the
	// field as it should be, it is not used. Defaults to none.
	KeyField string
	// MaxAttachment is the org's limit on the size of an Attachment, in bytes.
	// Defaults to what the login tells, which only SOAP login() does, else to 25 MB
	// (26,214,400).
	MaxAttachment int64
}

var _ Destination = Salesforce{}

// marker and the delivery's id are a file's description.
const marker = "sfbridge:"

// defaultMaxAttachment is the size in bytes that orgs usually take.
const defaultMaxAttachment int64 = 25 << 20

var fieldName = regexp.MustCompile(`^[A-Za-z]\w*__[cC]$`)

// Validate reports a Salesforce without any client, and what else is wrong.
func (s Salesforce) Validate() error {
	var errs []error
	if s.Client == nil && s.Logins == nil {
		errs = append(errs, errors.New("routing: Salesforce has neither Client nor Logins"))
	}
	if _, err := salesforce.ParseID(string(s.OrgID)); s.OrgID != "" && (err != nil || s.OrgID.Prefix() != "00D") {
		errs = append(errs, fmt.Errorf("routing: OrgID %q is no Salesforce Company ID", s.OrgID))
	}
	if s.KeyField != "" && !fieldName.MatchString(s.KeyField) {
		errs = append(errs, fmt.Errorf("routing: KeyField %q is no name of a custom field", s.KeyField))
	}
	if s.MaxAttachment < 0 {
		errs = append(errs, fmt.Errorf("routing: MaxAttachment %d is negative", s.MaxAttachment))
	}
	return errors.Join(errs...)
}

// Upload implements [Destination].
func (s Salesforce) Upload(ctx context.Context, d Document) (string, error) {
	c, session, err := s.client(ctx, d.Login)
	if err != nil {
		return "", err
	}
	f := salesforce.File{
		Title: d.Title, Name: d.FileName, Description: marker + d.ID,
		LinkTo: d.Target, Size: d.Size, Open: d.Open,
	}
	if d.As == AsAttachment {
		limit := cmp.Or(s.MaxAttachment, session.MaxAttachment, defaultMaxAttachment)
		if d.Size > limit {
			return "", fmt.Errorf("routing: the document has %d bytes, an Attachment may have %d: %w", d.Size, limit, salesforce.ErrTooLarge)
		}
		f.Attachment = true
		return put(ctx, c, f)
	}
	keyed, err := s.keyed(ctx, c)
	switch {
	case err != nil:
		return "", err
	case d.Keyed && !keyed:
		return "", fmt.Errorf("routing: field %s of ContentVersion is no longer unique and an external id", s.KeyField)
	case !keyed:
		return put(ctx, c, f)
	}
	f.Fields = salesforce.Record{s.KeyField: d.ID}
	id, err := put(ctx, c, f)
	switch {
	case errors.Is(err, salesforce.ErrOutcomeUnknown):
		return "", fmt.Errorf("%w: %w", ErrRepeatable, err)
	case errors.Is(err, salesforce.ErrDuplicate):
		return s.earlier(ctx, c, d, err)
	}
	return id, err
}

// put uploads a file. As multipart, there is a third less to send than as JSON.
func put(ctx context.Context, c *salesforce.Client, f salesforce.File) (string, error) {
	uploaded, err := c.Upload(ctx, f, &salesforce.UploadOptions{ForceMultipart: true})
	return string(uploaded.ID), err
}

// keyed tells whether the key field keeps a second copy out.
func (s Salesforce) keyed(ctx context.Context, c *salesforce.Client) (bool, error) {
	if s.KeyField == "" {
		return false, nil
	}
	object, err := c.Describe(ctx, "ContentVersion")
	if err != nil {
		return false, fmt.Errorf("routing: look at field %s of ContentVersion: %w", s.KeyField, err)
	}
	return keyFault(object, s.KeyField) == "", nil
}

// keyFault tells what keeps a field of ContentVersion from being the key.
func keyFault(object *salesforce.SObject, name string) string {
	f, ok := object.Field(name)
	switch {
	case !ok:
		return "does not exist, or this login may not see it"
	case !f.Unique:
		return "is not unique"
	case !f.ExternalID:
		return "is no external id"
	case !f.Createable:
		return "may not be set by this login"
	case f.Type != "string" || f.Length < len(newID(time.Time{})):
		return fmt.Sprintf("is no text of at least %d characters", len(newID(time.Time{})))
	}
	return ""
}

// earlier finds the copy whose key was refused as a duplicate. If that is not the
// document, whole, the refusal stands.
func (s Salesforce) earlier(ctx context.Context, c *salesforce.Client, d Document, refusal error) (string, error) {
	id, err := s.byKey(ctx, c, d)
	switch {
	case err != nil: // it is there, and nobody can say whether it is whole
		return "", fmt.Errorf("%w: %w: %w", ErrRepeatable, salesforce.ErrOutcomeUnknown, err)
	case id == "":
		return "", refusal
	}
	return id, nil
}

// byKey finds the file with the delivery's key and the document's content, "" for
// none.
func (s Salesforce) byKey(ctx context.Context, c *salesforce.Client, d Document) (string, error) {
	query := &soql.Query{
		Select: soql.Fields("Id"), From: soql.From{Object: "ContentVersion"},
		Where: soql.And(soql.Eq(s.KeyField, d.ID), soql.Eq("Checksum", d.MD5), soql.Eq("ContentSize", d.Size)),
	}
	found, err := salesforce.Collect(salesforce.QueryTree[salesforce.Record](ctx, c, query, nil))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return string(found[0].ID()), nil
}

// client returns the client of a login, once it is sure that it leads to the
// right org.
func (s Salesforce) client(ctx context.Context, login string) (c *salesforce.Client, session salesforce.Session, err error) {
	switch {
	case login == "" && s.Client != nil:
		c = s.Client
	case login != "" && s.Logins != nil:
		c, err = s.Logins(ctx, login)
	default:
		err = fmt.Errorf("routing: no client for login %q: %w", login, salesforce.ErrAuth)
	}
	if err != nil {
		return nil, session, err
	}
	session, err = c.Session(ctx)
	if err == nil && s.OrgID != "" && !s.OrgID.Equal(session.OrgID) {
		err = fmt.Errorf("routing: the login leads to org %s, not %s: %w", session.OrgID, s.OrgID, salesforce.ErrOrgMismatch)
	}
	return c, session, err
}

// Find implements [Destination].
func (s Salesforce) Find(ctx context.Context, d Document) (Finding, error) {
	c, _, err := s.client(ctx, d.Login)
	if err != nil {
		return Finding{}, err
	}
	clock := clockOf(c)
	id, err := c.FindUpload(ctx, d.sought())
	if err == nil && id != "" && d.As != AsAttachment {
		err = share(ctx, c, id, d)
	}
	if err != nil {
		return Finding{}, fmt.Errorf("routing: find document %s: %w", d.ID, err)
	}
	return Finding{ID: string(id), Time: clock()}, nil
}

// clockOf tells what Salesforce's clock showed when it was called, once there has
// been an answer.
func clockOf(c *salesforce.Client) func() time.Time {
	asked := time.Now() // measures only, which setting the clock does not disturb
	return func() time.Time {
		now, ok := c.ServerTime()
		if !ok {
			return time.Time{}
		}
		return now.Add(-time.Since(asked))
	}
}

// sought is what the document looks like in Salesforce.
func (d Document) sought() salesforce.Sought {
	s := salesforce.Sought{
		ID: salesforce.ID(d.VersionID), MD5: d.MD5, Size: d.Size, LinkTo: d.Target, Title: d.Title,
		Marker: marker + d.ID, AnyMarker: marker, Age: d.Age,
	}
	if d.As == AsAttachment {
		s.Attachment, s.Title = true, d.FileName
	}
	return s
}

// shareTypes are Salesforce's words.
var shareTypes = map[Access]string{Viewer: "V", Collaborator: "C", Inferred: "I"}

// share gives the link between a file and its record the access and the
// visibility that it should have. Doing so twice changes nothing.
//
// See "ContentDocumentLink" in the Object Reference for the Salesforce Platform.
func share(ctx context.Context, c *salesforce.Client, version salesforce.ID, d Document) error {
	want := salesforce.Record{}
	if d.Access != "" {
		want["ShareType"] = shareTypes[d.Access]
	}
	if d.Visibility != "" {
		want["Visibility"] = string(d.Visibility)
	}
	if len(want) == 0 {
		return nil
	}
	file, err := salesforce.Get[salesforce.Record](ctx, c, "ContentVersion", version, "ContentDocumentId")
	if err != nil {
		return err
	}
	document, _ := file.Get("ContentDocumentId")
	links, err := salesforce.Collect(salesforce.QueryTree[salesforce.Record](ctx, c, &soql.Query{
		Select: soql.Fields("Id", "ShareType", "Visibility"), From: soql.From{Object: "ContentDocumentLink"},
		Where: soql.And(soql.Eq("LinkedEntityId", d.Target), soql.Eq("ContentDocumentId", document)),
	}, nil))
	if err != nil || len(links) == 0 { // taken off the record by somebody since
		return err
	}
	for field, value := range want {
		if has, _ := links[0].Get(field); has == value {
			delete(want, field)
		}
	}
	if len(want) == 0 {
		return nil
	}
	return c.Update(ctx, "ContentDocumentLink", links[0].ID(), want, nil)
}
