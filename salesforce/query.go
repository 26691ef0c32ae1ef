package salesforce

import (
	"context"
	"errors"
	"io"
	"iter"
	"reflect"
	"slices"

	"github.com/sfbridge/sfbridge/soql"
)

// QueryOptions vary a query. Nil stands for the zero value.
type QueryOptions struct {
	// All also yields deleted and archived records (the resource queryAll).
	// Filter by IsDeleted to tell them apart. Defaults to false.
	All bool
	// BatchSize asks for pages of so many records, 200 to 2000. Salesforce takes
	// it as a hint. Defaults to 0, which leaves it to Salesforce (2000).
	BatchSize int
	// NoPrefetch asks for a page only when the one before it has been read. By
	// default the next page is asked for as soon as the loop comes back for a
	// second record, so that it is on its way meanwhile; whoever leaves the loop
	// early has used one API call more. Defaults to false.
	NoPrefetch bool
	// Strict makes a field that the struct has no place for an error. Defaults
	// to false, which passes over it.
	Strict bool
}

// Query yields the records that a SOQL query selects, each decoded into a T:
// a [Record], or a struct with json tags. The records are decoded one by one
// while a page comes in, and memory does not grow with the result. An error
// ends the sequence. Ranging again asks again.
//
// In a struct, a parent is a struct or a pointer to one, a child subquery a
// slice of structs, and a date/time a [DateTime]. An aggregate is a field by the
// name of its alias. Names are those of the json tags; they match in any case.
// Child lists arrive complete, however many pages they take. A further page
// whose answer breaks off is asked for again. The strings of one
// record share memory; whoever keeps a few of very many takes strings.Clone of
// them.
//
// The text is sent as it is: build it with package soql, never by joining
// values from outside into it. A query that is too long for an address, which
// has 16,384 bytes at most, travels in the body of a composite request; one
// longer than 100,000 characters fails with [ErrTooLarge]; see [QueryTree].
//
// See "Query" and "QueryAll" in the REST API Developer Guide.
func Query[T any](ctx context.Context, c *Client, soql string, opt *QueryOptions) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		rows, err := query[T](ctx, c, soql, opt)
		if err != nil {
			yield(*new(T), err)
			return
		}
		defer rows.close()
		var v T
		for {
			switch err := rows.next(&v); {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(*new(T), err)
				return
			case !yield(v, nil):
				return
			}
		}
	}
}

// QueryTree is [Query] for a query that is not text yet. One that is too long for
// Salesforce, for the many values of an IN list, is sent as several queries, one
// after the other, as far as [soql.Query.Texts] can tell that their results
// together are that of the one. A tree that is no query, and one that is too long
// and cannot be split, match [ErrQuery].
//
//	q, err := salesforce.QueryOf[Contact]()
//	q.Where = soql.In("AccountId", ids) // 20,000, say
//	for contact, err := range salesforce.QueryTree[Contact](ctx, c, q, nil) {
func QueryTree[T any](ctx context.Context, c *Client, q *soql.Query, opt *QueryOptions) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		texts, err := q.Texts()
		if err != nil {
			yield(*new(T), fault("query", ErrQuery, "%v", err))
			return
		}
		for _, text := range texts {
			for v, err := range Query[T](ctx, c, text, opt) {
				if !yield(v, err) || err != nil {
					return
				}
			}
		}
	}
}

// CollectQuery gathers the records of a query into a slice. It is what
// [Collect] makes of a [Query], and faster for many records: Salesforce tells
// their number before the first of them, so that the slice is made once and the
// records are decoded into it. At an error it returns what came before together
// with the error.
func CollectQuery[T any](ctx context.Context, c *Client, soql string, opt *QueryOptions) ([]T, error) {
	rows, err := query[T](ctx, c, soql, opt)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	var all []T
	for n := 0; ; n++ {
		if n == cap(all) {
			all = slices.Grow(all, room[T](n, rows.pages.Envelope().Total))
		}
		all = all[:n+1]
		if err := rows.next(&all[n]); errors.Is(err, io.EOF) {
			return slices.Delete(all, n, n+1), nil
		} else if err != nil {
			return all[:n], err
		}
	}
}

// room is for how many records a slice of n is enlarged: for all that are to
// come, as far as their number can be believed before they are there.
func room[T any](n, total int) int {
	const most = 64 << 20 // bytes
	size := max(1, int(reflect.TypeFor[T]().Size()))
	return max(min(total+1-n, max(most/size, n)), n/2, 8)
}

// Collect gathers a sequence into a slice. At an error it returns what came
// before together with the error.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// Count runs a query of the form SELECT COUNT() FROM … and returns the number
// of records.
func (c *Client) Count(ctx context.Context, soql string) (int, error) {
	rows, err := query[Record](ctx, c, soql, nil)
	if err != nil {
		return 0, err
	}
	defer rows.close()
	switch err := rows.next(new(Record)); {
	case err == nil:
		return 0, fault("count", ErrQuery, "the query must select COUNT()")
	case !errors.Is(err, io.EOF):
		return 0, err
	default:
		return rows.pages.Envelope().Total, nil
	}
}
