package salesforce

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/soql"
)

// Sought is a file that may have been uploaded: the answer was lost, or the
// program died before it came.
type Sought struct {
	// ID is the ContentVersion or Attachment, when the answer did come; then
	// nothing but its content is compared. Defaults to "", not known.
	ID ID
	// Attachment looks for an Attachment instead of a ContentVersion.
	Attachment bool
	// MD5 and Size are those of the content: 32 hex digits, and bytes.
	MD5  string
	Size int64
	// LinkTo is the record that the file was put on. Defaults to the session's
	// user, to whom a file belongs that was put on none.
	LinkTo ID
	// Title is the file's title, or the name of an Attachment.
	Title string
	// Marker is a text in the file's description that tells it from all others,
	// such as the id of a delivery. It stands there as a word of its own: job:1 is
	// not found in job:12. Defaults to "", without one.
	Marker string
	// AnyMarker begins the markers of all uploads, so that a file with the
	// marker of another upload is not taken for this one. Defaults to Marker.
	AnyMarker string
	// Age is how long ago the first try began.
	Age time.Duration
}

// clockSlack is how much earlier than computed a file may have been created.
const clockSlack = 15 * time.Minute

// FindUpload looks for a file that an [Client.Upload] stored whole, and returns
// the id of the ContentVersion or Attachment, "" for none. After an upload that
// failed with [ErrOutcomeUnknown] it says whether the file is there, so that it
// need not be sent a second time. A request can still be carried out for ten
// minutes after its connection broke: only a search after that is final.
//
// The file is one of the session's user, of the same content, on the same
// record. One with the marker in its description is it. One without any marker
// may be it, if automation takes descriptions away: it counts when it has the
// title, or was created after the first try began, by the org's clock.
//
// A user finds the files that the user has made, whatever else the user may
// see. The content of an Attachment, whose checksum Salesforce does not keep,
// is read and compared.
//
// See "ContentVersion" and "Attachment" in the Object Reference for the
// Salesforce Platform.
func (c *Client) FindUpload(ctx context.Context, s Sought) (ID, error) {
	if err := s.validate("find an upload"); err != nil {
		return "", err
	}
	session, err := c.Session(ctx)
	if err != nil {
		return "", err
	}
	setDefault(&s.AnyMarker, s.Marker)
	setDefault(&s.LinkTo, session.UserID)
	s.MD5 = strings.ToLower(s.MD5)
	if s.Attachment {
		return c.findAttachment(ctx, s)
	}
	return c.findVersion(ctx, s)
}

var md5Form = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)

func (s Sought) validate(op string) error {
	var faults []error
	wrong := func(format string, args ...any) { faults = append(faults, fault(op, ErrValidation, format, args...)) }
	if !md5Form.MatchString(s.MD5) {
		wrong("Sought.MD5 %q is no MD5 in hex", clip(s.MD5, 40))
	}
	if s.Size < 0 {
		wrong("Sought.Size %d is negative", s.Size)
	}
	if _, err := exactID(string(s.ID)); s.ID != "" && err != nil {
		wrong("Sought.ID %q is no id", clip(string(s.ID), 40))
	}
	if _, err := exactID(string(s.LinkTo)); s.LinkTo != "" && err != nil {
		wrong("Sought.LinkTo %q is no id", clip(string(s.LinkTo), 40))
	}
	return errors.Join(faults...)
}

// candidate is a file that may be the one sought.
type candidate struct {
	ID          ID       `json:"Id"`
	DocumentID  ID       `json:"ContentDocumentId"`
	Title       string   `json:"Title"`
	Description string   `json:"Description"`
	Created     DateTime `json:"CreatedDate"`
}

func (c *Client) findVersion(ctx context.Context, s Sought) (ID, error) {
	content := soql.And(soql.Eq("Checksum", s.MD5), soql.Eq("ContentSize", s.Size))
	found, err := c.candidates(ctx, s, soql.FieldsOf[candidate], "ContentVersion", content)
	if err != nil {
		return "", err
	}
	if id := s.marked(found); id != "" {
		return id, nil
	}
	found = s.plausible(c, found)
	linked, err := c.linkedTo(ctx, s.LinkTo, found)
	if err != nil {
		return "", err
	}
	for _, f := range found {
		if linked[f.DocumentID] {
			return f.ID, nil
		}
	}
	return "", nil
}

func (c *Client) findAttachment(ctx context.Context, s Sought) (ID, error) {
	fields := func() ([]soql.SelectItem, error) { return soql.Fields("Id", "Description", "CreatedDate"), nil }
	content := soql.Eq("BodyLength", s.Size)
	if s.ID == "" {
		content = soql.And(soql.Eq("ParentId", s.LinkTo), soql.Eq("Name", s.Title), content)
	}
	found, err := c.candidates(ctx, s, fields, "Attachment", content)
	if err != nil {
		return "", err
	}
	if s.ID == "" {
		for i := range found {
			found[i].Title = s.Title // by which it was found
		}
		marked := slices.DeleteFunc(slices.Clone(found), func(f candidate) bool { return !s.isMarked(f) })
		found = append(marked, s.plausible(c, found)...)
	}
	for _, f := range found {
		sum, err := c.md5(ctx, f.ID)
		if err != nil {
			return "", err
		}
		if sum == s.MD5 {
			return f.ID, nil
		}
	}
	return "", nil
}

// candidates are the files with the content: the one whose id is known, or all
// of the user's.
func (c *Client) candidates(ctx context.Context, s Sought, fields func() ([]soql.SelectItem, error), object string, content soql.Condition) ([]candidate, error) {
	list, err := fields()
	if err != nil {
		return nil, err
	}
	who := soql.Eq("Id", s.ID)
	if s.ID == "" {
		session, err := c.Session(ctx)
		if err != nil {
			return nil, err
		}
		who = soql.Eq("CreatedById", session.UserID)
	}
	return Collect(QueryTree[candidate](ctx, c, &soql.Query{Select: list, From: soql.From{Object: object}, Where: soql.And(who, content)}, nil))
}

// marked is the file that says itself what it is, or whose id was known.
func (s Sought) marked(found []candidate) ID {
	for _, f := range found {
		if s.ID != "" || s.isMarked(f) {
			return f.ID
		}
	}
	return ""
}

func (s Sought) isMarked(f candidate) bool {
	return s.Marker != "" && holdsWord(f.Description, s.Marker)
}

// holdsWord reports whether a text holds a word, and not only one that begins
// earlier or ends later.
func holdsWord(text, word string) bool {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if !joins(text[:at], word) && !joins(text[:at+len(word)], text[at+len(word):]) {
			return true
		}
	}
}

// joins reports whether two texts, side by side, make one word of their ends.
func joins(left, right string) bool {
	before, _ := utf8.DecodeLastRuneInString(left)
	after, _ := utf8.DecodeRuneInString(right)
	return isWordRune(before) && isWordRune(after)
}

func isWordRune(r rune) bool {
	return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// plausible are the files that may be the one sought though they do not say so.
// The title is asked first, because a clock here that is set back makes an old
// file look young.
func (s Sought) plausible(c *Client, found []candidate) []candidate {
	var oldest time.Time // by the org's clock
	if now, ok := c.ServerTime(); ok {
		oldest = now.Add(-s.Age - clockSlack).Truncate(time.Second)
	}
	return slices.DeleteFunc(found, func(f candidate) bool {
		return s.AnyMarker != "" && strings.Contains(f.Description, s.AnyMarker) ||
			f.Title != s.Title && f.Created.Before(oldest)
	})
}

// linkedTo tells which documents hang on a record.
func (c *Client) linkedTo(ctx context.Context, record ID, files []candidate) (map[ID]bool, error) {
	if len(files) == 0 {
		return nil, nil
	}
	documents := make([]ID, len(files))
	for i, f := range files {
		documents[i] = f.DocumentID
	}
	type link struct {
		DocumentID ID `json:"ContentDocumentId"`
	}
	links, err := Collect(QueryTree[link](ctx, c, &soql.Query{
		Select: soql.Fields("ContentDocumentId"), From: soql.From{Object: "ContentDocumentLink"},
		Where: soql.And(soql.Eq("LinkedEntityId", record), soql.In("ContentDocumentId", documents)),
	}, nil))
	found := map[ID]bool{}
	for _, l := range links {
		found[l.DocumentID] = true
	}
	return found, err
}

// md5 is the checksum of a file's content.
func (c *Client) md5(ctx context.Context, id ID) (string, error) {
	body, err := c.Download(ctx, id)
	if err != nil {
		return "", err
	}
	defer body.Close()
	sum := md5.New()
	if _, err := io.Copy(sum, body); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
