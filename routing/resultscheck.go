package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Problem is one thing that is wrong with a configuration, in words for the
// administrator who wrote it.
type Problem = conf.Problem

// Problems are all that is wrong with a configuration; their Err joins those
// that keep it from working.
type Problems = conf.Problems

// formChecker collects what is wrong with a form.
type formChecker struct {
	form     *ResultsForm
	problems Problems
}

func (c *formChecker) fault(err error, part, format string, args ...any) *Problem {
	p := c.form.file.Problem(part, err, fmt.Sprintf(format, args...))
	c.problems = append(c.problems, p)
	return p
}

// rowFault is about the n-th row of a section.
func (c *formChecker) rowFault(section Section, n int, row ResultRow, err error, format string, args ...any) *Problem {
	part := fmt.Sprintf("%s, row %d", section, n+1)
	if row.Title != "" {
		part += " (" + row.Title + ")"
	}
	p := c.fault(err, part, format, args...)
	if at := strings.Split(row.At, ":"); len(at) > 2 {
		p.Line, _ = strconv.Atoi(at[len(at)-2])
		p.Column, _ = strconv.Atoi(at[len(at)-1])
	}
	return p
}

// each calls check for the rows of a section that are not empty.
func (c *formChecker) each(section Section, check func(Section, []ResultRow, int)) {
	rows := c.form.rows(section)
	for n := range rows {
		check(section, rows, n)
	}
}

// Check tells everything that is wrong with the form in an org: an object or
// field that it does not have or this login may not change, inputs that do not
// fit their fields, options that were typed in and that a restricted picklist
// does not have, an object that can have no note. The client is the login that
// results are submitted with. The error is about the org, when it does not
// answer. A form that is switched off has no problems.
func (f *ResultsForm) Check(ctx context.Context, client *salesforce.Client) (Problems, error) {
	c := &formChecker{form: f, problems: f.allFaults()}
	if f.Off || f.Object == "" {
		return c.problems.Sorted(), nil
	}
	object, err := client.Describe(ctx, f.Object)
	if errors.Is(err, salesforce.ErrNotFound) {
		c.fault(err, "object", "the org does not have %s, or this login may not see it", f.Object)
		return c.problems.Sorted(), nil
	}
	if err != nil {
		return c.problems.Sorted(), fmt.Errorf("routing: check results: %w", err)
	}
	if !object.Updateable {
		c.fault(nil, "object", "this login may not change a %s: give it access", f.Object)
	}
	if _, err := noteKind(ctx, client, object, f.Note); errors.Is(err, ErrNoNote) {
		c.fault(err, "note", "%v", err)
	} else if err != nil {
		return c.problems.Sorted(), fmt.Errorf("routing: check results: %w", err)
	}
	for _, section := range []Section{Sale, NoSale} {
		c.each(section, func(section Section, rows []ResultRow, n int) {
			c.rowIn(object, section, n, rows[n])
		})
	}
	return c.problems.Sorted(), nil
}

// fitting are the types of fields that an input can write.
var fitting = map[Input]string{
	Picker:      "picklist combobox string textarea",
	MultiPicker: "multipicklist",
	TextInput:   "string textarea phone email url combobox picklist",
	NumberInput: "int double currency percent",
	DateInput:   "date",
	Checkbox:    "boolean",
}

// rowIn holds a row against the object.
func (c *formChecker) rowIn(object *salesforce.SObject, section Section, n int, row ResultRow) {
	wrong := func(format string, args ...any) *Problem { return c.rowFault(section, n, row, nil, format, args...) }
	if row.Field == "" {
		return // which is known
	}
	field, ok := object.Field(row.Field)
	if !ok {
		wrong("%s has no field %s, or this login may not see it%s", object.Name, row.Field, nearest.DidYouMean(row.Field, fieldNames(object)))
		return
	}
	switch kinds := strings.Fields(fitting[row.input()]); {
	case !field.Updateable:
		wrong("the field %s cannot be changed, or this login may not change it", field.Name)
	case !slices.Contains(kinds, field.Type):
		wrong("the input %s does not fit the field %s, which has the type %s", row.input(), field.Name, field.Type)
	case row.Pull && len(field.PicklistValues) == 0:
		wrong("the field %s has no options to pull: type them in", field.Name)
	}
	c.options(field, row, wrong)
}

// options holds options that were typed in against those of the field.
func (c *formChecker) options(field *salesforce.FieldInfo, row ResultRow, wrong func(string, ...any) *Problem) {
	if len(field.PicklistValues) == 0 {
		return
	}
	missing := func(options []string) string {
		var quoted []string
		for _, option := range options {
			if v := valueOf(field, option); v == nil || !v.Active {
				quoted = append(quoted, strconv.Quote(option))
			}
		}
		return strings.Join(quoted, ", ")
	}
	if names := missing(row.Options); names != "" {
		if field.RestrictedPicklist {
			wrong("the picklist %s is restricted and does not have %s: remove them, or add them in Salesforce", field.Name, names)
		} else {
			wrong("the picklist %s does not have %s", field.Name, names).Warning = true
		}
	}
	if names := missing(row.Except); names != "" {
		wrong("the picklist %s does not have %s, which need no exception", field.Name, names).Warning = true
	}
}

func valueOf(field *salesforce.FieldInfo, value string) *salesforce.PicklistValue {
	i := slices.IndexFunc(field.PicklistValues, func(v salesforce.PicklistValue) bool { return v.Value == value })
	if i < 0 {
		return nil
	}
	return &field.PicklistValues[i]
}

func fieldNames(object *salesforce.SObject) []string {
	names := make([]string, len(object.Fields))
	for i, f := range object.Fields {
		names[i] = f.Name
	}
	return names
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }
