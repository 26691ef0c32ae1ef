package salesforce

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"sync"
)

// Salesforce's limits on the size of an upload, in bytes.
const (
	maxJSONBody int64 = 50_000_000 // of a whole request with the file inside JSON
	maxFile     int64 = 2 << 30    // of a file in a multipart request
	maxAttached int64 = 500 << 20  // of an Attachment in a multipart request
)

// File is a file to upload: what Salesforce calls a ContentVersion, or an
// Attachment.
type File struct {
	// Title is what people see; it may hold any character, a slash too. Defaults
	// to Name without its extension.
	Title string
	// Name is the file's name with its extension, from which Salesforce takes the
	// type. It is required.
	Name string
	// Description is free text. Defaults to none.
	Description string
	// LinkTo is the record, library or user that the file is put on. Defaults to
	// "": it belongs to the session's user alone.
	LinkTo ID
	// NewVersionOf is the ContentDocument of which the file becomes the next
	// version, instead of a document of its own; LinkTo is empty then. Reason is
	// what the version says of the change. Default to "".
	NewVersionOf ID
	Reason       string
	// Attachment stores the file as an Attachment of LinkTo: what orgs used
	// before files, with Name for a title. Defaults to false.
	Attachment bool
	// ContentType is the media type of an Attachment. Defaults to what the
	// extension of Name says.
	ContentType string
	// Fields are custom fields of the ContentVersion, by their API names, such as
	// a key of one's own. Defaults to none.
	Fields Record
	// Size is the number of bytes that Open gives. An upload of a file that has
	// fewer or more fails, and leaves nothing in Salesforce.
	Size int64
	// Open opens the file from its beginning. It is called once for each try, so
	// that no try needs the file in memory.
	Open func() (io.ReadCloser, error)
}

// FileBytes is a File whose content is in memory.
func FileBytes(name string, data []byte) File {
	return File{
		Name: name,
		Size: int64(len(data)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

// UploadOptions vary an upload. Nil stands for the zero value.
type UploadOptions struct {
	// ForceMultipart sends even a small file as multipart. Defaults to false.
	ForceMultipart bool
	// MaxJSON is the largest request, in bytes, that carries the file as base64
	// inside JSON; a larger one is sent as multipart. It must not exceed
	// 50,000,000, Salesforce's limit, which is the default: a file of about 37.5
	// million bytes.
	MaxJSON int64
	// Progress is told how many of the file's bytes are on their way. It is
	// called from another goroutine, never twice at the same time; sent begins
	// again at a small number when the upload is repeated. Defaults to none.
	Progress func(sent, total int64)
}

// Uploaded is a file that has arrived.
type Uploaded struct {
	ID   ID     // of the ContentVersion or Attachment
	MD5  string // of the bytes sent, in hex, as ContentVersion.Checksum has it
	Size int64  // in bytes
}

// Upload stores a file of up to 2 GB, an Attachment of up to 500 MB. Its memory
// does not grow with the file.
//
// An upload is sent once more only when the request did not go out to its end,
// or Salesforce said that it did nothing. One that may have been carried out
// fails with [ErrOutcomeUnknown]; [Client.FindUpload] finds out. Other errors match [ErrTooLarge],
// [ErrStorage] or [ErrValidation], or are those of the file's Open and Read.
//
// See "Insert or Update Blob Data" in the REST API Developer Guide.
func (c *Client) Upload(ctx context.Context, f File, opt *UploadOptions) (Uploaded, error) {
	const op = "upload"
	if opt == nil {
		opt = &UploadOptions{}
	}
	if err := errors.Join(f.validate(op), opt.validate(op)); err != nil {
		return Uploaded{}, err
	}
	u := &upload{File: f, progress: opt.Progress}
	body, err := u.payload(opt)
	if err != nil {
		return Uploaded{}, fault(op, nil, "%v", err)
	}
	result := saveResult{Success: true}
	request := &call{op: op, method: http.MethodPost, path: c.base + "/sobjects/" + f.object(), body: body}
	if err := c.exchange(ctx, request, &result); err != nil {
		return Uploaded{}, err
	}
	if !result.Success {
		return Uploaded{}, result.refusal(op)
	}
	if err := result.named(request); err != nil {
		return Uploaded{}, err
	}
	return Uploaded{ID: result.ID, MD5: u.checksum(), Size: f.Size}, nil
}

// object is what Salesforce calls the file.
func (f File) object() string {
	if f.Attachment {
		return "Attachment"
	}
	return "ContentVersion"
}

// content is the field that holds the content.
func (f File) content() string {
	if f.Attachment {
		return "Body"
	}
	return "VersionData"
}

// contents are where the objects that have a content keep it, by their key
// prefixes.
var contents = map[string]struct{ object, field string }{
	"068": {"ContentVersion", "VersionData"},
	"00P": {"Attachment", "Body"},
	"015": {"Document", "Body"},
}

// Download opens the content of a ContentVersion, an Attachment or a Document.
// The caller closes it. Reading fails when the content is cut off, and when ctx
// ends.
//
// See "sObject Blob Get" in the REST API Developer Guide.
func (c *Client) Download(ctx context.Context, id ID) (io.ReadCloser, error) {
	op := "download " + string(id)
	kind, ok := contents[id.Prefix()]
	if !ok {
		return nil, fault(op, ErrValidation, "%q is the id of no file", clip(string(id), 40))
	}
	record, err := recordPath(op, kind.object, id)
	if err != nil {
		return nil, err
	}
	request := &call{op: op, method: http.MethodGet, path: c.base + record + "/" + kind.field, idempotent: true}
	ans, err := c.send(ctx, request)
	if err != nil {
		return nil, err
	}
	return ans, nil
}

func (f File) validate(op string) error {
	var faults []error
	if f.Name == "" {
		faults = append(faults, fault(op, ErrValidation, "File.Name is missing"))
	}
	if f.Open == nil {
		faults = append(faults, fault(op, ErrValidation, "File.Open is missing"))
	}
	if _, err := exactID(string(f.LinkTo)); f.LinkTo != "" && err != nil {
		faults = append(faults, fault(op, ErrValidation, "File.LinkTo %q is no id", clip(string(f.LinkTo), 40)))
	}
	if f.Size < 0 {
		faults = append(faults, fault(op, ErrValidation, "File.Size %d is negative", f.Size))
	}
	for name := range f.Fields {
		if !strings.HasSuffix(strings.ToLower(name), "__c") {
			faults = append(faults, fault(op, ErrValidation, "File.Fields %q is no custom field", clip(name, 40)))
		}
	}
	limit := maxFile
	if f.Attachment {
		limit = maxAttached
	}
	if f.Size > limit {
		faults = append(faults, fault(op, ErrTooLarge, "the file has %d bytes, over Salesforce's limit of %d", f.Size, limit))
	}
	if _, err := exactID(string(f.NewVersionOf)); f.NewVersionOf != "" && (err != nil || f.NewVersionOf.Prefix() != "069") {
		faults = append(faults, fault(op, ErrValidation, "File.NewVersionOf %q is no id of a document", clip(string(f.NewVersionOf), 40)))
	}
	switch {
	case f.Attachment && f.LinkTo == "":
		faults = append(faults, fault(op, ErrValidation, "File.LinkTo is missing, which an Attachment needs"))
	case f.Attachment && len(f.Fields) > 0:
		faults = append(faults, fault(op, ErrValidation, "File.Fields: an Attachment has no custom fields"))
	case f.Attachment && f.NewVersionOf != "":
		faults = append(faults, fault(op, ErrValidation, "an Attachment has no versions"))
	case f.NewVersionOf != "" && f.LinkTo != "":
		faults = append(faults, fault(op, ErrValidation, "a new version hangs where its document does: File.LinkTo must be empty"))
	}
	return errors.Join(faults...)
}

func (opt *UploadOptions) validate(op string) error {
	if opt.MaxJSON < 0 || opt.MaxJSON > maxJSONBody {
		return fault(op, ErrValidation, "MaxJSON %d is not in 0 to %d", opt.MaxJSON, maxJSONBody)
	}
	return nil
}

// payload lays out the request: the file's fields and its content, as JSON when
// that is small enough.
func (u *upload) payload(opt *UploadOptions) (*payload, error) {
	fields, err := json.Marshal(u.fields())
	if err == nil && len(u.Fields) > 0 {
		fields, err = u.withOwn(fields)
	}
	if err != nil {
		return nil, err
	}
	limit := opt.MaxJSON
	if limit == 0 {
		limit = maxJSONBody
	}
	if p := u.asJSON(fields); p.size <= limit && !opt.ForceMultipart {
		return p, nil
	}
	return u.asMultipart(fields)
}

// fields are those of the record beside the content.
func (f File) fields() any {
	if f.Attachment {
		return struct {
			Parent      ID     `json:"ParentId"`
			Name        string `json:"Name"`
			Description string `json:"Description,omitempty"`
			ContentType string `json:"ContentType,omitempty"`
		}{f.LinkTo, f.Name, f.Description, firstOf(f.ContentType, mediaTypes[strings.ToLower(path.Ext(f.Name))])}
	}
	return struct {
		Title        string `json:"Title"`
		Name         string `json:"PathOnClient"`
		Description  string `json:"Description,omitempty"`
		LinkTo       ID     `json:"FirstPublishLocationId,omitempty"`
		NewVersionOf ID     `json:"ContentDocumentId,omitempty"`
		Reason       string `json:"ReasonForChange,omitempty"`
	}{firstOf(f.Title, strings.TrimSuffix(f.Name, path.Ext(f.Name))), f.Name, f.Description, f.LinkTo, f.NewVersionOf, f.Reason}
}

// withOwn adds the host's own fields, which are never among ours.
func (f File) withOwn(fields []byte) ([]byte, error) {
	own, err := json.Marshal(f.Fields)
	if err != nil {
		return nil, err
	}
	return slices.Concat(bytes.TrimSuffix(fields, []byte("}")), []byte(","), own[1:]), nil
}

// mediaTypes are those of the files that people attach to records.
var mediaTypes = map[string]string{
	".csv":  "text/csv",
	".doc":  "application/msword",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".gif":  "image/gif",
	".html": "text/html",
	".jpeg": "image/jpeg",
	".jpg":  "image/jpeg",
	".json": "application/json",
	".mp4":  "video/mp4",
	".pdf":  "application/pdf",
	".png":  "image/png",
	".ppt":  "application/vnd.ms-powerpoint",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".txt":  "text/plain",
	".xls":  "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".xml":  "text/xml",
	".zip":  "application/zip",
}

// asJSON lays out
//
//	{"Title":"Plan","PathOnClient":"plan.pdf","VersionData":"<base64>"}
func (u *upload) asJSON(fields []byte) *payload {
	head := slices.Concat(bytes.TrimSuffix(fields, []byte("}")), []byte(`,"`+u.content()+`":"`))
	tail := []byte(`"}`)
	return &payload{
		contentType: "application/json",
		size:        int64(len(head)+len(tail)) + encodedSize(u.Size),
		open: func() (io.ReadCloser, error) {
			src, err := u.open()
			if err != nil {
				return nil, err
			}
			return &framed{io.MultiReader(bytes.NewReader(head), &encoder{src: src}, bytes.NewReader(tail)), src}, nil
		},
	}
}

// encodedSize is the length of n bytes in base64; base64's own function takes
// an int, which is too small for a large file on a 32-bit machine.
func encodedSize(n int64) int64 { return (n + 2) / 3 * 4 }

// asMultipart lays out two parts, in the order that Salesforce asks for: the
// fields, which must not have a file name, and the content, which must.
func (u *upload) asMultipart(fields []byte) (*payload, error) {
	var frame bytes.Buffer
	w := multipart.NewWriter(&frame)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="entity_content"`},
		"Content-Type":        {"application/json"},
	})
	if err != nil {
		return nil, err
	}
	if _, err := part.Write(fields); err != nil {
		return nil, err
	}
	_, err = w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(u.content(), u.Name)},
		"Content-Type":        {"application/octet-stream"},
	})
	if err != nil {
		return nil, err
	}
	headSize := frame.Len()
	if err := w.Close(); err != nil {
		return nil, err
	}
	head, tail := frame.Bytes()[:headSize], frame.Bytes()[headSize:]
	return &payload{
		contentType: w.FormDataContentType(),
		size:        int64(frame.Len()) + u.Size,
		open: func() (io.ReadCloser, error) {
			src, err := u.open()
			if err != nil {
				return nil, err
			}
			return &framed{io.MultiReader(bytes.NewReader(head), src, bytes.NewReader(tail)), src}, nil
		},
	}, nil
}

// framed is a file's content with what stands around it in the request.
type framed struct {
	io.Reader
	io.Closer
}

// encoder gives the base64 of what it reads.
type encoder struct {
	src  io.Reader
	raw  [48 << 10]byte // a multiple of 3, so that only the last step is padded
	rest []byte         // of raw, not encoded yet
	text [4]byte
	left []byte // of text, where there was no room for all of it
	err  error
}

func (e *encoder) Read(p []byte) (int, error) {
	if len(e.left) == 0 && len(e.rest) == 0 && e.err == nil {
		e.fill()
	}
	switch {
	case len(e.left) > 0:
	case len(e.rest) == 0:
		return 0, e.err
	case len(p) < len(e.text):
		e.left = e.text[:e.encode(e.text[:])]
	default:
		return e.encode(p), nil
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

// encode encodes as much as there is, and there is room for, and returns the
// length of it.
func (e *encoder) encode(to []byte) int {
	n := min(len(e.rest), len(to)/4*3)
	encodeBase64(to, e.rest[:n])
	e.rest = e.rest[n:]
	return base64.StdEncoding.EncodedLen(n)
}

// fill reads on. What came before an error is not worth encoding.
func (e *encoder) fill() {
	n, err := io.ReadFull(e.src, e.raw[:])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	if e.err = err; err == nil || err == io.EOF {
		e.rest = e.raw[:n]
	}
}

// base64Pairs are the two characters for each twelve bits.
var base64Pairs = sync.OnceValue(func() *[1 << 12]uint16 {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var pairs [1 << 12]uint16
	for i := range pairs {
		pairs[i] = uint16(alphabet[i>>6]) | uint16(alphabet[i&63])<<8
	}
	return &pairs
})

// encodeBase64 is base64.StdEncoding.Encode, in half the time: an upload has
// little else to do.
func encodeBase64(to, raw []byte) {
	pairs := base64Pairs()
	for len(raw) >= 8 && len(to) >= 8 {
		v := binary.BigEndian.Uint64(raw) // of which six bytes are taken
		binary.LittleEndian.PutUint64(to, uint64(pairs[v>>52])|
			uint64(pairs[v>>40&0xfff])<<16|
			uint64(pairs[v>>28&0xfff])<<32|
			uint64(pairs[v>>16&0xfff])<<48)
		raw, to = raw[6:], to[8:]
	}
	base64.StdEncoding.Encode(to, raw)
}
