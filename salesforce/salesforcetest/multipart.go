package salesforcetest

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
)

// Limits of the binary content of one request, in bytes.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_insert_update_blob.htm
const (
	maxVersion = 2 << 30   // of a ContentVersion
	maxContent = 500 << 20 // of any other object, and of a collection together
)

// maxPart is how large the content of a record may be.
func maxPart(ob *object) int64 {
	if ob.Name == "ContentVersion" {
		return maxVersion
	}
	return maxContent
}

// multipartBody reads a multipart body: one JSON part without file name, and
// binary parts with one, named each. Clients send them in either order.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_insert_update_blob.htm
type multipartBody struct {
	entity []assignment
	parts  map[string]*blob
	left   int64 // bytes that binary parts may still have
	keep   int64 // size above which content is not kept
}

// maxParts is how many binary parts a body may have: one for each record of a
// collection.
const maxParts = maxRows

// read takes all parts.
func (m *multipartBody) read(parts *multipart.Reader) ([]assignment, map[string]*blob, error) {
	for {
		p, err := parts.NextPart()
		if err == io.EOF { // a wrapped one means that the body breaks off
			break
		}
		if err != nil {
			return nil, nil, badMultipart("a part is missing: %v", err)
		}
		if err := m.take(p); err != nil {
			return nil, nil, err
		}
	}
	if m.entity == nil {
		return nil, nil, badMultipart("there must be a part of type application/json without file name")
	}
	return m.entity, m.parts, nil
}

// take reads one part.
func (m *multipartBody) take(p *multipart.Part) error {
	if p.FileName() != "" {
		return m.content(p)
	}
	typ, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
	switch {
	case typ != "application/json":
		return badMultipart("the part %s has neither a file name nor the type application/json", p.FormName())
	case m.entity != nil:
		return badMultipart("there are two parts of type application/json")
	}
	data, err := readJSON(p)
	if err != nil {
		return err
	}
	m.entity, err = decodeObject(data)
	return err
}

// content reads a binary part.
func (m *multipartBody) content(p *multipart.Part) error {
	name := p.FormName()
	if len(m.parts) == maxParts {
		return badMultipart("there are more than %d binary parts", maxParts)
	}
	if name == "" || m.parts[name] != nil {
		return badMultipart("binary parts need names of their own, and one is called %q", name)
	}
	b, err := readBlob(p, m.left, m.keep)
	switch {
	case errors.Is(err, errTooLarge):
		return refusal("FILE_SIZE_LIMIT_EXCEEDED", "The binary content of the request is too large")
	case err != nil:
		return badMultipart("the binary part %s breaks off: %v", name, err)
	}
	m.left -= b.size
	m.parts[name] = b
	return nil
}

// badMultipart is what every fault of a multipart body gets.
func badMultipart(format string, args ...any) error {
	return refusal("INVALID_MULTIPART_REQUEST", format, args...)
}

// binaryField is the name of the binary field of an object, "" for none.
func (c *call) binaryField(ob *object) string {
	defer c.reading()()
	for _, f := range ob.fields {
		if f.typ.kind == kindBlob {
			return f.Name
		}
	}
	return ""
}
