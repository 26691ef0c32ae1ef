package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Owners says who in the host is responsible for what a Salesforce user owns:
// for every kind whose rules have the target TargetResponsible, of the type Id.
//
// An owner is looked for in Users, then by federation id, then by e-mail
// address. One who is not found, or is not active in Salesforce, leaves the
// record the person that it has; the report warns of it, and the rest of the
// record is imported.
type Owners struct {
	// Users gives Salesforce user ids, of 15 or 18 characters, the host's ids of
	// people. It also holds for users who are not active any more.
	Users map[string]string `json:"users,omitempty" yaml:"users,omitempty"`
	// Find tells the host's ids of those of keys that it knows: of federation
	// ids (User.FederationIdentifier), or of e-mail addresses as Salesforce
	// writes them. It is asked once for each page of records. Its error stops
	// the run, which goes on later. Nil knows nobody.
	Find func(ctx context.Context, by OwnerKey, keys []string) (map[string]string, error) `json:"-" yaml:"-"`
}

// OwnerKey is what Owners.Find is to find people by.
type OwnerKey string

// The keys, in the order in which they are asked for.
const (
	ByFederationID OwnerKey = "FederationIdentifier"
	ByEmail        OwnerKey = "Email"
)

func (o Owners) off() bool { return o.Find == nil && len(o.Users) == 0 }

func (o Owners) faults(parts []part) (faults []error) {
	if o.off() {
		return nil
	}
	seen := map[salesforce.ID]bool{}
	for user := range o.Users {
		id, err := salesforce.ParseID(user)
		switch {
		case err != nil || id.Prefix() != "005":
			faults = append(faults, fmt.Errorf("%q is no id of a Salesforce user, which has 15 or 18 characters and begins with 005", user))
		case seen[id]:
			faults = append(faults, fmt.Errorf("user %s is listed twice", id))
		}
		seen[id] = true
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	responsible := false
	for _, p := range parts {
		rule := ruleFor(*p.rules, TargetResponsible)
		if rule == nil {
			continue
		}
		responsible = true
		if rule.Type != mapping.ID || len(rule.From) != 1 {
			faults = append(faults, fmt.Errorf("the target responsible of %s takes one field of the type %s, such as OwnerId", p.key, mapping.ID))
		}
	}
	if !responsible {
		faults = append(faults, errors.New("no rule has the target responsible: add one, or remove owners"))
	}
	return faults
}

// join makes the people of an object those of the host.
func (o Owners) join(object *importer.Object) {
	rule := ruleFor(object.Mapping.Rules(), TargetResponsible)
	if o.off() || rule == nil {
		return
	}
	s := staffing{users: map[salesforce.ID]string{}, find: o.Find, path: relationship(rule.From[0])}
	for user, host := range o.Users {
		id, _ := salesforce.ParseID(user) // checked
		s.users[id] = host
	}
	for _, field := range []string{"Name", "IsActive", string(ByFederationID), string(ByEmail)} {
		object.Wants = append(object.Wants, s.path+"."+field)
	}
	object.Revision += fmt.Sprintf(" owners %q", s.users)
	before := object.Refine
	object.Refine = func(ctx context.Context, page *importer.Page) error {
		if before != nil {
			if err := before(ctx, page); err != nil {
				return err
			}
		}
		return s.refine(ctx, page)
	}
}

// relationship is the path to the record that a lookup field holds the id of.
func relationship(lookup string) string {
	if name, custom := strings.CutSuffix(lookup, "__c"); custom {
		return name + "__r"
	}
	return strings.TrimSuffix(lookup, "Id")
}

// staffing puts the host's people in the place of users.
type staffing struct {
	users map[salesforce.ID]string
	find  func(ctx context.Context, by OwnerKey, keys []string) (map[string]string, error)
	path  string // to the user
}

// An owned is a draft with an owner.
type owned struct {
	*importer.Draft
	owner salesforce.ID
}

func (s staffing) refine(ctx context.Context, page *importer.Page) error {
	var wanted []owned
	for _, d := range page.Drafts {
		value, _ := d.Values.Get(TargetResponsible)
		owner, _ := value.(salesforce.ID)
		if owner == "" {
			continue
		}
		if host, ok := s.users[owner]; ok {
			d.Values = d.Values.With(TargetResponsible, host)
		} else if active, told := d.Record.Get(s.path + ".IsActive"); told && active == false {
			s.unknown(owned{d, owner}, "is not active in Salesforce")
		} else {
			wanted = append(wanted, owned{d, owner})
		}
	}
	for _, by := range []OwnerKey{ByFederationID, ByEmail} {
		var err error
		if wanted, err = s.search(ctx, by, wanted); err != nil {
			return fmt.Errorf("customers: find owners by %s: %w", by, err)
		}
	}
	for _, d := range wanted {
		s.unknown(d, "is not known in the host")
	}
	return nil
}

// search asks the host for the owners, and returns the drafts of those whom it
// does not know.
func (s staffing) search(ctx context.Context, by OwnerKey, wanted []owned) (left []owned, err error) {
	key := func(d owned) string {
		value, _ := d.Record.Get(s.path + "." + string(by))
		text, _ := value.(string)
		return text
	}
	var keys []string
	for _, d := range wanted {
		if k := key(d); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	if s.find == nil || len(keys) == 0 {
		return wanted, nil
	}
	people, err := s.find(ctx, by, keys)
	if err != nil {
		return nil, err
	}
	for _, d := range wanted {
		if host := people[key(d)]; host != "" {
			d.Values = d.Values.With(TargetResponsible, host)
		} else {
			left = append(left, d)
		}
	}
	return left, nil
}

// unknown leaves the record the person that it has.
func (s staffing) unknown(d owned, why string) {
	who := string(d.owner)
	if name, _ := d.Record.Get(s.path + ".Name"); name != nil {
		who = fmt.Sprintf("%v (%s)", name, d.owner)
	}
	d.Values = d.Values.Without(TargetResponsible)
	d.Warnings = append(d.Warnings, fmt.Sprintf("its owner %s %s: the host's stays", who, why))
}
