package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// StageExit says what becomes of a project whose opportunity is in none of the
// chosen stages any more.
type StageExit string

// The policies. None deletes the project, and an opportunity that reaches a
// chosen stage again has the same project again.
const (
	// UpdateProject keeps it, and keeps it up to date.
	UpdateProject StageExit = "update"
	// FreezeProject keeps it as it is: locked, and no longer updated.
	FreezeProject StageExit = "freeze"
	// RetireProject marks it inactive, and leaves it locked.
	RetireProject StageExit = "retire"
)

// UnmarshalText reads one of the constants, and refuses any other text.
func (e *StageExit) UnmarshalText(text []byte) error {
	return nearest.OneOf(e, text, "stage exit", []StageExit{UpdateProject, FreezeProject, RetireProject})
}

// A Stage is one that opportunities of an org can be in.
type Stage struct {
	Value  string // the API value, which Config.Stages has
	Label  string // what people see, in the user's language
	Active bool   // whether it can still be chosen
}

// Stages lists the opportunity stages of the client's org, in its order, those
// of all record types. A new org has Prospecting, Qualification, Needs Analysis,
// Value Proposition, Id. Decision Makers, Perception Analysis, Proposal/Price
// Quote, Negotiation/Review, Closed Won and Closed Lost.
func Stages(ctx context.Context, client *salesforce.Client) ([]Stage, error) {
	describe, err := client.Describe(ctx, "Opportunity")
	if err != nil {
		return nil, fmt.Errorf("customers: stages: %w", err)
	}
	return stagesOf(describe)
}

func stagesOf(describe *salesforce.SObject) ([]Stage, error) {
	field, ok := describe.Field("StageName")
	if !ok {
		return nil, errors.New("no field Opportunity.StageName, or this user may not see it")
	}
	stages := make([]Stage, len(field.PicklistValues))
	for i, v := range field.PicklistValues {
		stages[i] = Stage{v.Value, v.Label, v.Active}
	}
	return stages, nil
}

// checkStages refuses stages that the org does not have. Stages are compared by
// API value, which stays when an admin renames the label.
func (c Config) checkStages(describe *salesforce.SObject) error {
	known, err := stagesOf(describe)
	if err != nil {
		return err
	}
	var faults []error
	for _, stage := range c.Stages {
		if err := unknownStage(stage, known); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// unknownStage says what the org has in place of a stage; nil if it has it.
func unknownStage(stage string, known []Stage) error {
	values := make([]string, len(known))
	for i, k := range known {
		values[i] = k.Value
		if k.Value == stage {
			return nil
		}
	}
	for _, k := range known {
		if k.Label == stage {
			return fmt.Errorf("the org has no opportunity stage %q: that is the label of %q, and stages go by their API value", stage, k.Value)
		}
	}
	return fmt.Errorf("the org has no opportunity stage %q%s; it has %s", stage, nearest.DidYouMean(stage, values), strings.Join(values, ", "))
}

func (c Config) projects() importer.Object {
	return importer.Object{
		Name: "Opportunity", Kind: KindProject, Parent: "Account", Lookup: "AccountId",
		Needs:    []string{"Name", "StageName", "CloseDate"},
		Children: c.history(),
		Decide:   c.decideProject,
		Check:    c.checkStages,
		Revision: fmt.Sprintf("%q", []any{c.Stages, c.NotBefore, c.PassedThrough, c.OnStageExit}),
	}
}

// decideProject tells whether an opportunity is a project. One that exists is
// never made twice, and goes by its present stage alone.
func (c Config) decideProject(opportunity salesforce.Record, linked bool) importer.Decision {
	stage, _ := opportunity.Get("StageName")
	name, _ := stage.(string)
	chosen := slices.Contains(c.Stages, name)
	switch closing, _ := opportunity.Get("CloseDate"); {
	case linked && !chosen && c.OnStageExit != UpdateProject:
		return importer.Decision{
			Reason: fmt.Sprintf("stage %q is not imported any more", stage), Retire: c.OnStageExit == RetireProject,
		}
	case linked:
	case !chosen && !passedThrough(opportunity):
		return importer.Decision{Reason: fmt.Sprintf("stage %q is not imported", stage)}
	case !c.NotBefore.IsZero() && before(closing, c.NotBefore):
		return importer.Decision{Reason: "it closed before " + c.NotBefore.String()}
	}
	return importer.Decision{Import: true}
}

func before(closing any, day salesforce.Date) bool {
	text, _ := closing.(string)
	return text < day.String()
}

// historyRelationship leads from an Opportunity to its former stages.
const historyRelationship = "OpportunityHistories"

// history selects the moments at which an opportunity was in one of the stages.
func (c Config) history() []*soql.Query {
	if !c.PassedThrough {
		return nil
	}
	return []*soql.Query{{
		Select: soql.Fields("StageName"),
		From:   soql.From{Object: historyRelationship},
		Where:  soql.In("StageName", c.Stages),
	}}
}

func passedThrough(opportunity salesforce.Record) bool {
	rows, _ := opportunity.Get(historyRelationship)
	moments, _ := rows.([]salesforce.Record)
	return len(moments) > 0
}
