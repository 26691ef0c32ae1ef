package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Line is how an address of the server answers.
type Line struct {
	Gzip    bool
	Latency time.Duration // before each answer, logins aside
	Rate    int           // bytes a second that go out, 0 for any
	Records int           // of a query, 0 for those of Sizes
	// Busy answers every other upload with 503, once it has come in.
	Busy bool
}

// Sizes is what the server has.
type Sizes struct {
	Records int // of a query
	Rows    int // of a bulk query
}

// Order is what a server is started with.
type Order struct {
	Sizes Sizes
	Lines []Line
}

// Serve opens an address for each line, prints them as a JSON list, and serves
// until in ends.
func Serve(order Order, in io.Reader, out io.Writer) error {
	s := newStore(order)
	var addresses []string
	for _, line := range order.Lines {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("wire: serve: %w", err)
		}
		addresses = append(addresses, "http://"+l.Addr().String())
		go func() {
			fmt.Fprintln(os.Stderr, http.Serve(l, &handler{store: s, line: line})) //nolint:gosec // no client is a stranger
		}()
	}
	if err := json.NewEncoder(out).Encode(addresses); err != nil {
		return fmt.Errorf("wire: serve: %w", err)
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

// store is what all lines serve.
type store struct {
	sizes  Sizes
	pages  map[int][]content // of a query, by the records that it has
	parts  []content
	saved  []byte // of a whole request
	within int    // results of it
}

func newStore(order Order) *store {
	zip := false
	s := &store{sizes: order.Sizes, pages: map[int][]content{}, saved: saved(200), within: 200}
	for i := range order.Lines {
		line := &order.Lines[i]
		zip = zip || line.Gzip
		if line.Records == 0 {
			line.Records = s.sizes.Records
		}
	}
	for _, line := range order.Lines {
		n := line.Records
		if s.pages[n] == nil {
			s.pages[n] = rendered((n+pageSize-1)/pageSize, zip, func(i int) []byte { return page(i, n) })
		}
	}
	n := s.sizes.Rows
	s.parts = rendered((n+partSize-1)/partSize, false, func(i int) []byte { return part(i, n) })
	return s
}

type handler struct {
	*store
	line Line

	mu      sync.Mutex // guards the rest
	free    time.Time  // when the line has sent what it was given
	uploads int
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, base), "/")
	if path == "" || path == "/limits" {
		h.small(w, http.StatusOK, `{"identity":"https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS"}`)
		return
	}
	if path != "/query" && strings.HasPrefix(path, "/sobjects") {
		h.upload(w, r)
		return
	}
	time.Sleep(h.line.Latency)
	switch {
	case path == "/composite/sobjects":
		h.create(w, r)
	case strings.HasPrefix(path, "/query"):
		_, offset, _ := strings.Cut(path, "-")
		h.send(w, "application/json;charset=UTF-8", pick(h.pages[h.line.Records], offset, pageSize))
	case strings.HasSuffix(path, "/results"):
		h.results(w, r)
	case strings.HasSuffix(path, "/resultPages"):
		h.list(w, path)
	case strings.HasPrefix(path, "/jobs/query"):
		h.small(w, http.StatusOK, fmt.Sprintf(
			`{"id":"750RM0000000001","operation":"query","object":"Account","state":"JobComplete","numberRecordsProcessed":%d}`, h.sizes.Rows))
	default:
		http.NotFound(w, r)
	}
}

// pick is the content that begins with the record of that number, "" for 0.
func pick(list []content, offset string, size int) *content {
	n, _ := strconv.Atoi(offset)
	if i := n / size; i < len(list) {
		return &list[i]
	}
	return &content{}
}

func (h *handler) results(w http.ResponseWriter, r *http.Request) {
	locator := r.URL.Query().Get("locator")
	first, _ := strconv.Atoi(locator)
	end := min(first+partSize, h.sizes.Rows)
	next := "null"
	if end < h.sizes.Rows {
		next = strconv.Itoa(end)
	}
	w.Header().Set("Sforce-Locator", next)
	w.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(end-first))
	h.send(w, "text/csv", pick(h.parts, locator, partSize))
}

// list tells where all parts of a bulk result are.
func (h *handler) list(w http.ResponseWriter, path string) {
	type page struct {
		URL string `json:"resultUrl"`
	}
	var pages []page
	for i := range h.parts {
		pages = append(pages, page{base + strings.TrimSuffix(path, "Pages") + "s?locator=" + strconv.Itoa(i*partSize)})
	}
	text, _ := json.Marshal(map[string]any{"resultPages": pages, "done": true}) // which has nothing that could fail
	h.small(w, http.StatusOK, string(text))
}

// create answers a result for each record that came.
func (h *handler) create(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := h.saved
	if n := bytes.Count(body, []byte(`"attributes"`)); n != h.within {
		answer = saved(n)
	}
	h.send(w, "application/json;charset=UTF-8", &content{plain: answer, zipped: nil})
}

// upload takes a file, the first time not if the line is busy.
func (h *handler) upload(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	h.mu.Lock()
	h.uploads++
	refuse := h.line.Busy && h.uploads%2 == 1
	h.mu.Unlock()
	if refuse {
		h.small(w, http.StatusServiceUnavailable, `[{"errorCode":"SERVER_UNAVAILABLE","message":"Server unavailable, retry after a few minutes."}]`)
		return
	}
	h.small(w, http.StatusCreated, `{"id":"068RM0000000001YAA","success":true,"errors":[]}`)
}

func (h *handler) small(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// send writes a content as fast as the line allows.
func (h *handler) send(w http.ResponseWriter, kind string, c *content) {
	zipped := h.line.Gzip && c.zipped != nil
	text := c.of(zipped)
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Sforce-Limit-Info", "api-usage=18/15000")
	if zipped {
		w.Header().Set("Content-Encoding", "gzip")
	}
	if h.line.Rate == 0 {
		_, _ = w.Write(text)
		return
	}
	for len(text) > 0 {
		n := min(len(text), 16<<10)
		time.Sleep(h.turn(n))
		if _, err := w.Write(text[:n]); err != nil {
			return
		}
		text = text[n:]
	}
}

// turn is how long the line is not free for the next n bytes.
func (h *handler) turn(n int) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.free.Before(now) {
		h.free = now
	}
	h.free = h.free.Add(time.Duration(n) * time.Second / time.Duration(h.line.Rate))
	return h.free.Sub(now)
}
