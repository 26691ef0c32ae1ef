package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

func TestAnswersComeLineByLine(t *testing.T) {
	t.Parallel()
	const me, other = "005A0000001AbcDIAS", "a0XA0000000000bMAA"
	for _, row := range []struct {
		name       string
		f          formatter
		query, out string
	}{
		{"formatted", formatter{}, "select Id\tfrom Account where Name<>'<b>'", `{"ok":true,"text":"SELECT Id FROM Account WHERE Name != '<b>'"}`},
		{"a fault", formatter{}, "SELECT Id FROM Account,", `{"ok":false,"line":1,"column":24,"message":"expected the name of a field, found the end of the query"}`},
		{"nothing", formatter{}, "", `{"ok":false,"line":1,"column":1,"message":"expected SELECT, found the end of the query"}`},
		{"scope", formatter{field: "OwnerId", ids: []string{me, other}}, "SELECT Id FROM Task", `{"ok":true,"text":"SELECT Id FROM Task WHERE OwnerId IN ('` + me + `', '` + other + `')"}`},
		{"scope by token", formatter{field: "OwnerId", ids: []string{me}}, "SELECT Id FROM Task WHERE Rep__c = %userIdentifier%", `{"ok":true,"text":"SELECT Id FROM Task WHERE Rep__c = '` + me + `'"}`},
		{"user", formatter{user: me}, "SELECT Id FROM Task WHERE Rep__c = '%userIdentifier%'", `{"ok":true,"text":"SELECT Id FROM Task WHERE Rep__c = '` + me + `'"}`},
		{"both", formatter{user: me, field: "OwnerId", ids: []string{other}}, "SELECT Id FROM Task WHERE Rep__c = '%userIdentifier%'", `{"ok":true,"text":"SELECT Id FROM Task WHERE Rep__c = '` + me + `' AND OwnerId = '` + other + `'"}`},
		{"user without token", formatter{user: me}, "SELECT Id FROM Task", `{"ok":false,"refused":true,"message":"its WHERE does not use %userIdentifier%, and no field is configured"}`},
		{"no user", formatter{field: "OwnerId", ids: []string{""}}, "SELECT Id FROM Task", `{"ok":false,"refused":true,"message":"\"\" does not identify a user"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.f.parse.Token = soql.DefaultToken
			var out strings.Builder
			require.NoError(t, row.f.answer(strings.NewReader(row.query+"\n"+row.query+"\r\n"), &out))
			require.Equal(t, row.out+"\n"+row.out+"\n", out.String())
		})
	}
}
