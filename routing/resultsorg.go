package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// ErrWrongObject says that a record is not of the object class that the results
// form is for, or that the org has no such object: a fault of the configuration,
// or of the record that was chosen.
var ErrWrongObject = errors.New("routing: wrong object class")

// resultsOrg is what the org says about a form, as it is seen with each login. It
// is kept for a while, and for longer when Salesforce cannot be reached.
type resultsOrg struct {
	Salesforce
	form   *ResultsForm
	maxAge time.Duration
	now    func() time.Time

	mu      sync.Mutex                    // guards the following
	objects map[string]aged[orgObject]    // by login
	lists   map[[2]string]aged[picklists] // by login and record type
}

// aged is something that was read at a moment.
type aged[T any] struct {
	value T
	at    time.Time
}

// An orgObject is the form's object, and the note that its records can have.
type orgObject struct {
	*salesforce.SObject
	note NoteKind
}

// picklists are those of a record type.
type picklists struct {
	fields  map[string]salesforce.Picklist
	warning string // why they are not exactly those of the record type
}

// keep returns what is kept by a key, reading it anew when it is too old. What
// is old serves as long as Salesforce cannot be reached.
func keep[K comparable, T any](o *resultsOrg, kept map[K]aged[T], key K, read func() (T, error)) (aged[T], error) {
	o.mu.Lock()
	old, ok := kept[key]
	o.mu.Unlock()
	if ok && o.now().Sub(old.at) < o.maxAge {
		return old, nil
	}
	value, err := read()
	if err != nil {
		if ok && unreachable(err) {
			return old, nil
		}
		return aged[T]{}, err
	}
	fresh := aged[T]{value, o.now()}
	o.mu.Lock()
	defer o.mu.Unlock()
	kept[key] = fresh
	return fresh, nil
}

// unreachable reports whether an error says nothing about what was asked.
func unreachable(err error) bool {
	return errors.Is(err, salesforce.ErrUnavailable) || errors.Is(err, salesforce.ErrDailyLimit) || salesforce.Retryable(err)
}

func newResultsOrg(c Config) *resultsOrg {
	s, _ := c.records()
	return &resultsOrg{
		Salesforce: s, form: c.Results, maxAge: c.OptionsMaxAge, now: c.Now,
		objects: map[string]aged[orgObject]{}, lists: map[[2]string]aged[picklists]{},
	}
}

func (o *resultsOrg) object(ctx context.Context, c *salesforce.Client, login string) (aged[orgObject], error) {
	return keep(o, o.objects, login, func() (orgObject, error) {
		object, err := c.Describe(ctx, o.form.Object)
		if errors.Is(err, salesforce.ErrNotFound) {
			return orgObject{}, fmt.Errorf("%w: the org does not have %s, or this login may not see it", ErrWrongObject, o.form.Object)
		}
		if err != nil {
			return orgObject{}, err
		}
		note, err := noteKind(ctx, c, object, o.form.Note)
		return orgObject{object, note}, err
	})
}

// known is the object as it was seen the last time, however long ago.
func (o *resultsOrg) known(login string) (orgObject, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	object, ok := o.objects[login]
	return object.value, ok
}

// picklists reads what a record type offers. Where the org does not say, all that
// the object has serves.
func (o *resultsOrg) picklists(ctx context.Context, c *salesforce.Client, login string, object *salesforce.SObject, recordType salesforce.ID) (aged[picklists], error) {
	return keep(o, o.lists, [2]string{login, string(recordType)}, func() (picklists, error) {
		fields, err := c.Picklists(ctx, object.Name, recordType)
		switch {
		case err == nil:
			return picklists{fields: fields}, nil
		case !unreachable(err) && !errors.Is(err, salesforce.ErrAuth) && !errors.Is(err, salesforce.ErrSession) && ctx.Err() == nil:
			return picklists{described(object), fmt.Sprintf(
				"The options are those of all record types, since Salesforce does not tell those of record type %s.", recordType)}, nil
		default:
			return picklists{}, err
		}
	})
}

// described are the picklists of an object as it describes them, whatever the
// record type.
func described(object *salesforce.SObject) map[string]salesforce.Picklist {
	lists := map[string]salesforce.Picklist{}
	for i := range object.Fields {
		f := &object.Fields[i]
		if len(f.PicklistValues) == 0 {
			continue
		}
		list := salesforce.Picklist{}
		for _, v := range f.PicklistValues {
			if v.Active {
				list.Options = append(list.Options, salesforce.PicklistOption{Value: v.Value, Label: v.Label})
			}
		}
		if f.DependentPicklist {
			depend(object, f, &list)
		}
		lists[f.Name] = list
	}
	return lists
}

// depend notes which options go with which values of the controlling field.
func depend(object *salesforce.SObject, f *salesforce.FieldInfo, list *salesforce.Picklist) {
	list.Controllers = map[string]int{}
	for place, value := range controls(object, f.ControllerName) {
		list.Controllers[value] = place
		choices := object.Choices(f.Name, value)
		for i := range list.Options {
			o := &list.Options[i]
			if slices.ContainsFunc(choices, func(v salesforce.PicklistValue) bool { return v.Value == o.Value }) {
				o.ValidFor = append(o.ValidFor, place)
			}
		}
	}
}

// controls are the values of a controlling field.
func controls(object *salesforce.SObject, name string) []string {
	f, ok := object.Field(name)
	switch {
	case !ok:
		return nil
	case f.Type == "boolean":
		return []string{"false", "true"}
	}
	var values []string
	for _, v := range f.PicklistValues {
		values = append(values, v.Value)
	}
	return values
}

// A filling is what there is to know for filling in the form for a record.
type filling struct {
	object orgObject
	lists  map[string]salesforce.Picklist
	// record holds the fields of the form and those that control them, as they
	// are; empty without a record.
	record   salesforce.Record
	kind     salesforce.ID // the record type
	at       time.Time     // when the oldest of it was read
	warnings []string
}

// filling asks the org, for a record or, without one, for the record type that
// new records get.
func (o *resultsOrg) filling(ctx context.Context, login string, record salesforce.ID) (*filling, error) {
	c, _, err := o.client(ctx, login)
	if err != nil {
		return nil, err
	}
	object, err := o.object(ctx, c, login)
	if err != nil {
		return nil, err
	}
	f := &filling{object: object.value, record: salesforce.Record{}, kind: defaultType(object.value.SObject)}
	if record != "" {
		if err := object.value.owns(record); err != nil {
			return nil, err
		}
		f.record, err = salesforce.Get[salesforce.Record](ctx, c, o.form.Object, record, o.fields(object.value.SObject)...)
		if err != nil {
			return nil, err
		}
		if id, ok := f.record.Get("RecordTypeId"); ok && id != nil {
			f.kind = salesforce.ID(plain(id))
		}
	}
	lists, err := o.picklists(ctx, c, login, object.value.SObject, f.kind)
	if err != nil {
		return nil, err
	}
	f.lists, f.at = lists.value.fields, object.at
	if lists.at.Before(f.at) {
		f.at = lists.at
	}
	if lists.value.warning != "" {
		f.warnings = append(f.warnings, lists.value.warning)
	}
	return f, nil
}

// owns refuses a record of another object, which its key prefix tells.
func (o orgObject) owns(record salesforce.ID) error {
	if o.KeyPrefix != "" && record.Prefix() != o.KeyPrefix {
		return fmt.Errorf("%w: the id %s begins with %s, and that of a %s with %s: choose another object class, or another record",
			ErrWrongObject, record, record.Prefix(), o.Name, o.KeyPrefix)
	}
	return nil
}

// defaultType is the record type that new records get.
func defaultType(object *salesforce.SObject) salesforce.ID {
	for _, t := range object.RecordTypes {
		if t.Default && t.ID != "" {
			return t.ID
		}
	}
	return salesforce.MasterRecordType
}

// fields are what has to be known of a record: its record type, the fields of the
// form, and those that control them.
func (o *resultsOrg) fields(object *salesforce.SObject) []string {
	names := []string{"Id"}
	add := func(name string) {
		if f, ok := object.Field(name); ok && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	add("RecordTypeId")
	for _, row := range slices.Concat(o.form.rows(Sale), o.form.rows(NoSale)) {
		add(row.Field)
		if f, ok := object.Field(row.Field); ok && f.DependentPicklist {
			add(f.ControllerName)
		}
	}
	return names
}

// list is the picklist of a field, whatever case its name is written in.
func (f *filling) list(name string) (salesforce.Picklist, bool) {
	for field, list := range f.lists {
		if strings.EqualFold(field, name) {
			return list, true
		}
	}
	return salesforce.Picklist{}, false
}
