package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A ResultsPreset is a results form that was made for an org.
type ResultsPreset struct {
	// Form is what to use as it is, or to store, show and edit like what an
	// administrator has written.
	Form *ResultsForm
	// Names are those that the preset knows, and whether the org has them. A row
	// whose field it does not have was left out.
	Names []PresetName
}

// A PresetName is a name of a package.
type PresetName struct {
	Name string
	// Confirmed names are in use in integrations and exports of the package. The
	// others are assumed, and may be different in an org.
	Confirmed bool
	Found     bool
}

// improveit360 are the forms of the product: the classic package, and the
// Lightning edition.
var improveit360 = []struct{ object, result, detail PresetName }{
	{
		PresetName{Name: "i360__Appointment__c", Confirmed: true},
		PresetName{Name: "i360__Result__c", Confirmed: true},
		PresetName{Name: "i360__Result_Detail__c", Confirmed: true},
	},
	{
		PresetName{Name: "i360core__Appointment__c"},
		PresetName{Name: "i360core__Result__c"},
		PresetName{Name: "i360core__Result_Detail__c"},
	},
}

// soldResults are the results that make a sale, the usual one first; the second
// one is what other integrations go by.
var soldResults = []PresetName{{Name: "Demo Sold"}, {Name: "Sold", Confirmed: true}}

// Improveit360Results makes the results form for improveit 360, from what the org
// describes to this login: object class i360__Appointment__c, in Sale the result
// Demo Sold, in No Sale every other one, and Result Detail in both, pulled from
// the org. Without the package the error matches [salesforce.ErrNotFound]; without
// a Result it names the fields that may be meant.
func Improveit360Results(ctx context.Context, client *salesforce.Client) (*ResultsPreset, error) {
	var tried []string
	for _, product := range improveit360 {
		object, err := client.Describe(ctx, product.object.Name)
		if err == nil {
			return presetFor(object, product.object, product.result, product.detail)
		}
		if !errors.Is(err, salesforce.ErrNotFound) {
			return nil, fmt.Errorf("routing: improveit 360: %w", err)
		}
		tried = append(tried, product.object.Name)
	}
	return nil, fmt.Errorf("routing: improveit 360: the org does not have %s, or this login may not see it: %w",
		strings.Join(tried, " or "), salesforce.ErrNotFound)
}

func presetFor(object *salesforce.SObject, name, result, detail PresetName) (*ResultsPreset, error) {
	name.Found = true
	p := &ResultsPreset{Form: NewResultsForm(), Names: []PresetName{name}}
	results, ok := p.find(object, result)
	if !ok {
		return nil, fmt.Errorf("routing: improveit 360: %s has no field %s, or this login may not see it: give it access%s",
			object.Name, result.Name, candidates(object))
	}
	p.Form.Object = object.Name
	sale := ResultRow{Title: "Result", Input: Picker, Field: results.Name, Required: true}
	noSale := sale
	noSale.Pull = true
	if sold := p.sold(results); sold != "" {
		sale.Options, noSale.Except = []string{sold}, []string{sold}
	} else {
		sale.Pull = true
	}
	p.Form.Sale, p.Form.NoSale = []ResultRow{sale}, []ResultRow{noSale}
	if details, ok := p.find(object, detail); ok {
		row := ResultRow{Title: "Result Detail", Input: Picker, Field: details.Name, Pull: true}
		p.Form.Sale, p.Form.NoSale = append(p.Form.Sale, row), append(p.Form.NoSale, row)
	}
	return p, nil
}

// find looks for a picklist, and notes whether it is there.
func (p *ResultsPreset) find(object *salesforce.SObject, name PresetName) (*salesforce.FieldInfo, bool) {
	f, ok := object.Field(name.Name)
	name.Found = ok && len(f.PicklistValues) > 0
	p.Names = append(p.Names, name)
	return f, name.Found
}

// sold is the result that makes a sale, "" if the org has none that is known.
func (p *ResultsPreset) sold(results *salesforce.FieldInfo) string {
	for _, name := range soldResults {
		v := valueOf(results, name.Name)
		name.Found = v != nil && v.Active
		p.Names = append(p.Names, name)
		if name.Found {
			return name.Name
		}
	}
	return ""
}

// candidates are the picklists that may be the result.
func candidates(object *salesforce.SObject) string {
	var list []string
	for _, f := range object.Fields {
		if len(f.PicklistValues) > 0 && strings.Contains(strings.ToLower(f.Label), "result") {
			list = append(list, fmt.Sprintf("%s (%s)", f.Label, f.Name))
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return ", or write a form with one of " + strings.Join(list, ", ")
}
