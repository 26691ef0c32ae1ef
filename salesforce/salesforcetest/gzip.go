package salesforcetest

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minCompressed is the size in bytes from which answers are compressed.
const minCompressed = 1024

// zippers are writers to be used again: each holds much memory.
var zippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	must(err)
	return z
}}

// inflating is a compressed body. What a client sends may grow, but not so that
// little of it fills the memory.
type inflating struct {
	zip  *gzip.Reader
	sent counted
	size int64
}

// Limits of growth. Bodies that may be larger than the first have binary content,
// which seldom shrinks much.
const (
	freeGrowth = 128 << 20 // bytes that any body may grow to
	maxGrowth  = 10        // how many times its size a larger one may have
)

func (r *inflating) Read(p []byte) (int, error) {
	n, err := r.zip.Read(p)
	if r.size += int64(n); r.size > max(freeGrowth, maxGrowth*r.sent.size) {
		return 0, errTooLarge
	}
	return n, err
}

// counted is a reader that knows how much was read.
type counted struct {
	io.Reader
	size int64
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.size += int64(n)
	return n, err
}

// acceptsGzip reports whether a client takes compressed answers.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

// compressor compresses the texts that the org answers with, unless they are
// short.
type compressor struct {
	http.ResponseWriter
	wanted bool
	status int  // 0 until the handler says
	begun  bool // the header is sent
	zip    *gzip.Writer
}

// WriteHeader waits for the body, by which it is decided.
func (w *compressor) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *compressor) Write(p []byte) (int, error) {
	w.begin(len(p))
	if w.zip != nil {
		return w.zip.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// begin sends the header of an answer whose first part has n bytes.
func (w *compressor) begin(n int) {
	if w.begun {
		return
	}
	w.begun = true
	w.WriteHeader(http.StatusOK)
	h := w.Header()
	if whole, err := strconv.Atoi(h.Get("Content-Length")); err == nil {
		n = whole
	}
	if w.wanted && n >= minCompressed && h.Get("Content-Encoding") == "" && isText(h.Get("Content-Type")) {
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
		w.zip = zippers.Get().(*gzip.Writer)
		w.zip.Reset(w.ResponseWriter)
	}
	w.ResponseWriter.WriteHeader(w.status)
}

// finish ends the answer.
func (w *compressor) finish() {
	w.begin(0)
	if w.zip != nil {
		_ = w.zip.Close() // an error means that the client has gone
		zippers.Put(w.zip)
	}
}

// isText reports whether a content type is one of those that APIs answer with.
func isText(contentType string) bool {
	typ, _, _ := strings.Cut(contentType, ";")
	switch strings.TrimSpace(typ) {
	case "application/json", "application/xml", "text/xml", "text/csv", "text/html":
		return true
	}
	return false
}
