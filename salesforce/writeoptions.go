package salesforce

import "strings"

// NoAssignmentRule leaves the owner of a record as it was sent.
const NoAssignmentRule = "FALSE"

// WriteOptions vary [Client.Create], [Client.Update] and [Client.Upsert], the
// writes of many records by [CollectionOptions], and those of a [Composite]. Nil
// stands for the zero value. REST has no option for auto-response rules and other
// e-mails: those go out as the org's settings say.
//
// See "Headers" in the REST API Developer Guide.
type WriteOptions struct {
	// AssignmentRule names the rule that gives a Lead, Case or Account its
	// owner: the id of a rule, or NoAssignmentRule. Defaults to "", the org's
	// active rule.
	AssignmentRule string

	// AllowDuplicates saves a record in spite of a duplicate rule that alerts. A
	// rule that blocks still does. Defaults to false.
	AllowDuplicates bool

	// DuplicatesAsUser lets a duplicate rule compare only with records that the
	// session's user may see. Defaults to false, with all of them.
	DuplicatesAsUser bool

	// MarkRecent puts the record on the user's list of recently used ones.
	// Defaults to false.
	MarkRecent bool
}

// headers are the options as a request carries them.
func (opt *WriteOptions) headers(op string) (map[string]string, error) {
	if opt == nil {
		return nil, nil
	}
	h := map[string]string{}
	if rule := opt.AssignmentRule; rule != "" {
		if id, err := exactID(rule); rule != NoAssignmentRule && (err != nil || id.Prefix() != "01Q") {
			return nil, fault(op, ErrValidation, "AssignmentRule %q is no id of an assignment rule", clip(rule, 40))
		}
		h["Sforce-Auto-Assign"] = rule
	}
	var duplicates []string
	if opt.AllowDuplicates {
		duplicates = append(duplicates, "allowSave=true")
	}
	if opt.DuplicatesAsUser {
		duplicates = append(duplicates, "runAsCurrentUser=true")
	}
	if duplicates != nil {
		h["Sforce-Duplicate-Rule-Header"] = strings.Join(duplicates, "; ")
	}
	if opt.MarkRecent {
		h["Sforce-Mru"] = "updateMru=true"
	}
	return h, nil
}
