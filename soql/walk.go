package soql

import "iter"

// Walk calls visit for n and for every node below it, in the order in which
// they are printed. It skips what is below a node for which visit returns
// false. What its owner holds by value, such as [From], [Alias], [Order], [When]
// and [Category], is visited as a pointer into the owner.
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
	case *TypeOf:
		Walk(n.Path, visit)
		walkPointers(n.Whens, visit)
		walkList(n.Else, visit)
	case *When:
		walkList(n.Fields, visit)
	case *Alias:
		Walk(n.Path, visit)
	case *With:
		walkPointers(n.Categories, visit)
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
		if n.List != nil {
			Walk(n.List, visit)
		}
	case *Inclusion:
		Walk(n.Left, visit)
		walkList(n.Values, visit)
		if n.List != nil {
			Walk(n.List, visit)
		}
	}
}

func walkQuery(q *Query, visit func(Node) bool) {
	walkList(q.Select, visit)
	Walk(&q.From, visit)
	walkPointers(q.Aliases, visit)
	walkOptional(q.Where, visit)
	if q.With != nil {
		Walk(q.With, visit)
	}
	walkList(q.GroupBy, visit)
	walkOptional(q.Having, visit)
	walkPointers(q.OrderBy, visit)
	walkOptional(q.Limit, visit)
	walkOptional(q.Offset, visit)
}

func walkList[N Node](list []N, visit func(Node) bool) {
	for _, n := range list {
		Walk(n, visit)
	}
}

// walkPointers walks nodes that are held by value.
func walkPointers[T any, P interface {
	*T
	Node
}](list []T, visit func(Node) bool) {
	for i := range list {
		Walk(P(&list[i]), visit)
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
