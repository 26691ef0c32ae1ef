package salesforcetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestOwnersMustBeActive(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	left := idOf(t, org, "User", "Username", "left@example.com")
	a := c.post("/sobjects/Account", `{"Name":"x","OwnerId":"`+left+`"}`)
	a.refused(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user ["+left[:15]+"] as owner of account")
}

func TestConvertedLeadsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	id := org.Insert("Lead", map[string]any{"LastName": "x", "Company": "y", "IsConverted": true})
	newClient(t, org).patch("/sobjects/Lead/"+id, `{"Phone":"1"}`).refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
}

func TestNoAccountIsAboveItself(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
	require.Equal(t, acme, org.Record(beta)["ParentId"])
	c.patch("/sobjects/Account/"+acme, `{"ParentId":"`+beta+`"}`).refused(400, "CIRCULAR_DEPENDENCY", "attempt to violate hierarchy constraints")
	c.patch("/sobjects/Account/"+acme, `{"ParentId":"`+acme+`"}`).refused(400, "CIRCULAR_DEPENDENCY", "")
	c.patch("/sobjects/Account/"+beta, `{"ParentId":null}`).ok(204)
	c.patch("/sobjects/Account/"+acme, `{"ParentId":"`+beta+`"}`).ok(204)
}
