package report

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Sizes in millimetres, and of letters in points.
const (
	margin    = 18.0
	footer    = 16.0
	leading   = 0.46 // of a line, in mm per point
	small     = 8.0
	normal    = 9.5
	heading   = 11.5
	large     = 15.0
	huge      = 20.0
	logoWidth = 60.0
	logoHigh  = 20.0
)

var (
	ink   = color.RGBA{0x22, 0x26, 0x2B, 0xFF}
	faint = color.RGBA{0x6B, 0x72, 0x7B, 0xFF}
	paper = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
	rule  = color.RGBA{0xD5, 0xD9, 0xDE, 0xFF}
)

// A page is the PDF as it grows. It writes where y stands, and begins a new page
// when there is no room.
type page struct {
	*fpdf.Fpdf
	*Renderer
	y             float64
	width, height float64
	pages         int    // of the whole, as far as it is known
	running       string // stands on top of the pages after the first
	repeat        func() // is written on top of a new page, too: the head of a table
}

// A style is how a text looks.
type style struct {
	size  float64
	bold  bool
	color color.RGBA
	align string // "R", or else to the left
}

func (r *Renderer) page(date time.Time, title string, pages int) *page {
	p := &page{Fpdf: fpdf.New("P", "mm", string(r.cfg.Paper), ""), Renderer: r, pages: pages, running: title}
	for _, f := range r.faces {
		p.AddUTF8FontFromBytes(f.name, "", f.regular)
		p.AddUTF8FontFromBytes(f.name, "B", f.bold)
	}
	p.SetCatalogSort(true)
	p.SetCreationDate(date.UTC())
	p.SetModificationDate(date.UTC())
	p.SetTitle(title, true)
	p.SetLang(r.cfg.Language)
	p.SetProducer("sfbridge", true)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	p.next()
	return p
}

// next begins a page.
func (p *page) next() {
	if p.PageNo() > 0 {
		p.foot()
	}
	p.AddPage()
	p.width, p.height = p.GetPageSize()
	p.y = margin
	if p.PageNo() > 1 {
		p.text(p.running, margin, p.room(), style{size: small, color: faint})
		p.line(p.y + 1)
		p.y += 5
		if p.repeat != nil {
			p.repeat()
		}
	}
}

// room is the width of the text.
func (p *page) room() float64 { return p.width - 2*margin }

// need begins a new page unless there is so much room.
func (p *page) need(height float64) {
	if p.y+height > p.height-footer-6 && p.y > margin+20 {
		p.next()
	}
}

// foot writes the end of the page.
func (p *page) foot() {
	y := p.height - footer
	p.line(y)
	p.y = y + 2
	p.text(p.cfg.Company.Name, margin, p.room()/2, style{size: small, color: faint})
	p.y = y + 2
	p.text(fmt.Sprintf(p.cfg.Captions.Page, p.PageNo(), max(p.pages, p.PageNo())), margin+p.room()/2, p.room()/2,
		style{size: small, color: faint, align: "R"})
}

// measure tells how wide a text is.
func (p *page) measure(text string, s style) float64 {
	wide := 0.0
	for _, r := range runs(p.faces, text) {
		p.use(r.face, s)
		wide += p.GetStringWidth(r.text)
	}
	return wide
}

func (p *page) use(f *face, s style) {
	weight := ""
	if s.bold {
		weight = "B"
	}
	p.SetFont(f.name, weight, s.size)
	p.SetTextColor(int(s.color.R), int(s.color.G), int(s.color.B))
}

// lines breaks text to a width.
func (p *page) lines(text string, width float64, s style) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(clean(text), "\n") {
		lines = append(lines, wrap(paragraph, width, func(part string) float64 { return p.measure(part, s) })...)
	}
	return lines
}

// high is how high text is when it is broken to a width.
func (p *page) high(text string, width float64, s style) float64 {
	if text == "" {
		return 0
	}
	return float64(len(p.lines(text, width, s))) * s.size * leading
}

// text writes below y, broken to a width, and moves y.
func (p *page) text(text string, x, width float64, s style) {
	if text == "" {
		return
	}
	for _, line := range p.lines(text, width, s) {
		if p.y+s.size*leading > p.height-2 { // one text longer than a page
			p.next()
		}
		p.write(line, x, width, s)
		p.y += s.size * leading
	}
}

// write writes one line at y.
func (p *page) write(line string, x, width float64, s style) {
	if s.align == "R" {
		x += width - p.measure(line, s)
	}
	for _, r := range runs(p.faces, line) {
		p.use(r.face, s)
		wide := p.GetStringWidth(r.text)
		p.SetXY(x, p.y)
		p.CellFormat(wide, s.size*leading, r.text, "", 0, "LM", false, 0, "")
		x += wide
	}
}

// beside writes text at the height of y and leaves y where it is.
func (p *page) beside(text string, x, width float64, s style) {
	y := p.y
	p.text(text, x, width, s)
	p.y = y
}

// line draws a thin line over the width of the text.
func (p *page) line(y float64) { p.stroke(margin, y, p.room(), 0.2, rule) }

func (p *page) stroke(x, y, width, thick float64, c color.RGBA) {
	p.SetDrawColor(int(c.R), int(c.G), int(c.B))
	p.SetLineWidth(thick)
	p.Line(x, y, x+width, y)
}

// picture puts the logo at x and y, and returns how high it is.
func (p *page) picture(x float64) float64 {
	if p.logo == nil {
		return 0
	}
	high := min(logoHigh, logoWidth/p.logo.aspect)
	p.RegisterImageOptionsReader("logo", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(p.logo.png))
	p.ImageOptions("logo", x, p.y, high*p.logo.aspect, high, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	return high
}
