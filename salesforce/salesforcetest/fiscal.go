package salesforcetest

import "time"

// fiscalYear says how an org counts its fiscal years.
type fiscalYear struct {
	start   time.Month // in which they begin
	byStart bool       // they are called by the year in which they begin, not by that in which they end
}

// fiscal is what the record of the organization says, as a transaction sees it.
func (o *Org) fiscal(tx *Transaction) fiscalYear {
	y := fiscalYear{start: time.January}
	r := o.object("Organization").find(o.opt.OrgID, tx)
	if r == nil {
		return y
	}
	y.byStart = r.value("UsesStartDateAsFiscalYearName") == true
	if n, ok := r.value("FiscalYearStartMonth").(decimal); ok && 1 <= n.coef && n.coef <= 12 {
		y.start = time.Month(n.coef)
	}
	return y
}

// month is the number of whole months between the begin of the fiscal year and
// that of the day's month.
func (y fiscalYear) month(d date) int { return (int(d.month) - int(y.start) + 12) % 12 }

// name is the number by which a day's fiscal year goes.
func (y fiscalYear) name(d date) int {
	begin := date{d.year, d.month, 1}.add(0, -y.month(d), 0)
	if y.byStart || y.start == time.January {
		return begin.year
	}
	return begin.year + 1
}

// years is the begin of the fiscal year that lies n years after that of a day.
func (y fiscalYear) years(d date, n int) date {
	return date{d.year, d.month, 1}.add(n, -y.month(d), 0)
}

// quarters is the begin of the fiscal quarter that lies n quarters after that
// of a day.
func (y fiscalYear) quarters(d date, n int) date {
	return date{d.year, d.month, 1}.add(0, 3*n-y.month(d)%3, 0)
}
