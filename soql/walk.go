package soql

import "iter"

// Walk calls visit for n and for every node below it, in the order in which
// they are printed. It skips what is below a node for which visit returns
// false. [From] and [Order] are visited as pointers into their query.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	switch n := n.(type) {
	case *Query:
		walkQuery(n, visit)
	case *Subquery:
		Walk(n.Query, visit)
	case *Field:
		Walk(n.Expr, visit)
	case *Order:
		Walk(n.Expr, visit)
	case *Call:
		walkList(n.Args, visit)
	case *Logic:
		walkList(n.Terms, visit)
	case *Negation:
		Walk(n.X, visit)
	case *Comparison:
		Walk(n.Left, visit)
		Walk(n.Right, visit)
	case *Membership:
		Walk(n.Left, visit)
		walkList(n.Values, visit)
		if n.Query != nil {
			Walk(n.Query, visit)
		}
	case *Inclusion:
		Walk(n.Left, visit)
		walkList(n.Values, visit)
	}
}

func walkQuery(q *Query, visit func(Node) bool) {
	walkList(q.Select, visit)
	Walk(&q.From, visit)
	walkOptional(q.Where, visit)
	walkList(q.GroupBy, visit)
	walkOptional(q.Having, visit)
	for i := range q.OrderBy {
		Walk(&q.OrderBy[i], visit)
	}
	walkOptional(q.Limit, visit)
	walkOptional(q.Offset, visit)
}

func walkList[N Node](list []N, visit func(Node) bool) {
	for _, n := range list {
		Walk(n, visit)
	}
}

func walkOptional(n Node, visit func(Node) bool) {
	if n != nil {
		Walk(n, visit)
	}
}

// Preorder is n and every node below it, in the order of [Walk].
func Preorder(n Node) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		more := true
		Walk(n, func(n Node) bool {
			more = more && yield(n)
			return more
		})
	}
}
