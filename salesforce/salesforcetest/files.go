package salesforcetest

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// fileTypes are the FileType of the extensions that Salesforce knows. Any
// other extension, in capitals, is its own type.
var fileTypes = map[string]string{
	"doc": "WORD", "docx": "WORD_X", "xls": "EXCEL", "xlsx": "EXCEL_X", "ppt": "POWER_POINT", "pptx": "POWER_POINT_X",
	"txt": "TEXT", "jpeg": "JPG", "htm": "HTML", "tif": "TIFF", "": "UNKNOWN", "snote": "SNOTE",
}

// maxAttachment is the size of an attachment that the org accepts, in bytes.
const maxAttachment = 25 << 20

// attachmentBefore measures the content.
func attachmentBefore(_ *Transaction, _, r *record, _ []change) error {
	if body, ok := r.value("Body").(*blob); ok {
		if body.size > maxAttachment {
			return fieldError("MAXIMUM_SIZE_OF_ATTACHMENT", []string{"Body"}, "The attachment is larger than %d bytes", maxAttachment)
		}
		r.put("BodyLength", decimal{coef: body.size})
	}
	return nil
}

// paperBefore measures the content of a Document, and fills in what it does not
// say of itself.
func paperBefore(tx *Transaction, old, r *record, _ []change) error {
	body, _ := r.value("Body").(*blob)
	size := int64(0)
	if body != nil {
		size = body.size
	}
	r.put("BodyLength", decimal{coef: size})
	if r.value("AuthorId") == nil {
		r.put("AuthorId", tx.user)
	}
	if old == nil && r.value("DeveloperName") == nil {
		r.put("DeveloperName", cut(developerName(r.text("Name")), 80))
	}
	return nil
}

// documentBefore dates a document that does not say when it was changed.
func documentBefore(tx *Transaction, old, r *record, _ []change) error {
	if old == nil && r.value("ContentModifiedDate") == nil {
		r.put("ContentModifiedDate", tx.org.stamp())
	}
	return nil
}

// versionBefore works out what a version says about its content.
func versionBefore(tx *Transaction, old, r *record, changes []change) error {
	if old != nil {
		return nil
	}
	content, _ := r.value("VersionData").(*blob)
	switch {
	case r.text("ContentLocation") != "S":
		content = newBlob(nil)
	case r.value("PathOnClient") == nil:
		return fieldsMissing([]string{"PathOnClient"})
	case content == nil:
		return fieldsMissing([]string{"VersionData"})
	case sets(changes, "ContentDocumentId") && r.value("ContentDocumentId") != nil && r.value("FirstPublishLocationId") != nil:
		return fieldError("INVALID_FIELD_FOR_INSERT_UPDATE", []string{"FirstPublishLocationId"},
			"FirstPublishLocationId can be set on the first version of a file only")
	}
	name := path.Base(strings.ReplaceAll(r.text("PathOnClient"), `\`, "/"))
	ext := strings.TrimPrefix(path.Ext(name), ".")
	if r.value("Title") == nil {
		r.put("Title", cut(strings.TrimSuffix(name, path.Ext(name)), 255))
	}
	r.put("FileExtension", orNil(ext))
	r.put("FileType", fileType(ext))
	r.put("Checksum", content.md5)
	r.put("ContentSize", decimal{coef: content.size})
	r.put("ContentModifiedById", tx.user)
	if r.value("ContentModifiedDate") == nil {
		r.put("ContentModifiedDate", tx.org.stamp())
	}
	return tx.enterDocument(r)
}

// fileType is the FileType of a file name's extension.
func fileType(ext string) string {
	ext = strings.ToLower(ext)
	if typ, ok := fileTypes[ext]; ok {
		return typ
	}
	return strings.ToUpper(ext)
}

// enterDocument makes a version the latest one of its document. A version
// without a document gets a new one.
func (tx *Transaction) enterDocument(r *record) error {
	r.put("IsLatest", true)
	r.put("VersionNumber", "1")
	documents := tx.org.object("ContentDocument")
	switch id := r.text("ContentDocumentId"); {
	case documents.find(id, tx) != nil:
		return tx.supersede(r, id)
	case id != "" && !tx.system:
		return missingRecord()
	}
	doc := &record{of: documents, values: make([]any, len(documents.fields))}
	for _, f := range documents.fields {
		doc.values[f.index] = tx.initial(f)
	}
	if id := r.value("ContentDocumentId"); id != nil { // a note brings the id of its document
		doc.values[fieldID] = id
	}
	for _, name := range []string{"Title", "Description", "OwnerId", "FileType", "FileExtension", "ContentSize", "ContentModifiedDate"} {
		doc.put(name, r.value(name))
	}
	doc.put("LatestPublishedVersionId", r.id())
	tx.stampNew(doc)
	r.put("ContentDocumentId", doc.id())
	return tx.save(nil, doc, nil)
}

// supersede makes r the next version of a document.
func (tx *Transaction) supersede(r *record, document string) error {
	latest := 0
	for _, w := range r.of.rows {
		v := w.version(tx)
		if v == nil || v.text("ContentDocumentId") != document {
			continue
		}
		n, _ := strconv.Atoi(v.text("VersionNumber"))
		latest = max(latest, n)
		if v.value("IsLatest") == true {
			v = v.copy()
			v.put("IsLatest", false)
			tx.write(w, v)
		}
	}
	r.put("VersionNumber", fmt.Sprint(latest+1))
	documents := tx.org.object("ContentDocument")
	doc := documents.find(document, tx).copy()
	for _, name := range []string{"Title", "FileType", "FileExtension", "ContentSize", "ContentModifiedDate"} {
		doc.put(name, r.value(name))
	}
	doc.put("LatestPublishedVersionId", r.id())
	tx.stampModified(doc)
	tx.write(documents.rows[document], doc)
	return nil
}

// versionAfter shares a new document with its owner and with the record that
// it was published to.
func versionAfter(tx *Transaction, old, r *record) error {
	if old != nil || r.text("VersionNumber") != "1" {
		return nil
	}
	links := tx.org.object("ContentDocumentLink")
	share := func(entity, shareType string) error {
		_, err := tx.insert(links, []assignment{
			{name: "ContentDocumentId", value: r.value("ContentDocumentId")},
			{name: "LinkedEntityId", value: entity},
			{name: "ShareType", value: shareType},
		})
		return err
	}
	owner, place := r.text("OwnerId"), r.text("FirstPublishLocationId")
	if err := share(owner, "I"); err != nil || place == "" || place == owner {
		return err
	}
	return share(place, "V")
}

// linkBefore refuses to link a document to the same record twice.
func linkBefore(tx *Transaction, old, r *record, _ []change) error {
	if old != nil {
		return nil
	}
	for w := range r.of.referring(r.of.own("ContentDocumentId"), r.text("ContentDocumentId")).all {
		if v := w.version(tx); v != nil && !v.deleted() && v.text("LinkedEntityId") == r.text("LinkedEntityId") {
			return fieldError("DUPLICATE_VALUE", nil, "duplicate value found: ContentDocumentLink duplicates value on record with id: %s", v.id()[:15])
		}
	}
	return nil
}

// A note is kept as a file of type SNOTE, whose document has the note's id.

// noteBefore works out what a note says about its content.
func noteBefore(_ *Transaction, _, r *record, _ []change) error {
	r.put("FileType", "SNOTE")
	r.put("FileExtension", "snote")
	if content, ok := r.value("Content").(*blob); ok {
		r.put("ContentSize", decimal{coef: content.size})
		r.put("TextPreview", orNil(cut(string(content.bytes()), 255)))
	}
	return nil
}

// noteAfter writes the file behind a note, a new version for each new content.
func noteAfter(tx *Transaction, old, r *record) error {
	content, ok := r.value("Content").(*blob)
	if !ok {
		content = newBlob(nil)
	}
	if old != nil && old.value("Content") == r.value("Content") {
		return nil
	}
	was := tx.system
	tx.system = true // the document's id is the note's
	defer func() { tx.system = was }()
	id, err := tx.insert(tx.org.object("ContentVersion"), []assignment{
		{name: "Title", value: r.value("Title")},
		{name: "PathOnClient", value: r.text("Title") + ".snote"},
		{name: "VersionData", value: content.bytes()},
		{name: "ContentDocumentId", value: r.id()},
	})
	if err != nil {
		return err
	}
	r = r.copy()
	r.put("LatestPublishedVersionId", id)
	r.put("LatestContentId", id)
	tx.write(r.of.rows[r.id()], r)
	return nil
}

// orNil is a text as a value: nil when it is empty.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// cut shortens text to n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), n)])
}
