package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/sfbridge/sfbridge/soql"
)

// samples are queries as an administrator writes them.
var samples = []string{
	"select id, name, (select id, subject from tasks where status != 'Completed' order by activitydate) from visit__c " +
		"where (rep_1__c = '%userIdentifier%' or rep_2__c = '%userIdentifier%') and start__c >= today and start__c < next_n_days:14 order by start__c limit 200",
	"select status__c, count(id) visits from visit__c group by rollup(status__c) having count(id) > 1",
	"select id from visit__c where rep_1__c = '%userIdentifier%' or city__c = 'Graz'",
	"select id from visit__c where city__c = 'Graz' and status__c = 'Open' or status__c = 'New'",
}

// show formats the samples, restricted to somebody.
func show(out io.Writer) error {
	f := formatter{parse: soql.ParseOptions{Token: soql.DefaultToken}, field: "OwnerId", ids: []string{"005A0000001AbcDIAS"}}
	for _, text := range samples {
		q, err := f.query(text)
		_, isSyntax := errors.AsType[*soql.SyntaxError](err)
		if isSyntax || errors.Is(err, soql.ErrNotScoped) {
			fmt.Fprintf(out, "%v\n\n", err)
			continue
		}
		if err != nil {
			return err
		}
		pretty, err := soql.Printer{}.Print(q)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n\n", pretty)
	}
	return nil
}
