package report

import (
	"cmp"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/routing"
)

// The columns of the estimate: how much of the width each has.
const (
	wideQuantity = 0.14
	widePrice    = 0.18
	wideAmount   = 0.20
	indent       = 4.0
	gap          = 3.0
)

// A row of the estimate, and where its columns stand.
type row struct {
	name, more, quantity, price, amount string
	under                               bool // an option, upcharge or discount of the row above
}

func (p *page) estimate(e *routing.Estimate) {
	if e == nil {
		return
	}
	money := func(d decimal.Decimal) string { return p.locale.money(d, cmp.Or(e.Currency, "USD")) }
	caption := joined(": ", p.cfg.Captions.Estimate, e.Name)
	p.section(caption)
	p.repeat = p.tableHead
	p.tableHead()
	for _, item := range e.Items {
		for _, r := range p.itemRows(item, money) {
			p.tableRow(r)
		}
		p.line(p.y)
		p.y += 1.5
	}
	p.repeat = func() { p.section(caption) }
	p.totals(*e, money)
	p.repeat = nil
	if e.Payment != "" {
		p.need(12)
		p.block(margin, p.room(), p.cfg.Captions.Payment, []string{e.Payment})
		p.y += 6
	}
}

func (p *page) itemRows(item routing.Item, money func(decimal.Decimal) string) []row {
	quantity := p.locale.quantity(item.Count())
	rows := []row{{
		name: item.Name, more: item.Description, quantity: joined(" ", quantity, item.Unit),
		price: money(item.Price), amount: money(item.Count().Mul(item.Price)),
	}}
	add := func(amounts []routing.Amount, sign int64) {
		for _, a := range amounts {
			text := money(a.Amount.Mul(decimal.NewFromInt(sign)))
			if a.Amount.IsZero() {
				text = p.cfg.Captions.Included
			}
			rows = append(rows, row{name: a.Name, amount: text, under: true})
		}
	}
	add(item.Options, 1)
	add(item.Upcharges, 1)
	add(item.Discounts, -1)
	return rows
}

// columns are the places of the table's columns: x and width of each.
func (p *page) columns() (name, quantity, price, amount [2]float64) {
	w := p.room()
	amount = [2]float64{margin + w*(1-wideAmount), w * wideAmount}
	price = [2]float64{amount[0] - w*widePrice, w * widePrice}
	quantity = [2]float64{price[0] - w*wideQuantity, w * wideQuantity}
	name = [2]float64{margin, quantity[0] - margin - gap}
	return name, quantity, price, amount
}

func (p *page) tableHead() {
	c := p.cfg.Captions
	name, quantity, price, amount := p.columns()
	left, right := style{size: small, color: faint}, style{size: small, color: faint, align: "R"}
	p.beside(c.Quantity, quantity[0], quantity[1], right)
	p.beside(c.Price, price[0], price[1], right)
	p.beside(c.Amount, amount[0], amount[1], right)
	p.text(c.Description, name[0], name[1], left)
	p.y++
	p.line(p.y)
	p.y += 1.5
}

func (p *page) tableRow(r row) {
	name, quantity, price, amount := p.columns()
	main, figures := style{size: normal, bold: true, color: ink}, style{size: normal, color: ink, align: "R"}
	if r.under {
		main, figures.color = style{size: normal, color: faint}, faint
		name[0], name[1] = name[0]+indent, name[1]-indent
	}
	more := style{size: small, color: faint}
	high := p.high(r.name, name[1], main) + p.high(r.more, name[1], more)
	high = max(high, p.high(r.amount, amount[1], figures), p.high(r.price, price[1], figures), p.high(r.quantity, quantity[1], figures), normal*leading)
	p.need(high + 3)
	top := p.y
	p.beside(r.quantity, quantity[0], quantity[1], figures)
	p.beside(r.price, price[0], price[1], figures)
	p.beside(r.amount, amount[0], amount[1], figures)
	p.text(r.name, name[0], name[1], main)
	p.text(r.more, name[0], name[1], more)
	p.y = max(p.y, top+min(high, p.height)) + 1.2
}

// totals stand in the right half, with the sale amount in the accent colour, whose
// figures stand below the others.
func (p *page) totals(e routing.Estimate, money func(decimal.Decimal) string) {
	type line struct{ name, amount string }
	var lines []line
	add := func(amounts []routing.Amount, sign int64) {
		for _, a := range amounts {
			lines = append(lines, line{a.Name, money(a.Amount.Mul(decimal.NewFromInt(sign)))})
		}
	}
	add(e.Upcharges, 1)
	add(e.Discounts, -1)
	add(e.Tax, 1)
	if len(lines) > 0 {
		lines = append([]line{{p.cfg.Captions.Subtotal, money(e.Subtotal())}}, lines...)
	}
	half := p.room() / 2
	white := style{size: heading, bold: true, color: paper}
	amount := white
	amount.align = "R"
	name := cmp.Or(e.TotalName, p.cfg.Captions.Total)
	high := p.high(name, half*0.5-gap, white)
	p.need(float64(len(lines))*5.5 + high + 8)
	p.y += 2
	x := margin + half
	for _, l := range lines {
		p.beside(l.amount, x+half*0.5, half*0.5, style{size: normal, color: ink, align: "R"})
		p.text(l.name, x, half*0.5-gap, style{size: normal, color: faint})
		p.y += 1
	}
	p.y++
	p.SetFillColor(int(p.accent.R), int(p.accent.G), int(p.accent.B))
	p.Rect(x-3, p.y, half+6, high+3.7, "F")
	p.y += 2
	p.beside(money(e.Sum()), x+half*0.5, half*0.5, amount)
	p.beside(name, x, half*0.5-gap, white)
	p.y += high + 6
}
