package importertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A host is a Host with what the promises need of it.
type host struct {
	Host
	parents map[string]string // the host id of a parent record, by kind
	next    int
}

func newHost(t *testing.T, opened Host) *host {
	t.Helper()
	h := &host{Host: opened, parents: map[string]string{}}
	for _, o := range h.Objects {
		if h.text(o) == "" {
			t.Fatalf("importertest: kind %s has no target of type %s", o.Kind, mapping.Text)
		}
	}
	return h
}

// id gives a Salesforce id that the test has not had before.
func (h *host) id() salesforce.ID {
	h.next++
	return salesforce.ID(fmt.Sprintf("%03d%012dAAA", 1, h.next))
}

// text is a text among an object's targets.
func (h *host) text(o importer.Object) string {
	for _, rule := range o.Mapping.Rules() {
		if rule.Type == mapping.Text && rule.Converter == "" && rule.Target != "" {
			return rule.Target
		}
	}
	return ""
}

// put makes a change of a new record with all values, in one of many versions.
func (h *host) put(t *testing.T, o importer.Object, version int) importer.Change {
	t.Helper()
	h.next++
	return h.again(t, o, importer.Change{Kind: o.Kind, Action: importer.Put, ID: h.id(), Parent: h.parent(t, o)}, version)
}

// again makes another version of a change.
func (h *host) again(t *testing.T, o importer.Object, c importer.Change, version int) importer.Change {
	t.Helper()
	c.Stamp = morning.Add(time.Duration(version) * time.Minute)
	c.Values = h.blank(t, o)
	for _, rule := range o.Mapping.Rules() {
		if value := sample(rule, c.ID, version); value != nil {
			c.Values = c.Values.With(rule.Target, value)
		}
	}
	return c
}

// blank gives values that say nothing about any target.
func (h *host) blank(t *testing.T, o importer.Object) mapping.Values {
	t.Helper()
	values, _ := o.Mapping.Apply(salesforce.Record{}) // what is required is missing, which does not matter here
	for _, target := range o.Mapping.Targets() {
		values = values.Without(target)
	}
	return values
}

// parent gives the host id of a record that others may have as their parent.
func (h *host) parent(t *testing.T, o importer.Object) string {
	t.Helper()
	for _, other := range h.Objects {
		if o.Parent == "" || other.Name != o.Parent {
			continue
		}
		if h.parents[other.Kind] == "" {
			h.parents[other.Kind] = h.apply(t, h.put(t, other, 0))[0].HostID
		}
		return h.parents[other.Kind]
	}
	return ""
}

// sample is a value for a rule, another one for each id and version. It holds
// what is easily lost on the way: letters of all scripts, what means something
// to a database, and digits behind the point.
func sample(rule mapping.Rule, id salesforce.ID, version int) any {
	n := 0
	for _, digit := range string(id[3:15]) {
		n = (n*10 + int(digit-'0')) % 100_000_000
	}
	word := fmt.Sprintf("%d/%d", n, version)
	switch {
	case rule.Target == "" || rule.Converter != "":
		return nil
	}
	switch rule.Type {
	case mapping.Number, mapping.Currency, mapping.Percent:
		return decimal.New(int64(n)*100+int64(version), -2)
	case mapping.Integer:
		return int64(n*10 + version)
	case mapping.Date:
		return salesforce.Date{Year: 2026, Month: time.Month(1 + version%12), Day: 1 + n%28}
	case mapping.DateTime:
		return morning.Truncate(time.Second).Add(time.Duration(n)*time.Minute + time.Duration(version)*time.Hour)
	case mapping.Checkbox:
		return version%2 == 0
	case mapping.Email:
		return fmt.Sprintf("n%d.v%d@example.org", n, version)
	case mapping.ID:
		return salesforce.ID(fmt.Sprintf("005%012dAAA", n*10+version))
	case mapping.Lines, mapping.MultiPicklist:
		return []string{cut(word+" Straße", rule.Max), cut("Зал "+word, rule.Max)}
	case mapping.Text, mapping.RichText, mapping.Address:
		return cut(word+` Ünïcödé 漢字 عربى 🎉 'quoted' "twice" \ %s ? $1 ;--`, rule.Max)
	case mapping.Phone:
		return cut("+49 341 "+word, rule.Max)
	case mapping.URL:
		return cut("www.example.org/"+word, rule.Max)
	default: // a time of day
		return nil
	}
}

// apply applies changes, each of which is to be answered, and none refused.
func (h *host) apply(t *testing.T, batch ...importer.Change) []importer.Outcome {
	t.Helper()
	outcomes, err := h.Sink.Apply(t.Context(), batch)
	must(t, err)
	answered(t, batch, outcomes)
	return outcomes
}

func (h *host) diff(t *testing.T, batch ...importer.Change) []importer.Outcome {
	t.Helper()
	outcomes, err := h.Sink.Diff(t.Context(), batch)
	must(t, err)
	answered(t, batch, outcomes)
	return outcomes
}

func answered(t *testing.T, batch []importer.Change, outcomes []importer.Outcome) {
	t.Helper()
	if len(outcomes) != len(batch) {
		t.Fatalf("%d changes were answered with %d outcomes", len(batch), len(outcomes))
	}
	for i, o := range outcomes {
		if o.Err != nil {
			t.Fatalf("change %d, %s %s %s, was refused: %v", i, batch[i].Action, batch[i].Kind, batch[i].ID, o.Err)
		}
	}
}

// became checks a result, and that the host's id is known.
func became(t *testing.T, o importer.Outcome, want importer.Result, about string) {
	t.Helper()
	if o.Result != want {
		t.Errorf("%s: %s, want %s (%+v)", about, o.Result, want, o)
	}
	if o.HostID == "" && want != importer.Missing {
		t.Errorf("%s: no host id", about)
	}
}
