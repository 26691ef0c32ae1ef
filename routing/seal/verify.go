package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"maps"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// verify opens what was written, and compares it with the document it was
// written from: the encryption must be the one that was asked for, and no
// content may be missing. A writer that leaves something out says nothing.
func verify(pdf *model.Context, sealed []byte) error {
	conf := configuration()
	conf.Cmd = model.VALIDATE
	conf.OwnerPW = pdf.OwnerPW
	copied, err := api.ReadContext(bytes.NewReader(sealed), conf)
	if err != nil {
		return errors.New("seal: the sealed document cannot be opened")
	}
	if e := copied.E; e == nil || e.V != 5 || e.R != 6 || !e.Emd || !copied.AES4Streams || !copied.AES4Strings {
		return errors.New("seal: the document was not encrypted as it should be")
	}
	if err := load(copied); err != nil {
		return errors.New("seal: the sealed document cannot be read")
	}
	if !maps.Equal(contents(pdf), contents(copied)) {
		return unreadable("not all of its content could be copied")
	}
	return nil
}

// contents counts the streams that are part of a document, by their bytes.
func contents(pdf *model.Context) map[[sha256.Size]byte]int {
	found := map[[sha256.Size]byte]int{}
	seen := map[int]bool{}
	next := []types.Object{*pdf.Root}
	for len(next) > 0 {
		object := next[len(next)-1]
		next = next[:len(next)-1]
		switch o := object.(type) {
		case types.IndirectRef:
			number := o.ObjectNumber.Value()
			if entry, ok := pdf.FindTableEntryLight(number); ok && !seen[number] {
				seen[number] = true
				next = append(next, entry.Object)
			}
		case types.Array:
			next = append(next, o...)
		case types.Dict:
			for _, value := range o {
				next = append(next, value)
			}
		case types.StreamDict:
			found[sha256.Sum256(o.Raw)]++
			next = append(next, o.Dict)
		}
	}
	return found
}
