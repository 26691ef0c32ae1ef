package salesforcetest

import (
	"net/http"
	"slices"
	"strings"
)

// relationshipRoutes are paths over up to five relationships; sobjectRoutes has
// those over one.
func relationshipRoutes() []route {
	var routes []route
	for n := 2; n <= maxSpan; n++ {
		routes = append(routes, route{"sobjects/*/*" + strings.Repeat("/*", n), methods{
			"GET": (*call).readRelated, "PATCH": (*call).updateRelated, "DELETE": (*call).removeRelated,
		}})
	}
	return routes
}

// relative is what a path /sobjects/X/id/relationship leads to: one parent, or
// the children that hang on a record by a reference.
type relative struct {
	object *object
	id     string // of the parent
	link   *field // of the children, nil for a parent
}

// relative finds what the path leads to.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_relationship_traversal.htm
func (c *call) relative() (relative, error) {
	ob, id, err := c.record()
	if err != nil {
		return relative{}, err
	}
	defer c.reading()()
	for i, name := range c.args[2:] {
		r := c.find(ob, id)
		if r == nil {
			return relative{}, errNotFound
		}
		if up := ob.up[strings.ToLower(name)]; up != nil {
			id = target(r, up) // "" when there is no parent
			ob = c.org.objectOf(id)
			continue
		}
		link := c.org.children(ob, name)
		if link == nil || i < len(c.args)-3 {
			return relative{}, errNotFound
		}
		return relative{object: link.of, id: id, link: link}, nil
	}
	if ob == nil {
		return relative{}, errNotFound
	}
	return relative{object: ob, id: id}, nil
}

// readRelated answers GET /sobjects/X/id/relationship.
func (c *call) readRelated() error {
	to, err := c.relative()
	switch {
	case err != nil:
		return err
	case to.link == nil:
		return c.writeRecord(to.object, to.id)
	}
	return c.writeChildren(to)
}

// writeChildren answers the children of a record as a query does, with all
// fields but binary ones, or those of ?fields=.
func (c *call) writeChildren(to relative) error {
	return c.respond(func(p *pager) error {
		fields := slices.Collect(to.object.visible)
		fields = slices.DeleteFunc(fields, func(f *field) bool { return f.typ.kind == kindBlob })
		if asked := c.r.URL.Query().Get("fields"); asked != "" {
			var err error
			if fields, err = to.object.fieldsOf(split(asked)); err != nil {
				return err
			}
		}
		names := make([]string, len(fields))
		for i, f := range fields {
			names[i] = f.Name
		}
		q, err := c.compile("SELECT "+strings.Join(names, ", ")+" FROM "+to.object.Name+" WHERE "+to.link.Name+" = '"+to.id+"'", false)
		if err != nil {
			return err
		}
		p.world, p.batch = q.world, c.batch()
		p.page(&cursor{world: q.world, rows: q.run(), columns: q.columns, resource: "query"}, 0)
		return nil
	})
}

// updateRelated answers PATCH /sobjects/X/id/relationship, which changes a
// parent.
func (c *call) updateRelated() error {
	to, err := c.parent()
	if err != nil {
		return err
	}
	in, err := c.fields(to.object)
	if err != nil {
		return err
	}
	return c.updateID(to.object, to.id, in)
}

// removeRelated answers DELETE /sobjects/X/id/relationship, which deletes a
// parent.
func (c *call) removeRelated() error {
	to, err := c.parent()
	if err != nil {
		return err
	}
	return c.removeID(to.object, to.id)
}

// parent is relative for what is done to one record only.
func (c *call) parent() (relative, error) {
	to, err := c.relative()
	if err == nil && to.link != nil {
		err = failure(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED",
			"HTTP Method '%s' not allowed. Allowed are GET", c.r.Method)
	}
	return to, err
}

// byID reports whether a path /sobjects/X/a/b begins at a record's id, and not
// at the value b of a field a.
func (c *call) byID(ob *object) bool {
	_, ok := longID(c.args[1])
	return ok && c.lookup(ob, c.args[1]) == nil
}
