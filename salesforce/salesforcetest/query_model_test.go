package salesforcetest_test

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// The model of this file knows a few records by heart and answers queries by
// looking at each of them, one condition after the other. It shares nothing with
// the org but what the reference says of SOQL.

// modelThing is a record; what has no value is nil.
type modelThing struct {
	id, name   string
	text, pick any // string
	num        any // float64, in whole quarters
	day        any // int: days from the org's today
	flag       bool
	multi      []string
	parent     *modelThing
	account    *modelThing
	deleted    bool
}

// queryModel is an org with what it should hold.
type queryModel struct {
	t        *testing.T
	org      *salesforcetest.Org
	c        *client
	accounts []*modelThing
	things   []*modelThing
	all      bool // the query sees deleted records
}

var modelSchema = salesforcetest.Schema{{
	Name: "Thing__c", Fields: []salesforcetest.Field{
		{Name: "Text__c"},
		{Name: "Num__c", Type: "double", Scale: 2},
		{Name: "Flag__c", Type: "boolean"},
		{Name: "Day__c", Type: "date"},
		{Name: "Pick__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "two"}, {Value: "one"}, {Value: "three"}}},
		{Name: "Multi__c", Type: "multipicklist", Picklist: []salesforcetest.PicklistValue{{Value: "x"}, {Value: "y"}, {Value: "z"}}},
		{Name: "Parent__c", Type: "reference", ReferenceTo: []string{"Thing__c"}, Children: "Children__r"},
		{Name: "Account__c", Type: "reference", ReferenceTo: []string{"Account"}, Children: "Things__r"},
	},
}}

var (
	modelTexts = []string{"a", "A", "ab", "b", "B%", "_x", "Ä", "zz"}
	modelPicks = []string{"two", "one", "three"} // in the order of the list
	modelNums  = []float64{-2, -0.25, 0, 1, 1.5, 10}
)

func newQueryModel(t *testing.T) *queryModel {
	org := newOrg(salesforcetest.Options{Schema: modelSchema, APILimit: 1 << 30})
	m := &queryModel{t: t, org: org, c: newClient(t, org)}
	for _, name := range []string{"first", "second", "third"} {
		m.accounts = append(m.accounts, &modelThing{name: name, id: org.Insert("Account", map[string]any{"Name": name})})
	}
	return m
}

// maybe draws one of the values, or nothing.
func maybe[T any](t *rapid.T, values []T, label string) any {
	i := rapid.IntRange(-1, len(values)-1).Draw(t, label)
	if i < 0 {
		return nil
	}
	return values[i]
}

// fill draws new values for a record and returns them as a client writes them.
func (m *queryModel) fill(t *rapid.T, r *modelThing) map[string]any {
	r.text, r.pick, r.num = maybe(t, modelTexts, "text"), maybe(t, modelPicks, "pick"), maybe(t, modelNums, "num")
	r.flag = rapid.Bool().Draw(t, "flag")
	r.day = maybe(t, []int{-8, -7, -2, -1, 0, 1, 2, 9}, "day")
	r.multi = rapid.Permutation([]string{"x", "y", "z"}).Draw(t, "order")[:rapid.IntRange(0, 3).Draw(t, "choices")]
	r.account, _ = maybe(t, m.accounts, "account").(*modelThing)
	older := slices.DeleteFunc(slices.Clone(m.things), func(p *modelThing) bool { return p.deleted || r.id != "" && p.id >= r.id })
	r.parent, _ = maybe(t, older, "parent").(*modelThing)
	fields := map[string]any{
		"Name": r.name, "Text__c": r.text, "Pick__c": r.pick, "Num__c": r.num, "Flag__c": r.flag, "Day__c": nil,
		"Multi__c": strings.Join(r.multi, ";"), "Account__c": nil, "Parent__c": nil,
	}
	if r.day != nil {
		fields["Day__c"] = dayText(r.day)
	}
	if r.account != nil {
		fields["Account__c"] = r.account.id
	}
	if r.parent != nil {
		fields["Parent__c"] = r.parent.id
	}
	return fields
}

func dayText(day any) string { return saturday.AddDate(0, 0, day.(int)).Format("2006-01-02") }

// change writes something to the org and to the model.
func (m *queryModel) change(t *rapid.T) {
	r := &modelThing{name: fmt.Sprint("T", len(m.things))}
	if len(m.things) > 0 && rapid.IntRange(0, 2).Draw(t, "old") == 0 {
		r = rapid.SampledFrom(m.things).Draw(t, "record")
	}
	children := slices.ContainsFunc(m.things, func(c *modelThing) bool { return c.parent == r && !c.deleted })
	switch {
	case r.id == "":
		r.id = m.org.Insert("Thing__c", m.fill(t, r))
		m.things = append(m.things, r)
	case r.deleted:
		m.org.Undelete(r.id)
		r.deleted = false
	case !children && rapid.IntRange(0, 2).Draw(t, "delete") == 0:
		m.c.delete("/sobjects/Thing__c/" + r.id).ok(204)
		r.deleted = true
	default:
		m.org.Update(r.id, m.fill(t, r))
	}
}

// up is the parent that a query sees.
func (m *queryModel) up(r *modelThing) *modelThing {
	if r == nil || r.parent == nil || r.parent.deleted && !m.all {
		return nil
	}
	return r.parent
}

// modelField is what queries read from a record: by what path, of what kind, and
// where the model has it.
type modelField struct {
	path, kind string
	of         func(m *queryModel, r *modelThing) any
}

// modelFields are the fields of records and those of their parents.
var modelFields = func() []modelField {
	own := []modelField{
		{"Name", "text", func(_ *queryModel, r *modelThing) any { return r.name }},
		{"Text__c", "text", func(_ *queryModel, r *modelThing) any { return r.text }},
		{"Num__c", "number", func(_ *queryModel, r *modelThing) any { return r.num }},
		{"Flag__c", "flag", func(_ *queryModel, r *modelThing) any { return r.flag }},
		{"Day__c", "day", func(_ *queryModel, r *modelThing) any { return r.day }},
		{"Pick__c", "pick", func(_ *queryModel, r *modelThing) any { return r.pick }},
		{"Id", "id", func(_ *queryModel, r *modelThing) any { return r.id }},
		{"Account__r.Name", "text", func(_ *queryModel, r *modelThing) any {
			if r.account == nil {
				return nil
			}
			return r.account.name
		}},
		{"Parent__c", "id", func(_ *queryModel, r *modelThing) any {
			if r.parent == nil {
				return nil
			}
			return r.parent.id
		}},
	}
	all := slices.Clone(own)
	for hops := 1; hops <= 2; hops++ {
		for _, f := range own {
			above := f
			above.path = strings.Repeat("Parent__r.", hops) + f.path
			above.of = func(m *queryModel, r *modelThing) any {
				for range hops {
					r = m.up(r)
				}
				switch {
				case r != nil:
					return f.of(m, r)
				case f.kind == "flag":
					return false
				}
				return nil
			}
			all = append(all, above)
		}
	}
	return all
}()

// compare orders two values that are there.
func (f modelField) compare(a, b any) int {
	switch a := a.(type) {
	case string:
		if f.kind == "id" {
			return strings.Compare(a, b.(string))
		}
		x, y := strings.ToLower(a), strings.ToLower(b.(string))
		plain := func(s string) string { return strings.ReplaceAll(s, "ä", "a") }
		return cmp.Or(strings.Compare(plain(x), plain(y)), strings.Compare(x, y))
	case float64:
		return cmp.Compare(a, b.(float64))
	case int:
		return cmp.Compare(a, b.(int))
	case bool:
		return cmp.Compare(strconv.FormatBool(a), strconv.FormatBool(b.(bool)))
	}
	panic("no such value")
}

func (f modelField) equal(a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	return f.compare(a, b) == 0
}

// literal draws a value to compare with, and how a query writes it.
func (m *queryModel) literal(t *rapid.T, f modelField) (string, any) {
	var v any
	switch f.kind {
	case "text":
		v = maybe(t, append([]string{"T1", "T2", "first", "SECOND"}, modelTexts...), "value")
	case "pick":
		v = maybe(t, []string{"one", "TWO", "four"}, "value")
	case "number":
		v = maybe(t, []float64{-2, -1, 0, 1.5, 10}, "value")
	case "day":
		v = maybe(t, []int{-7, -1, 0, 1, 5}, "value")
	case "flag":
		v = rapid.Bool().Draw(t, "value")
	case "id":
		v = maybe(t, m.ids(), "value")
	}
	switch x := v.(type) {
	case nil:
		if f.kind == "text" && rapid.Bool().Draw(t, "empty") {
			return "''", nil
		}
		return "null", nil
	case string:
		if f.kind == "id" && rapid.Bool().Draw(t, "short") {
			return "'" + x[:15] + "'", v
		}
		return "'" + x + "'", v
	case int:
		return dayText(x), v
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), v
	}
	return fmt.Sprint(v), v
}

func (m *queryModel) ids() []string {
	ids := []string{m.accounts[0].id}
	for _, r := range m.things {
		ids = append(ids, r.id)
	}
	return ids
}

// modelFilter is a condition: its text, and whether a record fits.
type modelFilter struct {
	soql string
	fits func(*modelThing) bool
}

// filter draws a condition with others in it.
func (m *queryModel) filter(t *rapid.T, depth int) modelFilter {
	kind := rapid.IntRange(0, 11).Draw(t, "condition")
	if depth == 0 && kind < 3 {
		kind = 3
	}
	switch kind {
	case 0, 1:
		parts := make([]modelFilter, rapid.IntRange(2, 3).Draw(t, "terms"))
		texts := make([]string, len(parts))
		for i := range parts {
			parts[i] = m.filter(t, depth-1)
			texts[i] = "(" + parts[i].soql + ")"
		}
		and := kind == 0
		return modelFilter{strings.Join(texts, map[bool]string{true: " AND ", false: " OR "}[and]), func(r *modelThing) bool {
			n := 0
			for _, p := range parts {
				if p.fits(r) {
					n++
				}
			}
			return and && n == len(parts) || !and && n > 0
		}}
	case 2:
		x := m.filter(t, depth-1)
		return modelFilter{"NOT (" + x.soql + ")", func(r *modelThing) bool { return !x.fits(r) }}
	case 3, 4:
		return m.members(t)
	case 5:
		return m.choices(t)
	case 6:
		return m.pattern(t)
	case 7:
		return m.span(t)
	}
	return m.comparison(t)
}

func (m *queryModel) comparison(t *rapid.T) modelFilter {
	f := rapid.SampledFrom(modelFields).Draw(t, "field")
	ops := []string{"=", "!=", "<", "<=", ">", ">="}
	if f.kind == "flag" {
		ops = ops[:2]
	}
	op := rapid.SampledFrom(ops).Draw(t, "operator")
	text, right := m.literal(t, f)
	return modelFilter{f.path + " " + op + " " + text, func(r *modelThing) bool {
		left := f.of(m, r)
		switch {
		case op == "=":
			return f.equal(left, right)
		case op == "!=":
			return !f.equal(left, right)
		case left == nil || right == nil:
			return false
		}
		c := f.compare(left, right)
		return map[string]bool{"<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op]
	}}
}

// members draws IN and NOT IN.
func (m *queryModel) members(t *rapid.T) modelFilter {
	f := rapid.SampledFrom(modelFields).Draw(t, "field")
	not := rapid.Bool().Draw(t, "not")
	var texts []string
	var values []any
	for range rapid.IntRange(1, 3).Draw(t, "values") {
		text, v := m.literal(t, f)
		texts, values = append(texts, text), append(values, v)
	}
	op := map[bool]string{true: " NOT IN (", false: " IN ("}[not]
	return modelFilter{f.path + op + strings.Join(texts, ", ") + ")", func(r *modelThing) bool {
		left := f.of(m, r)
		return slices.ContainsFunc(values, func(v any) bool { return f.equal(left, v) }) != not
	}}
}

// choices draws INCLUDES and EXCLUDES.
func (m *queryModel) choices(t *rapid.T) modelFilter {
	not := rapid.Bool().Draw(t, "not")
	wanted := rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "z", "x;y", "z;y"}), 1, 2).Draw(t, "choices")
	op := map[bool]string{true: " EXCLUDES ('", false: " INCLUDES ('"}[not]
	return modelFilter{"Multi__c" + op + strings.Join(wanted, "', '") + "')", func(r *modelThing) bool {
		for _, w := range wanted {
			missing := 0
			for one := range strings.SplitSeq(w, ";") {
				if !slices.Contains(r.multi, one) {
					missing++
				}
			}
			if missing == 0 {
				return !not
			}
		}
		return not
	}}
}

// pattern draws LIKE.
func (m *queryModel) pattern(t *rapid.T) modelFilter {
	f := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(modelFields), func(f modelField) bool { return f.kind != "text" })).Draw(t, "field")
	p := rapid.SampledFrom([]string{"a%", "%B", "_", "__", "%", `\_%`, `B\%`, "%t%", "ä", "T_"}).Draw(t, "pattern")
	return modelFilter{f.path + " LIKE '" + p + "'", func(r *modelThing) bool {
		s, ok := f.of(m, r).(string)
		return ok && like([]rune(strings.ToLower(s)), []rune(strings.ToLower(p)))
	}}
}

// like matches by trying everything.
func like(s, p []rune) bool {
	switch {
	case len(p) == 0:
		return len(s) == 0
	case p[0] == '%':
		return like(s, p[1:]) || len(s) > 0 && like(s[1:], p)
	case p[0] == '\\':
		p = p[1:]
	case p[0] == '_':
		return len(s) > 0 && like(s[1:], p[1:])
	}
	return len(s) > 0 && s[0] == p[0] && like(s[1:], p[1:])
}

// span draws a date literal. Today is a Saturday, the last day of its week.
func (m *queryModel) span(t *rapid.T) modelFilter {
	literals := map[string][2]int{ // the first and the last day
		"TODAY": {0, 0}, "YESTERDAY": {-1, -1}, "TOMORROW": {1, 1}, "THIS_WEEK": {-6, 0}, "LAST_WEEK": {-13, -7}, "NEXT_WEEK": {1, 7},
		"LAST_N_DAYS:2": {-2, 0}, "NEXT_N_DAYS:2": {1, 2}, "N_DAYS_AGO:7": {-7, -7}, "LAST_N_WEEKS:1": {-13, -7},
	}
	names := []string{"TODAY", "YESTERDAY", "TOMORROW", "THIS_WEEK", "LAST_WEEK", "NEXT_WEEK", "LAST_N_DAYS:2", "NEXT_N_DAYS:2", "N_DAYS_AGO:7", "LAST_N_WEEKS:1"}
	name := rapid.SampledFrom(names).Draw(t, "literal")
	op := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "operator")
	first, last := literals[name][0], literals[name][1]
	return modelFilter{"Day__c " + op + " " + name, func(r *modelThing) bool {
		d, ok := r.day.(int)
		if !ok {
			return op == "!="
		}
		return map[string]bool{
			"=": first <= d && d <= last, "!=": d < first || d > last, "<": d < first, "<=": d <= last, ">": d > last, ">=": d >= first,
		}[op]
	}}
}

// modelOrder is an ORDER BY: its text, and how it orders.
type modelOrder struct {
	soql    string
	compare func(a, b *modelThing) int
}

func (m *queryModel) order(t *rapid.T) modelOrder {
	var texts []string
	var compares []func(a, b *modelThing) int
	for range rapid.IntRange(0, 2).Draw(t, "keys") {
		f := rapid.SampledFrom(modelFields).Draw(t, "key")
		desc, last := rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "nulls last")
		text := f.path
		if desc {
			text += " DESC"
		}
		if last {
			text += " NULLS LAST"
		}
		texts = append(texts, text)
		compares = append(compares, func(a, b *modelThing) int {
			x, y := f.of(m, a), f.of(m, b)
			sign := 1
			switch {
			case x == nil && y == nil:
				return 0
			case (x == nil) == last && (x == nil || y == nil):
				return 1
			case x == nil || y == nil:
				return -1
			case desc:
				sign = -1
			}
			if f.kind == "pick" {
				return sign * cmp.Compare(slices.Index(modelPicks, x.(string)), slices.Index(modelPicks, y.(string)))
			}
			return sign * f.compare(x, y)
		})
	}
	soql := ""
	if texts != nil {
		soql = " ORDER BY " + strings.Join(texts, ", ")
	}
	return modelOrder{soql, func(a, b *modelThing) int {
		for _, c := range compares {
			if d := c(a, b); d != 0 {
				return d
			}
		}
		return strings.Compare(a.id, b.id)
	}}
}

// find returns the records that fit, in order.
func (m *queryModel) find(f modelFilter, o modelOrder) []*modelThing {
	var found []*modelThing
	for _, r := range m.things {
		if (!r.deleted || m.all) && f.fits(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, o.compare)
	return found
}

// ask sends a query.
func (m *queryModel) ask(soql string) string {
	resource := map[bool]string{true: "/queryAll?q=", false: "/query?q="}[m.all]
	return rowsOf(m.t, m.c.get(resource+url.QueryEscape(soql)).ok(200).body, soql)
}

// checkRows compares the rows of a query with those of the model.
func (m *queryModel) checkRows(t *rapid.T) {
	f, o := m.filter(t, 2), m.order(t)
	found := m.find(f, o)
	soql := "SELECT Name, Parent__r.Name FROM Thing__c WHERE " + f.soql + o.soql
	if rapid.Bool().Draw(t, "part") {
		limit, offset := rapid.IntRange(0, 5).Draw(t, "limit"), rapid.IntRange(0, 3).Draw(t, "offset")
		soql += fmt.Sprintf(" LIMIT %d OFFSET %d", limit, offset)
		found = found[min(offset, len(found)):]
		found = found[:min(limit, len(found))]
	}
	var rows []string
	for _, r := range found {
		row := r.name + "|null"
		if p := m.up(r); p != nil {
			row = r.name + "|(" + p.name + ")"
		}
		rows = append(rows, row)
	}
	require.Equal(t, strings.Join(rows, ", "), m.ask(soql), soql)
}

// checkChildren compares child lists with those of the model.
func (m *queryModel) checkChildren(t *rapid.T) {
	f, o := m.filter(t, 1), m.order(t)
	soql := "SELECT Name, (SELECT Name FROM Children__r WHERE " + f.soql + o.soql + " LIMIT 3) FROM Thing__c"
	var rows []string
	everything := modelFilter{fits: func(*modelThing) bool { return true }}
	byID := func(a, b *modelThing) int { return strings.Compare(a.id, b.id) }
	for _, parent := range m.find(everything, modelOrder{compare: byID}) {
		children := m.find(modelFilter{fits: func(r *modelThing) bool { return r.parent == parent && f.fits(r) }}, o)
		var names []string
		for _, r := range children[:min(3, len(children))] {
			names = append(names, r.name)
		}
		list := "null"
		if names != nil {
			list = "[" + strings.Join(names, ", ") + "]"
		}
		rows = append(rows, parent.name+"|"+list)
	}
	require.Equal(t, strings.Join(rows, ", "), m.ask(soql), soql)
}

// checkJoins compares semi-joins and anti-joins with those of the model.
func (m *queryModel) checkJoins(t *rapid.T) {
	f, not := m.filter(t, 1), rapid.Bool().Draw(t, "not")
	op := map[bool]string{true: "NOT IN", false: "IN"}[not]
	soql := "SELECT Name FROM Account WHERE Id " + op + " (SELECT Account__c FROM Thing__c WHERE " + f.soql + ")"
	var names []string
	for _, a := range m.accounts {
		named := slices.ContainsFunc(m.things, func(r *modelThing) bool { return r.account == a && (!r.deleted || m.all) && f.fits(r) })
		if named != not {
			names = append(names, a.name)
		}
	}
	require.Equal(t, strings.Join(names, ", "), m.ask(soql), soql)
}

// checkGroups compares groups, whose order is open, with those of the model.
func (m *queryModel) checkGroups(t *rapid.T) {
	f := m.filter(t, 1)
	by := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(modelFields), func(f modelField) bool { return f.kind == "number" })).Draw(t, "group")
	least := rapid.IntRange(0, 2).Draw(t, "least")
	soql := fmt.Sprintf("SELECT %[1]s g, COUNT(Id), COUNT(Text__c), COUNT_DISTINCT(Pick__c), SUM(Num__c), MAX(Num__c), MIN(Day__c) FROM Thing__c "+
		"WHERE %[2]s GROUP BY %[1]s HAVING COUNT(Id) > %[3]d", by.path, f.soql, least)
	groups := map[string][]*modelThing{}
	for _, r := range m.find(f, modelOrder{compare: func(a, b *modelThing) int { return strings.Compare(a.id, b.id) }}) {
		key := "null"
		if v := by.of(m, r); v != nil {
			key = by.written(v)
		}
		for known := range groups { // the first spelling stays
			if by.kind != "id" && strings.EqualFold(known, key) {
				key = known
			}
		}
		groups[key] = append(groups[key], r)
	}
	var rows []string
	for key, list := range groups {
		if len(list) > least {
			rows = append(rows, key+"|"+sums(list))
		}
	}
	slices.Sort(rows)
	got := strings.Split(m.ask(soql), ", ")
	slices.Sort(got)
	require.Equal(t, strings.Join(rows, ", "), strings.Join(got, ", "), soql)
}

// written is a value as JSON has it.
func (f modelField) written(v any) string {
	switch v := v.(type) {
	case int:
		return dayText(v)
	case float64:
		return number(v)
	}
	return fmt.Sprint(v)
}

func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// sums are the aggregates of a group.
func sums(list []*modelThing) string {
	texts, picks, sum, most, first := 0, map[string]bool{}, "null", "null", "null"
	var total float64
	var nums []float64
	var days []int
	for _, r := range list {
		if r.text != nil {
			texts++
		}
		if r.pick != nil {
			picks[r.pick.(string)] = true
		}
		if n, ok := r.num.(float64); ok {
			nums, total = append(nums, n), total+n
		}
		if d, ok := r.day.(int); ok {
			days = append(days, d)
		}
	}
	if nums != nil {
		sum, most = number(total), number(slices.Max(nums))
	}
	if days != nil {
		first = dayText(slices.Min(days))
	}
	return fmt.Sprintf("%d|%d|%d|%s|%s|%s", len(list), texts, len(picks), sum, most, first)
}

// Random changes and random queries agree with the model.
func TestQueriesAgreeWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := newQueryModel(t)
		for range rapid.IntRange(1, 12).Draw(r, "changes") {
			m.change(r)
			if rapid.IntRange(0, 3).Draw(r, "ask now") == 0 {
				m.checkRows(r)
			}
		}
		for range 3 {
			m.all = rapid.Bool().Draw(r, "all")
			m.checkRows(r)
			m.checkRows(r)
			m.checkJoins(r)
			m.checkChildren(r)
			m.checkGroups(r)
		}
	})
}
