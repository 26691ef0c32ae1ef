package salesforce

import "encoding/json"

// Address is a compound field such as BillingAddress. It is read only: what is
// written are its parts, BillingStreet and so on. A record without one has the
// field null; take a *Address, or a [Field] of it, to tell.
//
// The codes are there in orgs with state and country picklists.
//
// See "Address Compound Fields" in the Salesforce Object Reference.
type Address struct {
	Street          string   `json:"street"`
	City            string   `json:"city"`
	State           string   `json:"state"`
	StateCode       string   `json:"stateCode"`
	PostalCode      string   `json:"postalCode"`
	Country         string   `json:"country"`
	CountryCode     string   `json:"countryCode"`
	Latitude        *float64 `json:"latitude"` // degrees; nil when the address has no position
	Longitude       *float64 `json:"longitude"`
	GeocodeAccuracy string   `json:"geocodeAccuracy"`
}

// UnmarshalJSON reads the object that Salesforce sends. It tells package soql
// that the type is one field, not a relationship.
func (a *Address) UnmarshalJSON(data []byte) error {
	type plain Address
	return json.Unmarshal(data, (*plain)(a))
}

// Geolocation is a compound field of two numbers, in degrees. It is read only:
// what is written are its parts, Location__Latitude__s and
// Location__Longitude__s.
//
// See "Geolocation Compound Field" in the Salesforce Object Reference.
type Geolocation struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// UnmarshalJSON reads the object that Salesforce sends. It tells package soql
// that the type is one field, not a relationship.
func (g *Geolocation) UnmarshalJSON(data []byte) error {
	type plain Geolocation
	return json.Unmarshal(data, (*plain)(g))
}

// Attributes is what Salesforce adds to each record. A struct has them as
//
//	Attributes salesforce.Attributes `json:"attributes"`
//
// They tell of the parent over a polymorphic lookup, such as Owner or Who, which
// object it is of, if the query has TYPEOF for it. Without that, Type is Name,
// and the object is the field Who.Type, or the last but one part of URL.
type Attributes struct {
	Type string `json:"type"` // name of the object; AggregateResult for a row of an aggregate
	URL  string `json:"url"`  // path of the record; "" for a row of an aggregate
}
