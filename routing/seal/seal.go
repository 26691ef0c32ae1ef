// Package seal closes PDF documents with a password, in memory: AES with 256
// bits, revision 6 of the standard security handler, as PDF 2.0 has it (ISO
// 32000-2, 7.6). [PDF] is the routing.Sealer for credit applications.
//
// Nothing is written to a disk. What cannot be sealed is an error and never
// passed on as it is: a document that is signed, since sealing would break its
// signature ([ErrSigned]), one that has a password already ([ErrLocked]), and
// one that is damaged or no PDF at all ([ErrDamaged]).
package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"github.com/sfbridge/sfbridge/routing"
)

// Why a document cannot be sealed.
var (
	// ErrDamaged says that the document is no PDF, or a broken one.
	ErrDamaged = errors.New("seal: the document is no readable PDF")
	// ErrLocked says that the document has a password already.
	ErrLocked = errors.New("seal: the document has a password already")
	// ErrSigned says that the document holds an electronic signature, which
	// sealing would make invalid.
	ErrSigned = errors.New("seal: the document is signed")
	// ErrPassword says that the password is empty, or none that PDF knows.
	ErrPassword = errors.New("seal: the password cannot be used")
)

// PDF seals PDF documents. Its zero value is ready, and safe for concurrent use.
type PDF struct{}

var _ routing.Sealer = PDF{}

// Check tells whether password can be used: 1 to 127 bytes of UTF-8, once it is
// normalised, without control characters. The error matches [ErrPassword] and
// does not hold the password.
func (PDF) Check(password string) error {
	_, err := prepared(password)
	return err
}

// Seal returns a copy of document that opens with password only. The password
// that allows everything else is random, and nobody knows it. A document of n
// bytes takes a few times n of memory.
func (PDF) Seal(ctx context.Context, document []byte, password string) (sealed []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // the content of a PDF is foreign, and may surprise its reader
			sealed, err = nil, unreadable("a part of it is not what it says it is")
		}
	}()
	password, err = prepared(password)
	if err != nil {
		return nil, err
	}
	pdf, err := open(document, password)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(len(document) + len(document)/8)
	if err := api.WriteContext(pdf, &out); err != nil {
		return nil, unreadable("a part of it cannot be copied")
	}
	if err := verify(pdf, out.Bytes()); err != nil {
		return nil, err
	}
	return out.Bytes(), ctx.Err()
}

// disk keeps the reader from making a folder for its configuration.
var disk sync.Once

func configuration() *model.Configuration {
	disk.Do(api.DisableConfigDir)
	conf := model.NewDefaultConfiguration()
	conf.Cmd = model.ENCRYPT
	conf.EncryptUsingAES, conf.EncryptKeyLength = true, 256
	conf.Permissions = model.PermissionsPrint | model.PermissionExtractRev3 // which screen readers go by, and PDF 2.0 wants set
	conf.Offline = true
	conf.Optimize = false // leave the content as it is
	return conf
}

// open reads the document and prepares it to be written sealed.
func open(document []byte, password string) (*model.Context, error) {
	conf := configuration()
	conf.UserPW, conf.OwnerPW = password, rand.Text()
	pdf, err := api.ReadContext(bytes.NewReader(document), conf)
	switch {
	case errors.Is(err, pdfcpu.ErrEncrypted), errors.Is(err, pdfcpu.ErrWrongPassword):
		return nil, ErrLocked
	case err != nil:
		return nil, unreadable("it does not begin or end as a PDF does, or its table of contents is broken")
	}
	if err := load(pdf); err != nil {
		return nil, unreadable("a part of it cannot be unpacked")
	}
	if signed(pdf) {
		return nil, ErrSigned
	}
	if err := pdf.EnsurePageCount(); err != nil || pdf.PageCount == 0 {
		return nil, unreadable("it has no pages")
	}
	return pdf, asVersion2(pdf)
}

// unreadable says what is wrong without the reader's own words, which quote the
// document.
func unreadable(what string) error { return fmt.Errorf("%w: %s", ErrDamaged, what) }

// load unpacks the objects that are packed together in streams. What is not
// unpacked would be copied as it is, in clear.
func load(pdf *model.Context) error {
	for _, entry := range pdf.Table {
		packed, ok := entry.Object.(types.LazyObjectStreamObject)
		if !ok {
			continue
		}
		object, err := packed.DecodedObject(context.Background())
		if err != nil {
			return err
		}
		entry.Object = object
	}
	return nil
}

// signed tells whether any object is a signature: a dictionary that says which
// bytes of the file it covers (ISO 32000-2, 12.8.1).
func signed(pdf *model.Context) bool {
	for _, entry := range pdf.Table {
		if d, ok := entry.Object.(types.Dict); ok && covers(d) {
			return true
		}
	}
	return false
}

// covers looks for a signature in d, which may stand in the dictionary of its
// field instead of in an object of its own.
func covers(d types.Dict) bool {
	if _, ok := d.Find("ByteRange"); ok {
		return true
	}
	value, ok := d.Find("V")
	if inner, isDict := value.(types.Dict); ok && isDict {
		return covers(inner)
	}
	return false
}

// asVersion2 has the document written as PDF 2.0, the first to know revision 6.
func asVersion2(pdf *model.Context) error {
	root, err := pdf.Catalog()
	if err != nil {
		return unreadable("it has no catalog")
	}
	root.Delete("Version")
	version := model.V20
	pdf.HeaderVersion, pdf.RootVersion = &version, nil
	return nil
}
