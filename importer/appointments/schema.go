package appointments

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// schema is what a login sees of an org, asked for as it is needed and once.
type schema struct {
	ctx    context.Context
	client *salesforce.Client // nil for no org
	found  map[string]*salesforce.SObject
	err    error // of an org that does not answer; from then on it is not asked
}

func newSchema(ctx context.Context, client *salesforce.Client) *schema {
	return &schema{ctx: ctx, client: client, found: map[string]*salesforce.SObject{}}
}

// known reports whether there is an org to ask.
func (s *schema) known() bool { return s.client != nil && s.err == nil }

// describe returns an object, or nil.
func (s *schema) describe(name string) *salesforce.SObject {
	key := strings.ToLower(name)
	if o, ok := s.found[key]; ok || !s.known() {
		return o
	}
	o, err := s.client.Describe(s.ctx, name)
	if err != nil && !errors.Is(err, salesforce.ErrNotFound) {
		s.err = fmt.Errorf("appointments: check: %w", err)
		return nil
	}
	if err != nil {
		o = nil
	}
	s.found[key] = o
	return o
}

// resolve is describe for a check of a mapping.
func (s *schema) resolve(name string) (*salesforce.SObject, error) {
	if o := s.describe(name); o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("the org has no object %s, or this login may not see it", name)
}

// Object makes it a [soql.Schema].
func (s *schema) Object(name string) (*soql.Object, bool) {
	described := s.describe(name)
	if described == nil {
		return nil, false
	}
	o := &soql.Object{Name: described.Name}
	for i := range described.Fields {
		f := &described.Fields[i]
		o.Fields = append(o.Fields, soql.FieldInfo{
			Name: f.Name, Type: f.Type, Relationship: f.RelationshipName, Targets: f.ReferenceTo,
			// Of grouping the description does not tell enough to be held
			// against a query.
			Filterable: f.Filterable, Sortable: f.Sortable, Groupable: true, Aggregatable: true,
		})
	}
	for _, c := range described.ChildRelationships {
		o.Children = append(o.Children, soql.ChildInfo{Relationship: c.Name, Object: c.Object})
	}
	return o, true
}

// related tells where a child relationship leads. Without an org it gets the
// benefit of the doubt.
func (s *schema) related(object, relationship string) (string, bool) {
	if !s.known() {
		return benefitOfDoubt(object, relationship)
	}
	if o := s.describe(object); o != nil {
		if c, ok := o.Child(relationship); ok {
			return c.Object, true
		}
	}
	return "", false
}

// lookup follows a path from an object, and says what is wrong with it or which
// field it leads to. It knows nothing of children.
func (s *schema) lookup(object, path string) ([]*soql.SchemaError, *salesforce.FieldInfo) {
	if !s.known() || s.describe(object) == nil || strings.ContainsAny(path, "[]") {
		return nil, nil
	}
	found := soql.Analyze(selecting(object, path), s)
	if s.err != nil {
		return nil, nil
	}
	if len(found.Faults) > 0 || len(found.Reads) == 0 {
		return found.Faults, nil
	}
	read := found.Reads[0]
	if o := s.describe(read.Object); o != nil {
		f, _ := o.Field(read.Field)
		return nil, f
	}
	return nil, nil
}

// explain puts a fault into words, with the names that may have been meant.
func (s *schema) explain(f *soql.SchemaError) string {
	switch f.Kind {
	case soql.UnknownObject:
		return fmt.Sprintf("the org has no object %s, or this login may not see it%s", f.Name, meant(f.Name, s.objects()))
	case soql.UnknownField:
		o := s.describe(f.Object)
		hint := meant(f.Name, fieldNames(o))
		if hint == "" {
			hint = ": look it up in Setup > Object Manager, and whether field-level security hides it"
		}
		return fmt.Sprintf("%s has no field %s, or this login may not see it%s", f.Object, f.Name, hint)
	case soql.UnknownRelationship:
		return fmt.Sprintf("%s has no relationship %s%s", f.Object, f.Name, meant(f.Name, relationshipNames(s.describe(f.Object))))
	case soql.NotFilterable:
		return f.Reason + ": compare another field, or leave the comparison out"
	case soql.NotSortable:
		return f.Reason + ": sort by another field"
	}
	return f.Reason
}

func (s *schema) objects() []string {
	if !s.known() {
		return nil
	}
	all, err := s.client.DescribeGlobal(s.ctx)
	if err != nil {
		s.err = fmt.Errorf("appointments: check: %w", err)
	}
	var names []string
	for _, o := range all {
		names = append(names, o.Name)
	}
	return names
}

func fieldNames(o *salesforce.SObject) []string {
	var names []string
	for i := range o.Fields {
		names = append(names, o.Fields[i].Name)
	}
	return names
}

func relationshipNames(o *salesforce.SObject) []string {
	var names []string
	for i := range o.Fields {
		if name := o.Fields[i].RelationshipName; name != "" {
			names = append(names, name)
		}
	}
	for _, c := range o.ChildRelationships {
		if c.Name != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// meant asks for the name that was probably meant. What people leave out first
// is the namespace of a package and the ending of a custom name.
func meant(got string, names []string) string {
	if hint := nearest.DidYouMean(got, names); hint != "" {
		return hint
	}
	short := make([]string, len(names))
	whole := map[string]string{}
	for i, name := range names {
		short[i] = bare(name)
		if whole[short[i]] == "" {
			whole[short[i]] = name
		}
	}
	if name := nearest.Name(bare(got), short); name != "" {
		return fmt.Sprintf("; did you mean %q?", whole[name])
	}
	return ""
}

// bare is an API name, or the last of a path, without namespace and ending.
func bare(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	if n := len(name) - len("__c"); n > 0 && name[n:n+2] == "__" {
		name = name[:n]
	}
	if _, rest, ok := strings.Cut(name, "__"); ok {
		name = rest
	}
	return strings.ToLower(name)
}
