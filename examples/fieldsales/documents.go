package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/sfbridge/sfbridge/routing/report"
)

// company stands at the head of what the app prints.
var company = report.Company{
	Name: "Acme Exteriors", Address: []string{"2210 Larimer Street", "Denver, CO 80205"},
	Phone: "+1 (303) 555-0100", Email: "office@example.com", Website: "www.example.com", License: "CO 231-4410",
}

// contract is the smallest PDF that there is: one empty page.
func contract() io.Reader {
	return strings.NewReader("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}

// A document is a large file of random bytes, as photographs are to whoever
// sends them, and the checksum of what was read of it.
type document struct {
	io.Reader
	hash hash.Hash
}

func photos(size int64) *document {
	sum := sha256.New()
	random := rand.NewChaCha8([32]byte{1})
	return &document{io.TeeReader(io.LimitReader(random, size), sum), sum}
}

func (d *document) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }
