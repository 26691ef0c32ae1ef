package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

func describe(name string, fields ...salesforce.FieldInfo) *salesforce.SObject {
	return &salesforce.SObject{SObjectSummary: salesforce.SObjectSummary{Name: name}, Fields: fields}
}

func lookup(name, relationship string, to ...string) salesforce.FieldInfo {
	return salesforce.FieldInfo{Name: name, Type: "reference", RelationshipName: relationship, ReferenceTo: to}
}

var (
	visit = describe("Visit__c",
		salesforce.FieldInfo{Name: "Id", Type: "id"},
		salesforce.FieldInfo{Name: "Start__c", Type: "datetime"},
		salesforce.FieldInfo{Name: "Place__c", Type: "address"},
		salesforce.FieldInfo{Name: "Done__c", Type: "boolean"},
		lookup("OwnerId", "Owner", "Group", "User"),
		lookup("Prospect__c", "Prospect__r", "Prospect__c"),
		lookup("Gone__c", "Gone__r", "Gone__c"),
	)
	world = map[string]*salesforce.SObject{
		"Group":       describe("Group", salesforce.FieldInfo{Name: "Name", Type: "string"}),
		"User":        describe("User", salesforce.FieldInfo{Name: "Email", Type: "email"}),
		"Prospect__c": describe("Prospect__c", salesforce.FieldInfo{Name: "Phone__c", Type: "phone"}, lookup("Rep__c", "Rep__r", "User")),
	}
)

func TestValidateAcceptsWhatTheOrgHas(t *testing.T) {
	t.Parallel()
	m := compile(t,
		mapping.Rule{From: []string{"id"}, Target: "id", Type: mapping.ID},
		mapping.Rule{From: []string{"Start__c"}, Target: "start", Type: mapping.DateTime},
		mapping.Rule{From: []string{"Start__c"}, Target: "day", Type: mapping.Date},
		mapping.Rule{From: []string{"Place__c"}, Target: "place", Type: mapping.Address},
		mapping.Rule{From: []string{"Owner.Email"}, Target: "mail", Type: mapping.Email},
		mapping.Rule{From: []string{"OWNER.Name"}, Target: "owner"},
		mapping.Rule{From: []string{"Prospect__r.Phone__c"}, Target: "phone", Type: mapping.Phone},
		mapping.Rule{From: []string{"Prospect__r.Rep__r.Email"}, Target: "rep", Type: mapping.Email},
	)
	asked := map[string]int{}
	err := m.Validate(visit, func(object string) (*salesforce.SObject, error) {
		asked[object]++
		return world[object], nil
	})
	require.NoError(t, err)
	require.Equal(t, map[string]int{"Group": 1, "User": 1, "Prospect__c": 1}, asked)
}

func TestValidateReportsEveryProblem(t *testing.T) {
	t.Parallel()
	m := compile(t,
		mapping.Rule{From: []string{"Id"}, Target: "id", Type: mapping.Number},
		mapping.Rule{From: []string{"Begin__c"}, Target: "start", Type: mapping.DateTime},
		mapping.Rule{From: []string{"Done__c"}, Target: "done", Type: mapping.Date},
		mapping.Rule{From: []string{"Place__c", "Start__c"}, Target: "place", Type: mapping.Address},
		mapping.Rule{From: []string{"Owner.Phone"}, Target: "phone", Type: mapping.Phone},
		mapping.Rule{From: []string{"Prospect__c.Phone__c"}, Title: "Phone", Note: true},
		mapping.Rule{From: []string{"Gone__r.Name"}, Target: "gone"},
	)
	err := m.Validate(visit, func(object string) (*salesforce.SObject, error) {
		if s, ok := world[object]; ok {
			return s, nil
		}
		return nil, errors.New("no such object")
	})
	require.EqualError(t, err, strings.Join([]string{
		`mapping: rule 1 (id): field Id: a field of type id does not fit Number; its own type is "Id"`,
		`mapping: rule 2 (start): field Begin__c: Visit__c has no field Begin__c, or it is hidden from this user`,
		`mapping: rule 3 (done): field Done__c: a field of type boolean does not fit Date; its own type is "Checkbox"`,
		`mapping: rule 4 (place): field Place__c: a compound address stands alone in from: remove the other sources, or name its parts instead`,
		`mapping: rule 4 (place): field Start__c: a field of type datetime does not fit Address; its own type is "Appointment Date/Time"`,
		`mapping: rule 5 (phone): field Owner.Phone: User has no field Phone, or it is hidden from this user`,
		`mapping: rule 6 (Phone): field Prospect__c.Phone__c: Visit__c has no relationship Prospect__c, or it is hidden from this user; did you mean "Prospect__r"? Prospect__c is the lookup field itself`,
		`mapping: rule 7 (gone): field Gone__r.Name: no such object`,
	}, "\n"))
}

func TestValidateWithoutAResolverStaysOnItsObject(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rule{From: []string{"Owner.Name"}, Target: "owner"})
	require.EqualError(t, m.Validate(visit, nil), "mapping: rule 1 (owner): field Owner.Name: nothing describes Group")
}
