package report

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
)

var _ routing.Renderer = (*Renderer)(nil)

// Render makes the report as a PDF. It fails when the estimate is not in order,
// as routing.Estimate.Validate says, and not for any text.
func (r *Renderer) Render(ctx context.Context, report routing.ResultsReport) (document []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			document, err = nil, fmt.Errorf("report: the PDF could not be written: %v", p)
		}
	}()
	if report.Estimate != nil {
		if err := report.Estimate.Validate(); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	pages := 0
	for { // a second time with the number of pages
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		document, n, err := r.draw(report, pages)
		if err != nil || n == pages {
			return document, err
		}
		pages = n
	}
}

func (r *Renderer) draw(report routing.ResultsReport, pages int) ([]byte, int, error) {
	report.Title = cmp.Or(report.Title, r.cfg.Captions.Title)
	running := report.Title
	if name := value(report.Details, "customerName"); name != "" {
		running += " · " + name
	}
	p := r.page(report.Details.Date, clean(running), pages)
	p.letterhead()
	p.title(report)
	p.people(report)
	p.results(report.Results)
	p.estimate(report.Estimate)
	p.notes(report.Notes)
	p.foot()
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, 0, fmt.Errorf("report: write the PDF: %w", err)
	}
	return out.Bytes(), p.PageCount(), nil
}

// value is a placeholder's, empty when it has none.
func value(d placeholder.Data, name string) string {
	d.Custom = nil // which might stand for anything
	text, err := d.Value(name)
	if err != nil {
		return ""
	}
	return text
}

// letterhead has the logo to the left and the company to the right. Without a logo
// the company's name takes its place.
func (p *page) letterhead() {
	c := p.cfg.Company
	top := p.y
	high := p.picture(margin)
	half := p.room() / 2
	right := style{size: small, color: faint, align: "R"}
	if p.logo == nil {
		name := style{size: large, bold: true, color: ink}
		high = p.high(c.Name, half, name)
		p.beside(c.Name, margin, half, name)
	} else {
		p.text(c.Name, margin+half, half, style{size: heading, bold: true, color: ink, align: "R"})
	}
	for _, line := range append(append([]string{}, c.Address...), joined(" · ", c.Phone, c.Email), c.Website, prefixed(p.cfg.Captions.License+" ", c.License)) {
		p.text(line, margin+half, half, right)
	}
	if p.y = max(p.y, top+high); p.y > top {
		p.y += 4
	}
	p.stroke(margin, p.y, p.room(), 0.9, p.accent)
	p.y += 8
}

func (p *page) title(report routing.ResultsReport) {
	p.text(report.Title, margin, p.room(), style{size: huge, bold: true, color: p.accent})
	date := ""
	if d := report.Details.Date; !d.IsZero() {
		if report.Details.Zone != nil {
			d = d.In(report.Details.Zone)
		}
		date = p.locale.day(d)
	}
	p.y++
	p.text(joined(" · ", report.Section, date), margin, p.room(), style{size: heading, color: faint})
	p.y += 6
}

// people has the customer in the left column, and the appointment and the rep in
// the right one.
func (p *page) people(report routing.ResultsReport) {
	d, c := report.Details, p.cfg.Captions
	column := p.room()/2 - 4
	top := p.y
	p.block(margin, column, c.Customer, []string{
		value(d, "customerName"), value(d, "customerSpouseName"),
		d.Address.Street, cityLine(d.Address), d.Customer.Phone, d.Customer.Email,
	})
	left := p.y
	p.y = top
	x := margin + p.room()/2 + 4
	if !report.Appointment.IsZero() {
		p.block(x, column, c.Appointment, []string{p.locale.hour(report.Appointment)})
		p.y += 3
	}
	p.block(x, column, c.Representative, []string{
		value(d, "usersName"), d.User.Phone, d.User.Email, prefixed(c.License+" ", d.User.License),
	})
	p.y = max(left, p.y) + 7
}

func cityLine(a placeholder.Address) string {
	return joined(", ", a.City, joined(" ", a.State, a.Zip))
}

// block is a caption with lines below it, the first of them bold.
func (p *page) block(x, width float64, caption string, lines []string) {
	if strings.Join(lines, "") == "" {
		return
	}
	p.text(strings.ToUpper(caption), x, width, style{size: small, bold: true, color: p.accent})
	p.y++
	bold := true
	for _, line := range lines {
		if line = clean(line); line != "" {
			p.text(line, x, width, style{size: normal, bold: bold, color: ink})
			bold = false
		}
	}
}

// section begins a part of the report, with room for its first lines.
func (p *page) section(caption string) {
	p.need(24)
	p.text(caption, margin, p.room(), style{size: heading, bold: true, color: p.accent})
	p.y++
	p.stroke(margin, p.y, p.room(), 0.4, p.accent)
	p.y += 2.5
}

func (p *page) results(answers []routing.Answer) {
	if len(answers) == 0 {
		return
	}
	p.section(p.cfg.Captions.Results)
	title := style{size: normal, color: faint}
	answer := style{size: normal, bold: true, color: ink}
	left := p.room() * 0.36
	for _, a := range answers {
		high := max(p.high(a.Title, left-4, title), p.high(a.Value, p.room()-left, answer), normal*leading)
		p.need(high + 3)
		top := p.y
		p.beside(a.Title, margin, left-4, title)
		p.text(a.Value, margin+left, p.room()-left, answer)
		if p.y = max(p.y, top+high); p.y < top {
			p.y = top + high
		}
		p.y += 1.5
		p.line(p.y)
		p.y += 1.5
	}
	p.y += 5
}

func (p *page) notes(text string) {
	if clean(text) == "" {
		return
	}
	p.section(p.cfg.Captions.Notes)
	body := style{size: normal, color: ink}
	for _, line := range p.lines(text, p.room(), body) {
		p.need(normal * leading)
		p.text(line, margin, p.room(), body)
		if line == "" {
			p.y += normal * leading / 2
		}
	}
}

func joined(separator string, parts ...string) string {
	var present []string
	for _, part := range parts {
		if part != "" {
			present = append(present, part)
		}
	}
	return strings.Join(present, separator)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
