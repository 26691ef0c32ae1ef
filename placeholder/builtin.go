package placeholder

import "strconv"

// Placeholder describes a built-in placeholder.
type Placeholder struct {
	Name  string // without per cent signs
	Gives string // what it stands for, for people to read
}

// BuiltIn returns the built-in placeholders, those that belong together side by
// side.
func BuiltIn() []Placeholder {
	list := make([]Placeholder, len(builtIns))
	for i := range builtIns {
		list[i] = builtIns[i].Placeholder
	}
	return list
}

// Names returns the names of the built-in placeholders, sorted: what
// [Template.Check] needs, along with those of [Custom.Names].
func Names() []string { return Data{}.Names() }

// defaultLayout is the short form that is usual in the United States.
const defaultLayout = "1/2/06"

// builtIn is a placeholder and where its value comes from: text, a date in a
// layout of its own, or so many random digits; none of them for the date in the
// layout of the [Data].
type builtIn struct {
	Placeholder
	text   func(d Data) string
	layout string
	digits int
}

var builtIns = append([]builtIn{
	{Placeholder: Placeholder{"date", "the date of the document, such as 5/23/19"}},
	dated("year", "the year, such as 2019", "2006"),
	dated("month", "the month, such as 05", "01"),
	dated("day", "the day of the month, such as 23", "02"),
	dated("monthName", "the month, such as September", "January"),
	dated("monthNameAbbv", "the month, such as Sep", "Jan"),
	dated("weekday", "the day of the week, such as Friday", "Monday"),
	dated("weekdayAbbv", "the day of the week, such as Fri", "Mon"),

	text("customerName", "the customer's name", func(d Data) string { return d.Customer.name() }),
	text("customerNameFirst", "the customer's first name", func(d Data) string { return d.Customer.first() }),
	text("customerNameLast", "the customer's last name", func(d Data) string { return d.Customer.last() }),
	text("customerSpouseName", "the spouse's name", func(d Data) string { return d.Spouse.name() }),
	text("customerSpouseNameFirst", "the spouse's first name", func(d Data) string { return d.Spouse.first() }),
	text("customerSpouseNameLast", "the spouse's last name", func(d Data) string { return d.Spouse.last() }),
	text("customerAddressFull", "street, city, state, zip", func(d Data) string { return d.Address.full() }),
	text("customerAddressLine1", "the street", func(d Data) string { return d.Address.street() }),
	text("customerAddressLine2", "city state zip", func(d Data) string { return d.Address.line2() }),
	text("customerAddressCity", "the city", func(d Data) string { return d.Address.City }),
	text("customerAddressState", "the state, such as OH", func(d Data) string { return stateCode(d.Address.State) }),
	text("customerAddressStateFull", "the state, such as Ohio", func(d Data) string { return stateName(d.Address.State) }),
	text("customerAddressZip", "the zip code", func(d Data) string { return d.Address.Zip }),
	text("customerPhone", "the customer's phone number", func(d Data) string { return d.Customer.Phone }),
	text("customerEmail", "the customer's e-mail address", func(d Data) string { return d.Customer.Email }),

	text("usersName", "the user's name", func(d Data) string { return d.User.name() }),
	text("usersNameFirst", "the user's first name", func(d Data) string { return d.User.first() }),
	text("usersNameLast", "the user's last name", func(d Data) string { return d.User.last() }),
	text("usersPhone", "the user's phone number", func(d Data) string { return d.User.Phone }),
	text("userEmail", "the user's e-mail address", func(d Data) string { return d.User.Email }),
	text("userIdentifier", "the user's unique identifier", func(d Data) string { return d.User.Identifier }),
	text("usersLicense", "the user's own licence number", func(d Data) string { return d.User.License }),
	text("stateLicense", "the company's licence number in the customer's state", func(d Data) string { return d.Company.license(d.Address.State) }),

	text("selectedTotal", "the total that was picked, such as 1234.50", func(d Data) string { return d.Estimate.total(2) }),
	text("selectedTotalWholeNumber", "that total in whole dollars, such as 1235", func(d Data) string { return d.Estimate.total(0) }),
	text("selectedTotalName", "the name of the total that was picked", func(d Data) string { return d.Estimate.TotalName }),
	text("estimateName", "the name of the estimate", func(d Data) string { return d.Estimate.Name }),

	{Placeholder: Placeholder{"randomNumber", "8 random digits"}, digits: 8},
}, randomNumbers()...)

func text(name, gives string, value func(d Data) string) builtIn {
	return builtIn{Placeholder: Placeholder{name, gives}, text: value}
}

func dated(name, gives, layout string) builtIn {
	return builtIn{Placeholder: Placeholder{name, gives}, layout: layout}
}

// randomNumbers are randomNumber1 to randomNumber10.
func randomNumbers() []builtIn {
	var all []builtIn
	for n := 1; n <= 10; n++ {
		digits := strconv.Itoa(n)
		gives := digits + " random digits"
		if n == 1 {
			gives = "1 random digit"
		}
		all = append(all, builtIn{Placeholder: Placeholder{"randomNumber" + digits, gives}, digits: n})
	}
	return all
}

var builtInByName = func() map[string]*builtIn {
	byName := make(map[string]*builtIn, len(builtIns))
	for i := range builtIns {
		byName[builtIns[i].Name] = &builtIns[i]
	}
	return byName
}()
