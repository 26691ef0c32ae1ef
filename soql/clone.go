package soql

import "slices"

// clone is a deep copy of a valid query, with the positions.
func (q *Query) clone() *Query {
	c := *q
	c.Select = cloned(q.Select, cloneItem)
	c.Aliases = cloned(q.Aliases, func(a Alias) Alias {
		a.Path = clonePath(a.Path)
		return a
	})
	c.With = q.With.clone()
	c.Where = cloneCondition(q.Where)
	c.GroupBy = cloned(q.GroupBy, cloneExpr)
	c.Having = cloneCondition(q.Having)
	c.OrderBy = cloned(q.OrderBy, func(o Order) Order {
		o.Expr = cloneExpr(o.Expr)
		return o
	})
	c.Limit = cloneValue(q.Limit)
	c.Offset = cloneValue(q.Offset)
	return &c
}

func (w *With) clone() *With {
	if w == nil {
		return nil
	}
	c := copied(w)
	c.Categories = cloned(w.Categories, func(x Category) Category {
		x.Names = slices.Clone(x.Names)
		return x
	})
	return c
}

func cloned[T any](list []T, one func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = one(v)
	}
	return out
}

// copied is a shallow copy.
func copied[T any](p *T) *T {
	c := *p
	return &c
}

func cloneItem(item SelectItem) SelectItem {
	switch n := item.(type) {
	case *Field:
		c := copied(n)
		c.Expr = cloneExpr(n.Expr)
		return c
	case *Subquery:
		c := copied(n)
		c.Query = n.Query.clone()
		return c
	case *TypeOf:
		c := copied(n)
		c.Path, c.Else = clonePath(n.Path), cloned(n.Else, clonePath)
		c.Whens = cloned(n.Whens, func(w When) When {
			w.Fields = cloned(w.Fields, clonePath)
			return w
		})
		return c
	case *FieldSet:
		return copied(n)
	}
	return item
}

func clonePath(x *Path) *Path {
	c := copied(x)
	c.Names = slices.Clone(x.Names)
	return c
}

func cloneBind(v *Bind) *Bind {
	if v == nil {
		return nil
	}
	return copied(v)
}

func cloneExpr(x Expr) Expr {
	switch n := x.(type) {
	case *Path:
		return clonePath(n)
	case *Call:
		c := copied(n)
		c.Args = cloned(n.Args, cloneExpr)
		return c
	case *Number:
		return copied(n)
	case *Text:
		return copied(n)
	case *Bind:
		return copied(n)
	}
	return x
}

func cloneCondition(x Condition) Condition {
	switch n := x.(type) {
	case *Logic:
		c := copied(n)
		c.Terms = cloned(n.Terms, cloneCondition)
		return c
	case *Negation:
		c := copied(n)
		c.X = cloneCondition(n.X)
		return c
	case *Comparison:
		c := copied(n)
		c.Left, c.Right = cloneExpr(n.Left), cloneValue(n.Right)
		return c
	case *Membership:
		c := copied(n)
		c.Left, c.Values, c.List = cloneExpr(n.Left), cloned(n.Values, cloneValue), cloneBind(n.List)
		if n.Query != nil {
			c.Query = n.Query.clone()
		}
		return c
	case *Inclusion:
		c := copied(n)
		c.Left, c.Values, c.List = cloneExpr(n.Left), cloned(n.Values, cloneValue), cloneBind(n.List)
		return c
	}
	return x
}

func cloneValue(v Value) Value {
	switch n := v.(type) {
	case *Text:
		return copied(n)
	case *Number:
		return copied(n)
	case *Currency:
		return copied(n)
	case *Time:
		return copied(n)
	case *Boolean:
		return copied(n)
	case *Null:
		return copied(n)
	case *Date:
		return copied(n)
	case *DateTime:
		return copied(n)
	case *DateRange:
		return copied(n)
	case *Bind:
		return copied(n)
	case *Token:
		return copied(n)
	}
	return v
}
