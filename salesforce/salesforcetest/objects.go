package salesforcetest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Indexes of the fields that every object has.
const (
	fieldID = iota
	fieldIsDeleted
	fieldCreatedDate
	fieldCreatedBy
	fieldModifiedDate
	fieldModifiedBy
	fieldStamp // SystemModstamp
)

// systemFields are the fields that every object has, in the order of the
// constants above.
var systemFields = []Field{
	newField("id", "Id", "Record ID", []mod{readOnly, defaulted, idLookup}),
	check("IsDeleted", "Deleted", readOnly),
	moment("CreatedDate", "Created Date", readOnly, defaulted),
	ref("CreatedById", "Created By ID", "User", "CreatedBy", "", readOnly, defaulted),
	moment("LastModifiedDate", "Last Modified Date", readOnly, defaulted),
	ref("LastModifiedById", "Last Modified By ID", "User", "LastModifiedBy", "", readOnly, defaulted),
	moment("SystemModstamp", "System Modstamp", readOnly, defaulted),
}

// anyRecord, as the target of a reference, stands for every object that people
// keep records in.
const anyRecord = "*"

// object is a definition made ready for use, together with its records.
type object struct {
	SObject
	fields []*field          // by index, the system fields first
	byName map[string]*field // what clients see, by API name, and by the same in lower case
	named  map[string]*field // all, likewise
	up     map[string]*field // references, by lower-case relationship name
	types  []RecordType

	validations []func(old, new Row) []Violation
	duplicates  []DuplicateRule
	rollUps     []*rollUp
	archives    bool     // old records are found by queryAll only
	owner       *field   // OwnerId, nil for none
	follows     []*field // references to the parents that decide who sees a record
	feeds       []*field // references over which parents sum up records of this object
	org         *Org
	table
}

// field is a field made ready for use.
type field struct {
	Field
	of    *object
	index int
	typ   *fieldType
	start any            // what a new record holds
	last  any            // a value of the record written last
	rank  map[string]int // order of picklist values

	hidden  bool                // from API users
	compute func(r *record) any // what stands for a stored value, nil for none
}

// catalog holds the objects of an org.
type catalog struct {
	objects  []*object          // in the order of their definition
	byName   map[string]*object // by lower-case name
	byPrefix map[string]*object
	org      *Org
	defined  time.Time // when the org was extended last

	// viewing is the transaction that has the org's lock for itself, nil while
	// others may read: formulas see what it has written.
	viewing *Transaction
}

func (c *catalog) object(name string) *object { return c.byName[strings.ToLower(name)] }

// objectOf returns the object that an id belongs to, or nil.
func (c *catalog) objectOf(id string) *object {
	if len(id) < 3 {
		return nil
	}
	return c.byPrefix[id[:3]]
}

// visible yields the fields that clients see: records of set-up data have no
// IsDeleted.
func (ob *object) visible(yield func(*field) bool) {
	for _, f := range ob.fields {
		if ob.byName[strings.ToLower(f.Name)] == f && !yield(f) {
			return
		}
	}
}

func (ob *object) field(name string) *field {
	if f := ob.byName[name]; f != nil {
		return f // nearly all names are spelled as they should be
	}
	return ob.byName[strings.ToLower(name)]
}

// own is field for the org itself, which also knows what is hidden.
func (ob *object) own(name string) *field {
	if f := ob.named[name]; f != nil {
		return f
	}
	return ob.named[strings.ToLower(name)]
}

func (ob *object) custom() bool { return isCustom(ob.Name) }

func isCustom(name string) bool { return strings.HasSuffix(strings.ToLower(name), "__c") }

// targets are the names of the objects that a reference may point to.
func (c *catalog) targets(f *field) []string {
	if !slices.Contains(f.ReferenceTo, anyRecord) {
		return f.ReferenceTo
	}
	var names []string
	for _, ob := range c.objects {
		if f.pointsTo(ob) {
			names = append(names, ob.Name)
		}
	}
	return names
}

// refersTo reports whether a reference may point to an object.
func (f *field) refersTo(ob *object) bool {
	return f.typ.kind == kindID && f.index != fieldID && f.pointsTo(ob)
}

// pointsTo reports whether the definition of a reference lets it point to an
// object. Activities are with people, and about everything else.
func (f *field) pointsTo(ob *object) bool {
	if slices.Contains(f.ReferenceTo, ob.Name) {
		return true
	}
	person := ob.Name == "Contact" || ob.Name == "Lead"
	return ob.parent && slices.Contains(f.ReferenceTo, anyRecord) && !(person && f.Name == "WhatId")
}

// polymorphic references point to records of several objects.
func (f *field) polymorphic() bool {
	return len(f.ReferenceTo) > 1 || slices.Contains(f.ReferenceTo, anyRecord)
}

// children returns the reference by which records of other objects hang on ob
// under a relationship name, as far as clients may see it.
func (c *catalog) children(ob *object, relationship string) *field {
	if f := c.link(ob, relationship); f != nil && !f.hidden {
		return f
	}
	return nil
}

// link is children with what is hidden.
func (c *catalog) link(ob *object, relationship string) *field {
	for _, child := range c.objects {
		for _, f := range child.fields {
			if f.Children != "" && strings.EqualFold(f.Children, relationship) && f.refersTo(ob) {
				return f
			}
		}
	}
	return nil
}

// extend adds objects and fields. Nothing is changed if anything is wrong.
func (c *catalog) extend(s Schema) error {
	if err := c.validate(s); err != nil {
		return err
	}
	for _, def := range s {
		ob := c.object(def.Name)
		if ob == nil {
			ob = c.add(def)
		}
		for _, f := range def.Fields {
			ob.set(f)
		}
		ob.addTypes(def.RecordTypes)
		ob.addRules(def)
		ob.findParents()
		ob.reindex()
	}
	c.linkRollUps()
	return nil
}

// add makes an object with the fields that every object has.
func (c *catalog) add(def SObject) *object {
	ob := &object{SObject: def, org: c.org, byName: map[string]*field{}, named: map[string]*field{}, up: map[string]*field{}}
	ob.archives = ob.Name == "Task" || ob.Name == "Event"
	ob.Fields, ob.RecordTypes, ob.Validate, ob.Duplicates = nil, nil, nil, nil
	ob.Label = cmp.Or(ob.Label, ob.Name)
	ob.LabelPlural = cmp.Or(ob.LabelPlural, ob.Label+"s")
	if ob.KeyPrefix == "" {
		ob.KeyPrefix = c.freePrefix()
	}
	for _, f := range systemFields {
		ob.set(f)
	}
	if ob.setup {
		for _, name := range []string{"isdeleted", "IsDeleted"} { // such records are never deleted
			delete(ob.byName, name)
			delete(ob.named, name)
		}
	}
	if ob.Mergeable {
		ob.set(ref("MasterRecordId", "Master Record ID", ob.Name, "MasterRecord", "", readOnly))
	}
	if ob.custom() {
		ob.parent = true
		ob.set(text("Name", ob.Label+" Name", 80, nameField, defaulted))
		ob.set(ownerOrQueue())
	}
	ob.table.init()
	c.objects = append(c.objects, ob)
	c.byName[strings.ToLower(ob.Name)] = ob
	if c.byPrefix[ob.KeyPrefix] == nil { // notes share theirs with documents
		c.byPrefix[ob.KeyPrefix] = ob
	}
	return ob
}

// freePrefix returns the first key prefix that no object has, from a00 on.
func (c *catalog) freePrefix() string {
	for n := strings.IndexByte(idDigits, 'a') * 62 * 62; ; n++ {
		prefix := string([]byte{idDigits[n/(62*62)], idDigits[n/62%62], idDigits[n%62]})
		if c.byPrefix[prefix] == nil {
			return prefix
		}
	}
}

// set adds a field or replaces the definition of one; its index stays.
func (ob *object) set(def Field) {
	if ob.custom() && strings.EqualFold(def.Name, "Name") {
		// A custom record without a name is named by its id.
		def.NameField, def.IDLookup, def.Defaulted, def.Required = true, true, true, false
	}
	f := ob.own(def.Name)
	if f == nil {
		f = &field{of: ob, index: len(ob.fields)}
		ob.fields = append(ob.fields, f)
	} else {
		def = inherit(def, f.Field)
	}
	f.Field = withDefaults(def)
	f.typ = fieldTypes[f.Type]
	f.start, _ = f.initial() // validate has seen to the error
	f.rank = ranks(f.Picklist)
	f.compute = f.computed()
	ob.name(f)
	if f.Type == "location" {
		ob.setParts(f)
	}
}

// setParts adds the fields that hold the parts of a location, unless they are
// there.
func (ob *object) setParts(f *field) {
	prefix, parts := f.compoundParts()
	for i, label := range []string{"Latitude", "Longitude"} {
		if name := prefix + parts[i].field; ob.own(name) == nil {
			ob.set(number(name, f.Label+" ("+label+")", 15, partOf(f.Name)))
		}
	}
}

// computed is what works out the value of a field that is not stored.
func (f *field) computed() func(*record) any {
	switch {
	case f.Formula != nil:
		return func(r *record) any { return r.formula(f, 0) }
	case f.typ.kind == kindAddress:
		return func(r *record) any { return r.address(f) }
	case f.Name == "IsArchived" && f.of.archives:
		return func(r *record) any { return r.archived(r.of.org.Now()) }
	}
	return nil
}

// ranks are the places of the values of a picklist, by lower-case value.
func ranks(list []PicklistValue) map[string]int {
	rank := make(map[string]int, len(list))
	for i, v := range list {
		rank[strings.ToLower(v.Value)] = i
	}
	return rank
}

// inherit keeps of an old definition what the describe result of the object
// alone does not tell.
func inherit(def, old Field) Field {
	def.Type = cmp.Or(def.Type, old.Type)
	def.Children = cmp.Or(def.Children, old.Children)
	def.Cascade = def.Cascade || old.Cascade
	def.Controller = cmp.Or(def.Controller, old.Controller)
	if def.Formula == nil && def.RollUp == nil {
		def.Formula, def.RollUp = old.Formula, old.RollUp
	}
	if old.AutoNumber != "" {
		def.AutoNumber = old.AutoNumber
	}
	return def
}

// initial is what a new record holds in the field, if nobody says otherwise.
func (f *field) initial() (any, error) {
	if f.Default != nil {
		in := assignments(map[string]any{f.Name: f.Default})
		return f.parse(in[0])
	}
	if f.typ.kind == kindBool {
		return false, nil
	}
	for _, v := range f.Picklist {
		if v.Default {
			return v.Value, nil
		}
	}
	return nil, nil
}

// withDefaults fills in what a definition may leave out.
func withDefaults(f Field) Field {
	f.Type, f.Label = cmp.Or(f.Type, "string"), cmp.Or(f.Label, f.Name)
	typ := fieldTypes[f.Type]
	switch {
	case typ == nil: // validate says so
		return f
	case typ.kind == kindText:
		f.Length = cmp.Or(f.Length, typ.size)
	case typ.kind == kindID:
		f.Length = typ.size
	case typ.kind == kindBool:
		f.Defaulted = true
	case f.Type == "int" && f.Precision == 0:
		f.Precision = 9
	case typ.kind == kindNumber && f.Precision == 0:
		f.Precision = 18
	}
	if f.Default != nil {
		f.Defaulted, f.Required = f.Defaulted || f.Required, false
	}
	if f.Formula != nil || f.RollUp != nil {
		f.Calculated, f.Required, f.Defaulted = true, false, false
	}
	if f.RollUp != nil && f.RollUp.Op <= Sum {
		f.Default = 0
	}
	if f.Calculated || typ.kind == kindAddress {
		readOnly(&f)
	}
	if f.Type == "reference" && f.Relationship == "" {
		f.Relationship = relationshipName(f.Name)
	}
	return f
}

// relationshipName is the platform's rule: Visit__c is reached over Visit__r,
// OwnerId over Owner.
func relationshipName(field string) string {
	if base, ok := strings.CutSuffix(field, "__c"); ok {
		return base + "__r"
	}
	return strings.TrimSuffix(field, "Id")
}
