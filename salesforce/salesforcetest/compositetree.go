package salesforcetest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Limits of a tree request.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm
const (
	maxTreeDepth = 5
	maxTreeTypes = 5
)

// treeNode is a record of a tree request.
type treeNode struct {
	ref, typ string
	in       []assignment
	parent   *treeNode
	relation string // by which it hangs on its parent
	id       string // once it is created
}

// treeResult is what became of a node.
type treeResult struct {
	Ref    string `json:"referenceId"`
	ID     string `json:"id,omitempty"`
	Errors []any  `json:"errors,omitempty"`
}

// tree answers POST /composite/tree/X: records with their children, level by
// level, all or none.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm
func (c *call) tree() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	in, err := c.plainBody()
	if err != nil {
		return err
	}
	var records []any
	if err := take(in, map[string]any{"records": &records}); err != nil {
		return err
	}
	nodes, err := treeNodes(records)
	if err != nil {
		return err
	}
	faults := refuseNodes(nodes, ob.Name)
	if faults == nil {
		err = c.transact(func(tx *Transaction) error {
			faults, err = tx.plant(nodes)
			return err
		})
	}
	if faults != nil {
		writeJSON(c.w, http.StatusBadRequest, map[string]any{"hasErrors": true, "results": faults})
		return nil
	}
	if err != nil {
		return err
	}
	results := []treeResult{}
	for _, n := range nodes {
		results = append(results, treeResult{Ref: n.ref, ID: n.id})
	}
	writeJSON(c.w, http.StatusCreated, map[string]any{"hasErrors": false, "results": results})
	return nil
}

// treeNodes lists the records of a request, one level after the other.
func treeNodes(records []any) ([]*treeNode, error) {
	if len(records) == 0 {
		return nil, missingMember("records")
	}
	var all []*treeNode
	var level []*treeNode
	for _, v := range records {
		level = append(level, newTreeNode(v, nil, ""))
	}
	for depth := 1; len(level) > 0; depth++ {
		all = append(all, level...)
		switch {
		case depth > maxTreeDepth:
			return nil, refusal("INVALID_INPUT", "The request has records on more than %d levels.", maxTreeDepth)
		case len(all) > maxRows:
			return nil, refusal("INVALID_INPUT", "The request has more than %d records.", maxRows)
		}
		var next []*treeNode
		for _, n := range level {
			next = append(next, n.children()...)
		}
		level = next
	}
	types := map[string]bool{}
	for _, n := range all {
		if n.ref == "" {
			return nil, refusal("INVALID_INPUT", "Include a reference ID for each record in the request.")
		}
		types[strings.ToLower(n.typ)] = true
	}
	if len(types) > maxTreeTypes {
		return nil, refusal("INVALID_INPUT", "The request has records of more than %d types.", maxTreeTypes)
	}
	return all, nil
}

func newTreeNode(v any, parent *treeNode, relation string) *treeNode {
	n := &treeNode{parent: parent, relation: relation}
	n.in, _ = v.([]assignment)
	attributes, _ := member(n.in, "attributes").([]assignment)
	n.typ, _ = member(attributes, "type").(string)
	n.ref, _ = member(attributes, "referenceId").(string)
	return n
}

// children takes the child records out of a node's fields: the members that are
// objects with a list of records.
func (n *treeNode) children() []*treeNode {
	var children []*treeNode
	var own []assignment
	for _, a := range n.in {
		members, _ := a.value.([]assignment)
		records, ok := member(members, "records").([]any)
		if !ok {
			own = append(own, a)
			continue
		}
		for _, v := range records {
			children = append(children, newTreeNode(v, n, a.name))
		}
	}
	n.in = own
	return children
}

var treeReference = regexp.MustCompile(`^[A-Za-z0-9]`)

// refuseNodes finds the faults of nodes that need no look at the org.
func refuseNodes(nodes []*treeNode, root string) []treeResult {
	uses := map[string]int{}
	for _, n := range nodes {
		uses[n.ref]++
	}
	var faults []treeResult
	for _, n := range nodes {
		message := ""
		switch {
		case uses[n.ref] > 1:
			message = "Duplicate ReferenceId provided in the request."
		case !treeReference.MatchString(n.ref):
			message = "A ReferenceId must begin with a letter or a number."
		case n.typ == "":
			message = "Include an entity type for each record in the request."
		case n.parent == nil && !strings.EqualFold(n.typ, root):
			message = "The type of each root record must be that of the URI."
		}
		if message != "" {
			faults = append(faults, n.fault(fieldError("INVALID_INPUT", nil, "%s", message)))
		}
	}
	return faults
}

func (n *treeNode) fault(err error) treeResult {
	return treeResult{Ref: n.ref, Errors: rowErrors(err)}
}

// plant creates the records. It goes on after a fault to find the others, and
// then fails so that nothing is kept.
func (tx *Transaction) plant(nodes []*treeNode) (faults []treeResult, err error) {
	for _, n := range nodes {
		if n.parent != nil && n.parent.id == "" {
			continue // the fault is the parent's
		}
		if e := tx.attempt(func() error { return tx.plantNode(n) }); e != nil {
			faults, err = append(faults, n.fault(e)), e
		}
	}
	return faults, err
}

func (tx *Transaction) plantNode(n *treeNode) (err error) {
	ob := tx.org.object(n.typ)
	if ob == nil {
		return refusal("INVALID_TYPE", "sObject type '%s' is not supported.", n.typ)
	}
	in := n.in
	if n.parent != nil {
		above := tx.org.object(n.parent.typ)
		link := tx.org.children(above, n.relation)
		if link == nil || link.of != ob {
			return noSuchColumn(above, n.relation)
		}
		in = append(slices.Clip(in), assignment{name: link.Name, value: n.parent.id})
	}
	n.id, err = tx.insert(ob, in)
	return err
}
