package salesforcetest

import (
	"fmt"
	"slices"
	"strings"
)

// viewer is whoever looks at records, and decides alone which ones may be seen
// and changed. In an org without Options.PrivateRecords that is all of them.
//
// Where records are private, a user has those of which the user is the owner.
// Records without an owner, and those that are but a part of another, follow
// their parent. Users, record types and other set-up data are for all to see.
type viewer struct {
	org     *Org
	tx      *Transaction // whose records count, nil for what is committed
	user    string
	viewAll bool // sees everything
	editAll bool // changes everything
}

// viewer returns what a user may see, as of now.
func (o *Org) viewer(user string, tx *Transaction) viewer {
	v := viewer{org: o, tx: tx, user: user, viewAll: !o.opt.PrivateRecords, editAll: !o.opt.PrivateRecords}
	if v.editAll {
		return v
	}
	if r := o.object("User").find(user, tx); r != nil {
		if profile := r.parentIn(tx, "ProfileId"); profile != nil {
			v.editAll = profile.value("PermissionsModifyAllData") == true
			v.viewAll = v.editAll || profile.value("PermissionsViewAllData") == true
		}
	}
	return v
}

// parentIn is the record that a reference points to, as a transaction sees it.
func (r *record) parentIn(tx *Transaction, reference string) *record {
	id := r.text(reference)
	return r.of.org.objectOf(id).find(id, tx)
}

// partsOf are objects whose records follow a parent although they have an owner,
// with the references that lead to it.
var partsOf = map[string][]string{
	"Attachment":     {"ParentId"},
	"ContentVersion": {"ContentDocumentId"},
	"Event":          {"WhatId", "WhoId"},
	"Note":           {"ParentId"},
	"Task":           {"WhatId", "WhoId"},
}

// findParents notes the references over which records of the object follow a
// parent.
func (ob *object) findParents() {
	ob.follows, ob.owner = nil, ob.own("OwnerId")
	for _, f := range ob.fields {
		if f.index > fieldStamp && f.Type == "reference" && (slices.Contains(partsOf[ob.Name], f.Name) ||
			f.Cascade && (ob.owner == nil || ob.custom())) {
			ob.follows = append(ob.follows, f)
		}
	}
}

// sees reports whether the user may see a record.
func (v viewer) sees(r *record) bool { return v.viewAll || v.has(r, 0, false) }

// edits reports whether the user may change or delete a record.
func (v viewer) edits(r *record) bool { return v.editAll || v.has(r, 0, true) }

// maxParents is how many parents a record may have above it that decide.
const maxParents = 10

// has reports whether a record is the user's own, or part of one that is.
func (v viewer) has(r *record, depth int, edit bool) bool {
	ob := r.of
	switch {
	case depth > maxParents:
		return false
	case ob.setup:
		return !edit || r.id() == v.user
	case ob.owner != nil && v.owns(target(r, ob.owner)):
		return true
	case ob.owner == nil && ob.follows == nil:
		return true // products and price books
	}
	for _, f := range ob.follows {
		id := target(r, f)
		if parent := v.org.objectOf(id).find(id, v.tx); parent != nil && !parent.of.setup && v.has(parent, depth+1, edit) {
			return true
		}
	}
	return ob.Name == "ContentDocumentLink" && target(r, ob.own("LinkedEntityId")) == v.user ||
		ob.KeyPrefix == "069" && v.linked(r.id(), depth, edit)
}

// owns reports whether an owner is the user, or a queue that the user is in.
func (v viewer) owns(owner string) bool {
	if owner == v.user {
		return true
	}
	if !strings.HasPrefix(owner, "00G") {
		return false
	}
	members := v.org.object("GroupMember")
	for w := range members.referring(members.own("GroupId"), owner).all {
		if m := w.version(v.tx); m != nil && !m.deleted() && m.text("UserOrGroupId") == v.user {
			return true
		}
	}
	return false
}

// linked reports whether a file is shared with the user, or hangs on a record
// that the user has.
func (v viewer) linked(document string, depth int, edit bool) bool {
	links := v.org.object("ContentDocumentLink")
	for w := range links.referring(links.own("ContentDocumentId"), document).all {
		link := w.version(v.tx)
		if link == nil || link.deleted() {
			continue
		}
		id := target(link, links.own("LinkedEntityId"))
		if id == v.user {
			return true
		}
		entity := v.org.objectOf(id).find(id, v.tx)
		if entity != nil && !entity.of.setup && entity.of.KeyPrefix != "069" && v.has(entity, depth+1, edit) {
			return true
		}
	}
	return false
}

// find returns a record that the call's user may see, nil for none. The caller
// holds the org's lock.
func (c *call) find(ob *object, id string) *record {
	r := ob.find(id, c.tx)
	if r == nil || r.deleted() || !c.org.viewer(c.user, c.tx).sees(r) {
		return nil
	}
	return r
}

// as is the viewer whom the transaction writes for.
func (tx *Transaction) as() viewer {
	if tx.system {
		return viewer{viewAll: true, editAll: true}
	}
	return tx.org.viewer(tx.user, tx)
}

// HideField takes a field away from API users, as field-level security does:
// describe, queries and records are without it, and to name it is an error. The
// methods of Org go on seeing it.
func (o *Org) HideField(object, field string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ob, f := o.knownField(object, field)
	f.hidden = true
	ob.name(f)
	o.defined = o.stamp()
}

// ShowField gives back what [Org.HideField] took.
func (o *Org) ShowField(object, field string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ob, f := o.knownField(object, field)
	f.hidden = false
	ob.name(f)
	o.defined = o.stamp()
}

// knownField returns a field by name and panics if there is none.
func (o *Org) knownField(object, name string) (*object, *field) {
	ob := o.known(object)
	f := ob.own(name)
	if f == nil {
		panic(fmt.Sprintf("salesforcetest: %s has no field %q", ob.Name, name))
	}
	return ob, f
}

// name enters a field under its names, or takes a hidden one away.
func (ob *object) name(f *field) {
	lower, up := strings.ToLower(f.Name), strings.ToLower(f.Relationship)
	ob.named[lower], ob.named[f.Name] = f, f
	if f.hidden {
		delete(ob.byName, lower)
		delete(ob.byName, f.Name)
		delete(ob.up, up)
		return
	}
	ob.byName[lower], ob.byName[f.Name] = f, f
	if up != "" {
		ob.up[up] = f
	}
}
