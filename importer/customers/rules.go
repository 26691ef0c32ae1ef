package customers

import "github.com/sfbridge/sfbridge/mapping"

// CustomerRules are the default rules for Account → customer. The billing
// address is the customer's standard address; the delivery address is the
// shipping address, and empty when that is. There is no rule for the active
// flag: imported customers are active. One more rule gives it a source, a
// checkbox or, by a lookup, a picklist:
//
//	{Target: customers.TargetActive, From: []string{"Active__c"}, Type: mapping.Checkbox}
//	{Target: customers.TargetActive, From: []string{"Status__c"}, Type: mapping.Checkbox,
//		Lookup: map[string]string{"Inactive": "false", "Active": "true"}}
func CustomerRules() []mapping.Rule {
	return []mapping.Rule{
		{Target: TargetNumber, From: from("AccountNumber"), Title: "Customer number"},
		{Target: "name", From: from("Name"), Title: "Name", Required: true},
		{Target: "billing_lines", From: from("BillingStreet", "BillingState"), Type: mapping.Lines, Title: "Billing address"},
		{Target: "billing_zip", From: from("BillingPostalCode"), Title: "Billing postal code"},
		{Target: "billing_city", From: from("BillingCity"), Title: "Billing city"},
		{Target: "billing_country", From: from("BillingCountry"), Title: "Billing country"},
		{Target: "delivery_lines", From: from("ShippingStreet", "ShippingState"), Type: mapping.Lines, Title: "Delivery address"},
		{Target: "delivery_zip", From: from("ShippingPostalCode"), Title: "Delivery postal code"},
		{Target: "delivery_city", From: from("ShippingCity"), Title: "Delivery city"},
		{Target: "delivery_country", From: from("ShippingCountry"), Title: "Delivery country"},
		{Target: "phone", From: from("Phone"), Type: mapping.Phone, Title: "Phone"},
		{Target: "fax", From: from("Fax"), Type: mapping.Phone, Title: "Fax"},
		{Target: "www", From: from("Website"), Type: mapping.URL, Title: "WWW"},
		{Target: "remark", From: from("Description"), Type: mapping.RichText, Title: "Remark"},
	}
}

// ContactRules are the default rules for Contact → customer contact.
func ContactRules() []mapping.Rule {
	return []mapping.Rule{
		{Target: "salutation", From: from("Salutation"), Title: "Salutation"},
		{Target: "first_name", From: from("FirstName"), Title: "First name"},
		{Target: "name", From: from("LastName"), Title: "Name", Required: true},
		{Target: "job_title", From: from("Title"), Title: "Job title"},
		{Target: "email", From: from("Email"), Type: mapping.Email, Title: "E-mail"},
		{Target: "phone", From: from("Phone"), Type: mapping.Phone, Title: "Phone"},
		{Target: "fax", From: from("Fax"), Type: mapping.Phone, Title: "Fax"},
		{Target: "mobile", From: from("MobilePhone"), Type: mapping.Phone, Title: "Mobile"},
		{Target: "remark", From: from("Description"), Type: mapping.RichText, Title: "Remark"},
	}
}

// ProjectRules are the default rules for Opportunity → project. The customer is
// the one of its AccountId. The responsible person is the owner; see
// Config.Owners.
func ProjectRules() []mapping.Rule {
	return []mapping.Rule{
		{Target: "name", From: from("Name"), Title: "Name", Required: true},
		{Target: "ends", From: from("CloseDate"), Type: mapping.Date, Title: "End"},
		{Target: "budget", From: from("Amount"), Type: mapping.Currency, Title: "Budget"},
		{Target: "remark", From: from("Description"), Type: mapping.RichText, Title: "Remark"},
		{Target: TargetResponsible, From: from("OwnerId"), Type: mapping.ID, Title: "Responsible"},
	}
}

func from(paths ...string) []string { return paths }
