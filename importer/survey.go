package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// A survey is what the org was found to have when a run began.
type survey struct {
	org, user   salesforce.ID
	objects     []object
	fingerprint string
	seen        []string // scope checkboxes that exist, or have existed
	warnings    []string
}

// An object is an Object as this org offers it.
type object struct {
	Object
	paths     []string          // what is selected
	types     []string          // their types by describe, empty where it depends on the record
	decides   map[string]bool   // the paths that Decide reads
	unstamped map[string]bool   // the paths whose changes move no stamp: formulas, and fields of other records
	related   []soql.SelectItem // the child queries that are selected, too
	scoped    bool              // the scope checkbox exists and decides
	filters   bool              // and queries may ask for it, which some formulas refuse
	formulas  bool              // a field that is read is a formula: all records are compared
	required  map[string]bool   // the targets that a record cannot do without
	children  []*object
}

// survey compares the configuration with the org's describe and plans the
// select lists. Whatever is wrong is reported at once, before any write.
func (im *Importer) survey(ctx context.Context, state State) (*survey, error) {
	session, err := im.cfg.Client.Session(ctx)
	if err != nil {
		return nil, fmt.Errorf("importer: log in: %w", err)
	}
	if state.Org != "" && state.Org != session.OrgID {
		return nil, fmt.Errorf("importer: %w: it was filled from %s, and this is %s", ErrOrgChanged, state.Org, session.OrgID)
	}
	s := &survey{org: session.OrgID, user: session.UserID, seen: slices.Clone(state.Seen), objects: make([]object, len(im.cfg.Objects))}
	var faults []error
	org := orgSchema{ctx: ctx, client: im.cfg.Client, found: map[string]*salesforce.SObject{}}
	for i, o := range im.cfg.Objects {
		describe, err := org.describe(o.Name)
		if err != nil {
			return nil, err
		}
		s.objects[i], err = s.look(o, describe, func(path string) bool { return org.has(describe, path) })
		faults = append(faults, err)
		for _, path := range s.objects[i].paths {
			s.objects[i].types = append(s.objects[i].types, org.typeOf(describe, path))
		}
		// A field that is missing is reported elsewhere.
		s.objects[i].Mapping, _ = o.Mapping.WithLabels(describe, org.describe)
	}
	if org.failed != nil {
		return nil, org.failed
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("importer: %w: %w", ErrSchema, err)
	}
	for i := range s.objects {
		for j := range s.objects {
			if s.objects[j].Parent == s.objects[i].Name {
				s.objects[i].children = append(s.objects[i].children, &s.objects[j])
			}
		}
	}
	s.fingerprint, err = fingerprint(s.objects)
	return s, err
}

// look plans one object. A path that the org does not have is an error when
// the import needs it; otherwise it is left out of the select list, so that
// the host keeps what it has, and warned about.
func (s *survey) look(o Object, describe *salesforce.SObject, has func(path string) bool) (object, error) {
	found := object{
		Object: o, paths: []string{"Id", "SystemModstamp", "IsDeleted"},
		decides: map[string]bool{}, unstamped: map[string]bool{}, required: map[string]bool{},
	}
	var faults []error
	need := func(path string, needed bool) {
		switch {
		case slices.Contains(found.paths, path):
		case has(path):
			found.paths = append(found.paths, path)
			field, own := describe.Field(path)
			found.unstamped[path] = !own || field.Calculated
			if own && field.Calculated {
				found.formulas = true
				s.warnings = append(s.warnings, fmt.Sprintf("%s.%s is a formula, whose changes move no stamp: incremental imports compare all records of %s", o.Name, path, o.Name))
			}
		case needed:
			faults = append(faults, fmt.Errorf("%s has no field %s, or this user may not see it", o.Name, path))
		default:
			s.warnings = append(s.warnings, fmt.Sprintf("%s.%s is missing or hidden: the host keeps what it has", o.Name, path))
		}
	}
	if o.Lookup != "" {
		need(o.Lookup, true)
	}
	found.scoped = s.scope(o, describe, &faults)
	if found.scoped {
		field, _ := describe.Field(o.Scope.Field)
		found.filters, found.decides[o.Scope.Field] = field.Filterable, true
		need(o.Scope.Field, true)
	}
	if has("MasterRecordId") { // objects that can be merged have it
		need("MasterRecordId", true)
	}
	for _, path := range o.Needs {
		found.decides[path] = true
		need(path, true)
	}
	for _, path := range o.Wants {
		if found.decides[path] = true; has(path) {
			need(path, true)
		}
	}
	found.related = s.related(o, describe)
	for _, rule := range o.Mapping.Rules() {
		found.required[rule.Target] = rule.Required
		for _, path := range rule.From {
			if strings.Contains(path, "[") {
				faults = append(faults, fmt.Errorf("%s.%s: an import reads no rows of child lists: import their object, and let Parent tie it to %s", o.Name, path, o.Name))
				continue
			}
			need(path, rule.Required)
		}
	}
	if o.Check != nil {
		faults = append(faults, o.Check(describe))
	}
	return found, errors.Join(faults...)
}

// related selects the children that Decide reads, as far as the org has them.
func (s *survey) related(o Object, describe *salesforce.SObject) (items []soql.SelectItem) {
	for _, child := range o.Children {
		if _, ok := describe.Child(child.From.Object); ok {
			items = append(items, &soql.Subquery{Query: child})
		} else {
			s.warnings = append(s.warnings, fmt.Sprintf("%s.%s is missing or hidden: what it would tell is not known", o.Name, child.From.Object))
		}
	}
	return items
}

// scope tells whether the scope checkbox decides. A checkbox that was seen once
// must not disappear: read as "no restriction", its absence would import
// everything.
func (s *survey) scope(o Object, describe *salesforce.SObject, faults *[]error) bool {
	if o.Scope.off() {
		return false
	}
	name := o.Name + "." + o.Scope.Field
	field, exists := describe.Field(o.Scope.Field)
	switch {
	case exists && field.Type != "boolean":
		*faults = append(*faults, fmt.Errorf("%s is of type %s: the scope needs a checkbox", name, field.Type))
	case exists && !slices.Contains(s.seen, name):
		s.seen = append(s.seen, name)
	case !exists && o.Scope.Mode == ScopeRequired:
		*faults = append(*faults, fmt.Errorf("the scope checkbox %s is missing, or this user may not see it", name))
	case !exists && slices.Contains(s.seen, name):
		*faults = append(*faults, fmt.Errorf("the scope checkbox %s was there before and is missing now, or this user may no longer see it", name))
	}
	return exists
}

// An orgSchema asks the org for each description once.
type orgSchema struct {
	ctx    context.Context //nolint:containedctx // lives for one survey
	client *salesforce.Client
	found  map[string]*salesforce.SObject
	failed error // the org did not answer
}

func (s *orgSchema) describe(name string) (*salesforce.SObject, error) {
	if o := s.found[name]; o != nil {
		return o, nil
	}
	o, err := s.client.Describe(s.ctx, name)
	if err != nil {
		err = fmt.Errorf("importer: describe %s: %w", name, err)
		if !errors.Is(err, salesforce.ErrNotFound) {
			s.failed = cmp.Or(s.failed, err)
		}
		return nil, err
	}
	s.found[name] = o
	return o, nil
}

// has reports whether this user can select path.
func (s *orgSchema) has(o *salesforce.SObject, path string) bool {
	first, rest, related := strings.Cut(path, ".")
	if !related {
		_, ok := o.Field(path)
		return ok
	}
	return slices.ContainsFunc(o.Fields, func(f salesforce.FieldInfo) bool {
		return strings.EqualFold(f.RelationshipName, first) && slices.ContainsFunc(f.ReferenceTo, func(name string) bool {
			parent, err := s.describe(name)
			return err == nil && s.has(parent, rest)
		})
	})
}

// typeOf is the type of what a path leads to, empty where that may be of
// several objects.
func (s *orgSchema) typeOf(o *salesforce.SObject, path string) string {
	first, rest, related := strings.Cut(path, ".")
	if !related {
		field, ok := o.Field(path)
		if !ok {
			return ""
		}
		return field.Type
	}
	for _, f := range o.Fields {
		if strings.EqualFold(f.RelationshipName, first) && len(f.ReferenceTo) == 1 {
			if parent, err := s.describe(f.ReferenceTo[0]); err == nil {
				return s.typeOf(parent, rest)
			}
		}
	}
	return ""
}

// fingerprint identifies everything that decides how a record reaches the
// host. Records that did not change since must be read again when it changes.
func fingerprint(objects []object) (string, error) {
	type part struct {
		Name, Kind, Parent, Lookup, Revision string
		Scope                                Scope
		Paths, Types                         []string
		Related                              int
		Rules                                any
	}
	var parts []part
	for _, o := range objects {
		parts = append(parts, part{o.Name, o.Kind, o.Parent, o.Lookup, o.Revision, o.Scope, o.paths, o.types, len(o.related), o.Mapping.Rules()})
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("importer: fingerprint of the configuration: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
