package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// preflight warns when it cannot be shown that the run's user may view all
// records of the imported objects: by a profile or permission set with View All
// Data, or by permission sets, which profiles have too, with View All Records
// for each object (Object Reference, "PermissionSet" and "ObjectPermissions").
// It only warns: what the user cannot see is never taken for deleted.
func (im *Importer) preflight(ctx context.Context, found *survey) error {
	assigned := soql.Eq("AssigneeId", found.user)
	for _, q := range []soql.Query{
		{Select: soql.Fields("Id"), From: soql.From{Object: "User"}, Where: soql.And(soql.Eq("Id", found.user), soql.Eq("Profile.PermissionsViewAllData", true))},
		{Select: soql.Fields("Id"), From: soql.From{Object: "PermissionSetAssignment"}, Where: soql.And(assigned, soql.Eq("PermissionSet.PermissionsViewAllData", true))},
	} {
		if rows, err := im.permissions(ctx, q); err != nil || len(rows) > 0 {
			return err
		}
	}
	hidden := make([]string, len(found.objects))
	for i, o := range found.objects {
		hidden[i] = o.Name
	}
	sets := &soql.Query{Select: soql.Fields("PermissionSetId"), From: soql.From{Object: "PermissionSetAssignment"}, Where: assigned}
	rows, err := im.permissions(ctx, soql.Query{
		Select: soql.Fields("SobjectType"), From: soql.From{Object: "ObjectPermissions"},
		Where: soql.And(soql.In("SobjectType", hidden), soql.Eq("PermissionsViewAllRecords", true), &soql.Membership{Left: soql.FieldPath("ParentId"), Query: sets}),
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		name, _ := row.Get("SobjectType")
		hidden = slices.DeleteFunc(hidden, func(object string) bool { return object == name })
	}
	if len(hidden) > 0 {
		found.warnings = append(found.warnings, fmt.Sprintf("it could not be shown that user %s may view all records of %s: records it cannot see are not imported, and are never taken for deleted",
			found.user, strings.Join(hidden, ", ")))
	}
	return nil
}

// permissions asks for rows that an org may refuse to show this user: then there
// are none.
func (im *Importer) permissions(ctx context.Context, q soql.Query) ([]salesforce.Record, error) {
	text, err := q.Text()
	if err != nil {
		return nil, fmt.Errorf("importer: query permissions: %w", err)
	}
	rows, err := salesforce.CollectQuery[salesforce.Record](ctx, im.cfg.Client, text, nil)
	if refused(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("importer: read the permissions of this user: %w", err)
	}
	return rows, nil
}
