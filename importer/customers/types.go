package customers

import (
	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A Customer is what the default rules make of an Account. A Sink of the host's
// own fills it by Change.Values.Into.
type Customer struct {
	Number          string   `map:"number"`
	Name            string   `map:"name"`
	BillingLines    []string `map:"billing_lines"` // street, one line each, and state
	BillingZip      string   `map:"billing_zip"`
	BillingCity     string   `map:"billing_city"`
	BillingCountry  string   `map:"billing_country"`
	DeliveryLines   []string `map:"delivery_lines"`
	DeliveryZip     string   `map:"delivery_zip"`
	DeliveryCity    string   `map:"delivery_city"`
	DeliveryCountry string   `map:"delivery_country"`
	Phone           string   `map:"phone"`
	Fax             string   `map:"fax"`
	WWW             string   `map:"www"`
	Remark          string   `map:"remark"`
	Active          *bool    `map:"active"` // nil unless a rule gives it a source; imported customers are active
}

// HasDelivery reports whether the customer has a delivery address of its own.
func (c *Customer) HasDelivery() bool {
	return len(c.DeliveryLines) > 0 || c.DeliveryZip != "" || c.DeliveryCity != "" || c.DeliveryCountry != ""
}

// An Address is one of a customer's.
type Address struct {
	Lines    []string // street, one line each, and state
	Zip      string
	City     string
	Country  string
	Billing  bool // bills go there
	Delivery bool // goods go there
}

// Addresses lists the customer's addresses. The first is its standard address,
// which is marked as the billing address; the delivery address follows if the
// customer has one.
func (c *Customer) Addresses() []Address {
	all := []Address{{Lines: c.BillingLines, Zip: c.BillingZip, City: c.BillingCity, Country: c.BillingCountry, Billing: true}}
	if c.HasDelivery() {
		all = append(all, Address{Lines: c.DeliveryLines, Zip: c.DeliveryZip, City: c.DeliveryCity, Country: c.DeliveryCountry, Delivery: true})
	}
	return all
}

// A Contact is what the default rules make of a Contact.
type Contact struct {
	Salutation string `map:"salutation"`
	FirstName  string `map:"first_name"`
	Name       string `map:"name"`
	JobTitle   string `map:"job_title"`
	Email      string `map:"email"`
	Phone      string `map:"phone"`
	Fax        string `map:"fax"`
	Mobile     string `map:"mobile"`
	Remark     string `map:"remark"`
}

// A Project is what the default rules make of an Opportunity.
type Project struct {
	Name        string           `map:"name"`
	Ends        salesforce.Date  `map:"ends"`
	Budget      *decimal.Decimal `map:"budget"` // nil when the opportunity has no amount
	Remark      string           `map:"remark"`
	Responsible string           `map:"responsible"` // the host's id of the person, or without Owners the user id
}
