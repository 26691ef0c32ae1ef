package salesforcetest

import (
	"net/http"
	"strings"
)

// The Tooling API sees the org's own definitions as records. They are made for
// each call, in an org that is a view of the real one: it shares users,
// profiles and the like with it, and what it is asked is answered as if it were
// a whole org.
// https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/intro_api_tooling.htm

func toolingRoutes() []route {
	return []route{
		{"tooling", methods{"GET": (*call).toolingResources}},
		{"tooling/query", methods{"GET": tooling((*call).toolingQuery)}},
		{"tooling/query/*", methods{"GET": (*call).queryMore}},
		{"tooling/sobjects", methods{"GET": tooling((*call).describeGlobal)}},
		{"tooling/sobjects/*", methods{"GET": tooling((*call).summary)}},
		{"tooling/sobjects/*/describe", methods{"GET": tooling((*call).describe)}},
		{"tooling/sobjects/*/*", methods{"GET": tooling((*call).read)}},
		{"tooling/executeAnonymous", methods{"GET": noApex, "POST": noApex}},
		{"tooling/runTestsSynchronous", methods{"GET": noApex, "POST": noApex}},
		{"tooling/runTestsAsynchronous", methods{"GET": noApex, "POST": noApex}},
		{"tooling/completions", methods{"GET": noApex}},
	}
}

// noApex refuses what needs an interpreter.
func noApex(c *call) error {
	return refusal("FUNCTIONALITY_NOT_ENABLED", "This org runs no Apex, so that %s is not served", "/"+strings.Join(segments(c.r.URL)[3:], "/"))
}

// tooling lets a call be answered by the view of the org's definitions. The
// answer is sent once the org's lock is free again.
func tooling(handle func(*call) error) func(*call) error {
	return func(c *call) error {
		answer := &recorder{header: c.w.Header()}
		if err := c.throughView(answer, handle); err != nil {
			return err
		}
		answer.WriteHeader(http.StatusOK)
		c.w.WriteHeader(answer.status)
		c.w.Write(answer.body.Bytes())
		return nil
	}
}

func (c *call) throughView(w http.ResponseWriter, handle func(*call) error) error {
	defer c.reading()()
	view := *c
	view.org, view.tx, view.w = c.org.definitions(c.namesDefinitions()), nil, w
	return handle(&view)
}

// namesDefinitions reports whether a call may be about definitions, so that the
// many others do not wait for them to be made.
func (c *call) namesDefinitions() bool {
	text := strings.ToLower(c.r.URL.Path + " " + c.r.URL.Query().Get("q"))
	return strings.Contains(text, "definition") || strings.Contains(text, "custom")
}

// toolingResources answers GET /tooling.
func (c *call) toolingResources() error {
	list := map[string]string{}
	for _, name := range []string{"query", "sobjects"} {
		list[name] = c.base() + "/tooling/" + name
	}
	writeJSON(c.w, http.StatusOK, list)
	return nil
}

// toolingQuery answers GET /tooling/query.
func (c *call) toolingQuery() error { return c.runQuery("tooling/query") }

// shared are the objects that the Tooling API has in common with the others.
var shared = []string{"Organization", "Profile", "User", "RecordType", "OpportunityStage"}

// definitions returns the view of the org's definitions, filled with them or
// not. The caller holds the org's lock while it is used.
func (o *Org) definitions(filled bool) *Org {
	view := &Org{
		opt: o.opt, admin: o.admin, root: "tooling/", pages: o.pages,
		catalog: catalog{byName: map[string]*object{}, byPrefix: map[string]*object{}},
	}
	view.org, view.defined, view.clock.source = view, o.defined, o.Now
	for _, name := range shared {
		ob := o.object(name)
		view.objects = append(view.objects, ob)
		view.byName[strings.ToLower(name)], view.byPrefix[ob.KeyPrefix] = ob, ob
	}
	must(view.extend(toolingObjects))
	if filled {
		view.fill(o.objects)
	}
	for _, name := range []string{"FieldDefinition", "CustomField"} {
		byName := view.object(name).byName
		delete(byName, hiddenEntity)
		delete(byName, strings.ToLower(hiddenEntity))
	}
	return view
}

// fill enters the definitions of objects of the real org.
func (o *Org) fill(objects []*object) {
	must(o.transact(o.admin, true, func(tx *Transaction) error {
		for _, ob := range objects {
			if err := o.define(tx, ob); err != nil {
				return err
			}
		}
		return nil
	}))
}

// define enters an object of the real org.
func (o *Org) define(tx *Transaction, ob *object) error {
	entity, err := tx.insert(o.object("EntityDefinition"), assignments(entityFields(ob)))
	if err != nil {
		return err
	}
	if ob.custom() {
		if _, err := tx.insert(o.object("CustomObject"), assignments(map[string]any{
			"DeveloperName": bareName(ob.Name),
		})); err != nil {
			return err
		}
	}
	for f := range ob.visible {
		if err := o.defineField(tx, ob, f, entity); err != nil {
			return err
		}
	}
	return nil
}

func (o *Org) defineField(tx *Transaction, ob *object, f *field, entity string) error {
	fields := fieldDefinition(ob, f)
	fields[hiddenEntity] = entity
	if _, err := tx.insert(o.object("FieldDefinition"), assignments(fields)); err != nil || !isCustom(f.Name) {
		return err
	}
	_, err := tx.insert(o.object("CustomField"), assignments(map[string]any{
		"DeveloperName": bareName(f.Name), "TableEnumOrId": ob.Name, hiddenEntity: entity,
	}))
	return err
}
