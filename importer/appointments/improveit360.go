package appointments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// Evidence says how sure it is that a package has a name.
type Evidence string

// The kinds of evidence.
const (
	// Confirmed names are in use in integrations and exports of the package.
	Confirmed Evidence = "confirmed"
	// Assumed names follow from the rules of the platform or of the package, and
	// may be others in an org.
	Assumed Evidence = "assumed"
)

// product is a form of improveit 360.
type product struct {
	namespace   string
	appointment named   // object
	rows        []named // what the mapping reads
	address     []string
	reps        []named // lookups to the Staff object, the first one required
	user        named   // the lookup of the Staff object to the Salesforce user
}

// named is a name of a package, and the row of the mapping that it is for.
type named struct {
	path     string
	evidence Evidence
	rule     mapping.Rule
}

func row(evidence Evidence, path, title, target string, t mapping.Type) named {
	return named{path, evidence, mapping.Rule{Title: title, From: []string{path}, Type: t, Target: target}}
}

func noted(n named) named {
	n.rule.Note = true
	return n
}

func required(n named) named {
	n.rule.Required = true
	return n
}

// The targets that other parts of the preset look for.
const (
	idTarget    = "id"
	startTarget = "start"
)

// products are the forms of improveit 360: the classic package, and the
// Lightning edition.
var products = []product{
	{
		namespace:   "i360",
		appointment: named{path: "i360__Appointment__c", evidence: Confirmed},
		rows: []named{
			required(row(Confirmed, "Id", "Appointment Id", idTarget, mapping.ID)),
			row(Confirmed, "Name", "Appointment", "name", mapping.Text),
			required(row(Confirmed, "i360__Computed_Start_DateTime__c", "Start", startTarget, mapping.DateTime)),
			row(Confirmed, "i360__Computed_End_DateTime__c", "End", "end", mapping.DateTime),
			row(Confirmed, "i360__Prospect__c", "Prospect Id", "customerId", mapping.ID),
			row(Confirmed, "i360__Prospect__r.i360__Primary_First_Name__c", "First Name", "customerNameFirst", mapping.Text),
			row(Confirmed, "i360__Prospect__r.i360__Primary_Last_Name__c", "Last Name", "customerNameLast", mapping.Text),
			row(Confirmed, "i360__Prospect__r.i360__Primary_Email__c", "Email", "customerEmail", mapping.Email),
			row(Confirmed, "i360__Prospect__r.i360__Phone_1__c", "Phone", "customerPhone", mapping.Phone),
			row(Confirmed, "i360__Prospect__r.i360__Secondary_First_Name__c", "Spouse First Name", "customerSpouseNameFirst", mapping.Text),
			row(Confirmed, "i360__Prospect__r.i360__Secondary_Last_Name__c", "Spouse Last Name", "customerSpouseNameLast", mapping.Text),
			row(Confirmed, "i360__Address__c", "Street", "street", mapping.Text),
			row(Confirmed, "i360__City__c", "City", "city", mapping.Text),
			row(Confirmed, "i360__State__c", "State", "state", mapping.Text),
			row(Confirmed, "i360__Zip__c", "Zip", "zip", mapping.Text),
			noted(row(Confirmed, "i360__Components__c", "Components", "components", mapping.Text)),
			noted(row(Confirmed, "i360__Comments__c", "Comments", "comments", mapping.Text)),
		},
		address: []string{"i360__Address__c", "i360__City__c", "i360__State__c", "i360__Zip__c"},
		reps: []named{
			{path: "i360__Sales_Rep_1__c", evidence: Confirmed},
			{path: "i360__Sales_Rep_2__c", evidence: Confirmed},
		},
		user: named{path: "i360__User__c", evidence: Confirmed},
	},
	{
		namespace:   "i360core",
		appointment: named{path: "i360core__Appointment__c", evidence: Assumed},
		rows: []named{
			required(row(Confirmed, "Id", "Appointment Id", idTarget, mapping.ID)),
			row(Confirmed, "Name", "Appointment", "name", mapping.Text),
			required(row(Confirmed, "i360core__Appointment_Date_Time__c", "Start", startTarget, mapping.DateTime)),
			row(Assumed, "i360core__Appointment_End_Date_Time__c", "End", "end", mapping.DateTime),
			row(Confirmed, "i360core__Account__c", "Account Id", "customerId", mapping.ID),
			row(Confirmed, "i360core__Contact_Name__c", "Customer", "customerName", mapping.Text),
			row(Confirmed, "i360core__Contact_Email__c", "Email", "customerEmail", mapping.Email),
			row(Assumed, "i360core__Contact_Phone__c", "Phone", "customerPhone", mapping.Phone),
			row(Confirmed, "i360core__Street_Address__c", "Street", "street", mapping.Text),
			row(Confirmed, "i360core__City__c", "City", "city", mapping.Text),
			row(Confirmed, "i360core__State_Province__c", "State", "state", mapping.Text),
			row(Confirmed, "i360core__Zip_Postal_Code__c", "Zip", "zip", mapping.Text),
			noted(row(Confirmed, "i360core__Product_Categories__c", "Product Categories", "components", mapping.Text)),
			noted(row(Assumed, "i360core__Comments__c", "Comments", "comments", mapping.Text)),
		},
		address: []string{
			"i360core__Street_Address__c", "i360core__City__c", "i360core__State_Province__c", "i360core__Zip_Postal_Code__c",
		},
		reps: []named{
			{path: "i360core__Sales_Rep_1__c", evidence: Confirmed},
			{path: "i360core__Sales_Rep_2__c", evidence: Assumed},
		},
		user: named{path: "i360core__User__c", evidence: Assumed},
	},
}

// PresetOptions vary a preset. Nil stands for the zero value.
type PresetOptions struct {
	// SignOn says whom the query compares the sales reps with: their Staff
	// records with SharedLogin, their Salesforce users with OwnLogin. Defaults to
	// SharedLogin.
	SignOn Mode

	// Namespace is the form of improveit 360: "i360", the classic package, or
	// "i360core", the Lightning edition. Defaults to the one that the org has, and
	// to i360 if it has both.
	Namespace string
}

// Preset is a configuration that was made for an org.
type Preset struct {
	// Settings are what to use as it is, or to store, show and edit like what an
	// administrator has written.
	Settings *Settings

	// Namespace is the form of the product that the org has.
	Namespace string

	// Names are those that the preset knows, and whether the org has them. What
	// it does not have was left out of the settings.
	Names []PresetName
}

// PresetName is a name that a preset knows.
type PresetName struct {
	Name     string // such as "i360__Prospect__r.i360__Phone_1__c"
	Evidence Evidence
	Found    bool
}

// LeftOut returns the names that the org does not have, or hides from this
// login.
func (p *Preset) LeftOut() []PresetName {
	return slices.DeleteFunc(slices.Clone(p.Names), func(n PresetName) bool { return n.Found })
}

// MissingError says that an org lacks what a preset cannot do without.
type MissingError struct {
	Object string // the object that lacks it
	Name   string // the API name that was looked for
	What   string // what it is for, such as "the start of the appointment"
	// Candidates are the fields that may be meant, each as "Label (API name)".
	Candidates []string
}

// Error names the candidates.
func (e *MissingError) Error() string {
	text := fmt.Sprintf("%s has no field %s for %s, or this login may not see it", e.Object, e.Name, e.What)
	if len(e.Candidates) == 0 {
		return text + ": give the login access to the field"
	}
	return text + ": give the login access to the field, or write a configuration with one of " + strings.Join(e.Candidates, ", ")
}

// Improveit360 makes a configuration for improveit 360, from what the org
// describes to this login: a query for the appointments of which the user is a
// sales rep, from a week ago to two months ahead, and a mapping of customer,
// address and notes. In an org without one of the names the configuration is
// without it too, and [Preset.LeftOut] tells. If the start or the sales rep is
// missing, the error joins a *[MissingError] for each; without the package it
// matches [salesforce.ErrNotFound].
func Improveit360(ctx context.Context, client *salesforce.Client, opt *PresetOptions) (*Preset, error) {
	if opt == nil {
		opt = &PresetOptions{}
	}
	b := &presetBuilder{
		schema: newSchema(ctx, client),
		preset: &Preset{Settings: &Settings{SignOn: cmp.Or(opt.SignOn, SharedLogin)}},
	}
	err := b.choose(opt.Namespace)
	if err == nil {
		err = b.build()
	}
	if err = cmp.Or(b.schema.err, err); err != nil {
		return nil, fmt.Errorf("appointments: improveit 360: %w", err)
	}
	return b.preset, nil
}

// presetBuilder makes a preset, and collects what is missing.
type presetBuilder struct {
	product
	schema  *schema
	object  *salesforce.SObject
	preset  *Preset
	missing []error
}

// choose finds the form of the product.
func (b *presetBuilder) choose(namespace string) error {
	var tried []string
	for _, p := range products {
		if namespace != "" && namespace != p.namespace {
			continue
		}
		tried = append(tried, p.appointment.path)
		if b.object = b.schema.describe(p.appointment.path); b.object != nil {
			b.product, b.preset.Namespace = p, p.namespace
			b.note(p.appointment, true)
			return nil
		}
	}
	if len(tried) == 0 {
		return fmt.Errorf("there is no namespace %q: choose i360 or i360core", namespace)
	}
	return fmt.Errorf("the org does not have %s, or this login may not see it: %w", strings.Join(tried, " or "), salesforce.ErrNotFound)
}

func (b *presetBuilder) note(n named, found bool) {
	b.preset.Names = append(b.preset.Names, PresetName{n.path, n.evidence, found})
}

// find reports whether the org has a name.
func (b *presetBuilder) find(n named) bool {
	_, field := b.schema.lookup(b.object.Name, n.path)
	b.note(n, field != nil)
	return field != nil
}

// lack remembers that something is missing that there is no doing without.
func (b *presetBuilder) lack(object *salesforce.SObject, name, what string, fits func(*salesforce.FieldInfo) bool) {
	e := &MissingError{Object: object.Name, Name: name, What: what}
	for i := range object.Fields {
		if f := &object.Fields[i]; fits(f) {
			e.Candidates = append(e.Candidates, fmt.Sprintf("%s (%s)", f.Label, f.Name))
		}
	}
	b.missing = append(b.missing, e)
}

func (b *presetBuilder) build() error {
	s := b.preset.Settings
	query := &soql.Query{From: soql.From{Object: b.object.Name}}
	var paths []string
	for _, n := range b.rows {
		if b.find(n) {
			paths = append(paths, n.path)
			rule := n.rule
			rule.From = slices.Clone(rule.From)
			s.Mapping = append(s.Mapping, rule)
		} else if n.rule.Target == startTarget {
			b.lack(b.object, n.path, "the start of the appointment", func(f *salesforce.FieldInfo) bool {
				return f.Type == "datetime" && f.Custom
			})
		}
		if n.rule.Target == startTarget {
			s.Window = Window{Field: n.path, Back: 7, Ahead: 60}
		}
	}
	b.addAddress(paths)
	query.Select = soql.Fields(paths...)
	query.Where = soql.Or(b.restrictions()...)
	query.OrderBy = []soql.Order{{Expr: soql.FieldPath(s.Window.Field)}}
	if err := errors.Join(b.missing...); err != nil {
		return err
	}
	text, err := soql.Printer{Indent: "  "}.Print(query)
	s.Query = text
	return err
}

// addAddress adds a row with the parts of the address that the org has, on one
// line, behind the parts themselves.
func (b *presetBuilder) addAddress(paths []string) {
	has := func(path string) bool { return slices.Contains(paths, path) }
	street, city, state, zip := b.address[0], b.address[1], b.address[2], b.address[3]
	var from []string
	switch {
	case has(street) && has(city) && has(state) && has(zip):
		from = b.address
	case has(street) && has(city) && has(state):
		from = []string{street, city, state}
	case has(street) && has(city):
		from = []string{street, city}
	default:
		return
	}
	rules := b.preset.Settings.Mapping
	last := slices.IndexFunc(rules, func(r mapping.Rule) bool { return r.Note })
	if last < 0 {
		last = len(rules)
	}
	b.preset.Settings.Mapping = slices.Insert(rules, last,
		mapping.Rule{Title: "Address", From: slices.Clone(from), Type: mapping.Address, Target: "address"})
}

// restrictions compare each sales rep that the org has with the user.
func (b *presetBuilder) restrictions() []soql.Condition {
	var all []soql.Condition
	for i, rep := range b.reps {
		_, field := b.schema.lookup(b.object.Name, rep.path)
		b.note(rep, field != nil)
		if field == nil {
			if i == 0 {
				b.lack(b.object, rep.path, "the sales rep", isPerson)
			}
			continue
		}
		path := rep.path
		if b.preset.Settings.SignOn == OwnLogin {
			path = b.userOf(field, i == 0)
		}
		if path != "" {
			all = append(all, soql.Eq(path, soql.DefaultToken))
		}
	}
	return all
}

// userOf is the path from a sales rep to their Salesforce user.
func (b *presetBuilder) userOf(rep *salesforce.FieldInfo, first bool) string {
	if slices.Contains(rep.ReferenceTo, "User") {
		return rep.Name
	}
	path := rep.RelationshipName + "." + b.user.path
	_, field := b.schema.lookup(b.object.Name, path)
	if first {
		b.note(named{path: path, evidence: b.user.evidence}, field != nil)
	}
	if field != nil {
		return path
	}
	if len(rep.ReferenceTo) > 0 && first {
		if staff := b.schema.describe(rep.ReferenceTo[0]); staff != nil {
			b.lack(staff, b.user.path, "the Salesforce user of the sales rep", func(f *salesforce.FieldInfo) bool {
				return f.Custom && slices.Contains(f.ReferenceTo, "User")
			})
		}
	}
	return ""
}

// isPerson reports whether a field may lead to a sales rep.
func isPerson(f *salesforce.FieldInfo) bool {
	return f.Custom && slices.ContainsFunc(f.ReferenceTo, func(object string) bool {
		return object == "User" || strings.Contains(object, "Staff")
	})
}
