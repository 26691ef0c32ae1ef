package salesforcetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// What an administrator adds to an object: validation rules and duplicate
// rules. They hold for API users; what a test writes with the methods of Org,
// and what is loaded, may break them, as old records do.

// validate refuses a version that breaks validation rules, with all that they
// say.
// https://help.salesforce.com/s/articleView?id=platform.fields_about_field_validation.htm
func (tx *Transaction) validate(old, r *record) error {
	var errs []*apiError
	for _, rule := range r.of.validations {
		for _, v := range rule(Row{r: old}, Row{r: r}) {
			var fields []string
			if f := r.of.own(v.Field); f != nil {
				fields = []string{f.Name}
			}
			errs = append(errs, fieldError("FIELD_CUSTOM_VALIDATION_EXCEPTION", fields, "%s", v.Message))
		}
	}
	return joined(errs)
}

// duplicateHeader is how a request wants duplicate rules to be treated.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm
type duplicateHeader struct {
	allowSave bool // save in spite of rules that allow it
	details   bool // tell all fields of the records found
	version   int  // of the API that the records' addresses lead to
}

// duplicateHeader reads the header of a call.
func (c *call) duplicateHeader() duplicateHeader {
	h := duplicateHeader{version: c.version}
	for option := range strings.FieldsFuncSeq(c.r.Header.Get("Sforce-Duplicate-Rule-Header"), func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(option, "=")
		on := strings.EqualFold(strings.TrimSpace(value), "true")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "allowsave":
			h.allowSave = on
		case "includerecorddetails":
			h.details = on
		}
	}
	return h
}

// findDuplicates refuses a record that a duplicate rule finds to be there
// already.
func (tx *Transaction) findDuplicates(r *record) error {
	for _, rule := range r.of.duplicates {
		if !rule.Block && tx.duplicates.allowSave {
			continue
		}
		var found []*record
		for _, other := range tx.others(r) {
			if rule.Match(Row{r: r}, Row{r: other}) {
				found = append(found, other)
			}
		}
		if len(found) > 0 {
			return tx.duplicatesDetected(rule, r.of, found)
		}
	}
	return nil
}

// others are the other records of the object, as the transaction sees them, in
// the order of their ids and then of their writing.
func (tx *Transaction) others(r *record) []*record {
	var list []*record
	add := func(w *row) {
		if v := w.version(tx); v != nil && !v.deleted() && w.id != r.id() {
			list = append(list, v)
		}
	}
	for w := range r.of.ids.all(r.of.rows) {
		add(w)
	}
	for _, w := range tx.rows {
		if w.seen == nil && w.next.of == r.of {
			add(w)
		}
	}
	return list
}

// duplicateResult is what a duplicate rule has found.
type duplicateResult struct {
	AllowSave               bool          `json:"allowSave"`
	DuplicateRule           string        `json:"duplicateRule"`
	DuplicateRuleEntityType string        `json:"duplicateRuleEntityType"`
	ErrorMessage            string        `json:"errorMessage"`
	MatchResults            []matchResult `json:"matchResults"`
}

type matchResult struct {
	EntityType   string        `json:"entityType"`
	Errors       []any         `json:"errors"`
	MatchEngine  string        `json:"matchEngine"`
	MatchRecords []matchRecord `json:"matchRecords"`
	Rule         string        `json:"rule"`
	Size         int           `json:"size"`
	Success      bool          `json:"success"`
}

type matchRecord struct {
	AdditionalInformation []any           `json:"additionalInformation"`
	FieldDiffs            []any           `json:"fieldDiffs"`
	MatchConfidence       float64         `json:"matchConfidence"`
	Record                json.RawMessage `json:"record"`
}

// duplicatesDetected tells what a rule has found. The misspelt key is that of
// the REST API; the other one is what it means.
func (tx *Transaction) duplicatesDetected(rule DuplicateRule, ob *object, found []*record) error {
	match := matchResult{
		EntityType: ob.Name, Errors: []any{}, MatchEngine: "ExactMatchEngine",
		Rule: rule.Name, Size: len(found), Success: true,
	}
	fields := []*field{ob.fields[fieldID]}
	if tx.duplicates.details {
		fields = slices.Collect(ob.visible)
	}
	for _, r := range found {
		p := printer{version: cmp.Or(tx.duplicates.version, newestVersion)}
		p.plainRecord(r, fields)
		match.MatchRecords = append(match.MatchRecords, matchRecord{[]any{}, []any{}, 100, p.out})
	}
	e := fieldError("DUPLICATES_DETECTED", nil, "%s", rule.Message)
	result := duplicateResult{!rule.Block, rule.Name, ob.Name, rule.Message, []matchResult{match}}
	e.extra = map[string]any{"duplicateResut": result, "duplicateResult": result}
	return e
}

// addRules adds the rules of an extension.
func (ob *object) addRules(def SObject) {
	if def.Validate != nil {
		ob.validations = append(ob.validations, def.Validate)
	}
	for _, rule := range def.Duplicates {
		rule.Name = cmp.Or(rule.Name, "Standard_"+ob.Name+"_Duplicate_Rule")
		rule.Message = cmp.Or(rule.Message, "Use one of these records?")
		ob.duplicates = append(ob.duplicates, rule)
	}
}
