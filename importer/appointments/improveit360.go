package appointments

import "github.com/sfbridge/sfbridge/mapping"

// improveit360Query reads the appointments of the last week and of the time to
// come, of which the user is the first or the second sales rep. All its names
// are in use in the classic package, the one with the namespace i360.
const improveit360Query = `SELECT Id, Name,
  i360__Computed_Start_DateTime__c, i360__Computed_End_DateTime__c,
  i360__Address__c, i360__City__c, i360__State__c, i360__Zip__c,
  i360__Components__c, i360__Comments__c,
  i360__Prospect__c,
  i360__Prospect__r.i360__Primary_First_Name__c, i360__Prospect__r.i360__Primary_Last_Name__c,
  i360__Prospect__r.i360__Primary_Email__c, i360__Prospect__r.i360__Phone_1__c
FROM i360__Appointment__c
WHERE (i360__Sales_Rep_1__c = '%userIdentifier%' OR i360__Sales_Rep_2__c = '%userIdentifier%')
  AND i360__Computed_Start_DateTime__c >= LAST_N_DAYS:7
ORDER BY i360__Computed_Start_DateTime__c`

// Improveit360 returns a query and a mapping for improveit 360 in its classic
// form (namespace i360). A user's unique identifier is the id of their
// i360__Staff__c record. The days of the query are those of the zone of the
// Salesforce user who is logged in. Both are plain configuration, which a host
// may store, show and edit.
func Improveit360() (query string, rules []mapping.Rule) {
	return improveit360Query, []mapping.Rule{
		{Title: "Appointment Id", From: []string{"Id"}, Type: mapping.ID, Target: "id", Required: true},
		{Title: "Appointment", From: []string{"Name"}, Type: mapping.Text, Target: "name"},
		{Title: "Start", From: []string{"i360__Computed_Start_DateTime__c"}, Type: mapping.DateTime, Target: "start", Required: true},
		{Title: "End", From: []string{"i360__Computed_End_DateTime__c"}, Type: mapping.DateTime, Target: "end"},
		{Title: "Prospect Id", From: []string{"i360__Prospect__c"}, Type: mapping.ID, Target: "customerId"},
		{Title: "First Name", From: []string{"i360__Prospect__r.i360__Primary_First_Name__c"}, Type: mapping.Text, Target: "customerNameFirst"},
		{Title: "Last Name", From: []string{"i360__Prospect__r.i360__Primary_Last_Name__c"}, Type: mapping.Text, Target: "customerNameLast"},
		{Title: "Email", From: []string{"i360__Prospect__r.i360__Primary_Email__c"}, Type: mapping.Email, Target: "customerEmail"},
		{Title: "Phone", From: []string{"i360__Prospect__r.i360__Phone_1__c"}, Type: mapping.Phone, Target: "customerPhone"},
		{Title: "Street", From: []string{"i360__Address__c"}, Type: mapping.Text, Target: "street"},
		{Title: "City", From: []string{"i360__City__c"}, Type: mapping.Text, Target: "city"},
		{Title: "State", From: []string{"i360__State__c"}, Type: mapping.Text, Target: "state"},
		{Title: "Zip", From: []string{"i360__Zip__c"}, Type: mapping.Text, Target: "zip"},
		{
			Title: "Address", From: []string{"i360__Address__c", "i360__City__c", "i360__State__c", "i360__Zip__c"},
			Type: mapping.Address, Target: "address",
		},
		{Title: "Components", From: []string{"i360__Components__c"}, Type: mapping.Text, Target: "components", Note: true},
		{Title: "Comments", From: []string{"i360__Comments__c"}, Type: mapping.Text, Target: "comments", Note: true},
	}
}
