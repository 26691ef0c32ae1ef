package importer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// permissionSets adds the objects that tell what users may see.
func permissionSets(t *testing.T, org *salesforcetest.Org) {
	t.Helper()
	check := func(name string) salesforcetest.Field { return salesforcetest.Field{Name: name, Type: "boolean"} }
	to := func(name, object, relationship string) salesforcetest.Field {
		return salesforcetest.Field{Name: name, Type: "reference", ReferenceTo: []string{object}, Relationship: relationship}
	}
	require.NoError(t, org.Extend(salesforcetest.Schema{
		{Name: "PermissionSet", KeyPrefix: "0PS", Fields: []salesforcetest.Field{check("PermissionsViewAllData")}},
		{Name: "PermissionSetAssignment", KeyPrefix: "0Pa", Fields: []salesforcetest.Field{
			to("PermissionSetId", "PermissionSet", "PermissionSet"), to("AssigneeId", "User", "Assignee"),
		}},
		{Name: "ObjectPermissions", KeyPrefix: "110", Fields: []salesforcetest.Field{
			to("ParentId", "PermissionSet", "Parent"), {Name: "SobjectType"}, check("PermissionsViewAllRecords"),
		}},
	}))
}

func TestUserWhoMayNotViewAllIsWarned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reopen(t, salesforcetest.Options{PrivateRecords: true})
	ours := w.account("Ours")
	theirs := w.account("Theirs", "OwnerId", w.org.Insert("User", map[string]any{"Username": "sam@example.com", "LastName": "Sam"}))
	im := w.settled(t)
	require.Len(t, w.query(t, `SELECT 1 FROM customers`), 2)

	user := w.org.Credentials().UserID
	profile := w.org.Record(user)["ProfileId"].(string)
	w.org.Update(profile, map[string]any{"PermissionsViewAllData": false, "PermissionsModifyAllData": false})
	report := reconcile(t, im)

	require.Contains(t, report.Run.Warnings, "it could not be shown that user "+user+
		" may view all records of Account, Contact, Opportunity: records it cannot see are not imported, and are never taken for deleted")
	require.Equal(t, "linked", w.linkState(t, ours))
	require.Equal(t, "vanished", w.linkState(t, theirs))
	require.Equal(t, "1", w.value(t, "customers", theirs, "active"))

	permissionSets(t, w.org)
	set := w.org.Insert("PermissionSet", nil)
	w.org.Insert("PermissionSetAssignment", map[string]any{"PermissionSetId": set, "AssigneeId": user})
	for _, object := range []string{"Account", "Contact"} {
		w.org.Insert("ObjectPermissions", map[string]any{"ParentId": set, "SobjectType": object, "PermissionsViewAllRecords": true})
	}
	require.Contains(t, warnings(t, im), "may view all records of Opportunity:")

	w.org.Insert("ObjectPermissions", map[string]any{"ParentId": set, "SobjectType": "Opportunity", "PermissionsViewAllRecords": true})
	require.Empty(t, warnings(t, im))

	all := w.org.Insert("PermissionSet", map[string]any{"PermissionsViewAllData": true})
	w.org.Insert("PermissionSetAssignment", map[string]any{"PermissionSetId": all, "AssigneeId": user})
	w.org.ResetRequests()
	require.Empty(t, warnings(t, im))
	for _, r := range w.org.Requests() {
		require.NotContains(t, r.Query, "ObjectPermissions", "what is known is not asked")
	}
}

func warnings(t *testing.T, im *importer.Importer) (text string) {
	t.Helper()
	for _, w := range incremental(t, im).Run.Warnings {
		text += w + "\n"
	}
	return text
}
