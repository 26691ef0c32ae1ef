package salesforcetest

import (
	"fmt"
	"slices"
)

const (
	appointmentResults = "Demo Sold; Demo No Sale; Sold; No Sale; No Demo; Not Home; Canceled; Rescheduled; Not Covered"
	resultDetails      = "Sold; Price; Thinking About It; Getting Other Bids; Financing Declined; One Legger; " +
		"Not Interested; No One Home; Customer Canceled"
)

// Improveit360 returns the main objects of the improveit 360 package, classic
// namespace i360__: Prospect, Appointment, Staff, Sale, Project and Lead
// Source. An org of real life has more fields and its own picklist values; load
// its describe results on top for them.
func Improveit360() Schema {
	return Schema{
		{
			Name: "i360__Staff__c", Label: "Staff", LabelPlural: "Staff",
			Fields: []Field{
				ref("i360__User__c", "User", "User", "i360__User__r", "i360__Staff__r"),
				email("i360__Email__c", "Email"),
				phone("i360__Phone__c", "Phone"),
				check("i360__Inactive__c", "Inactive"),
			},
		},
		{
			Name: "i360__Lead_Source__c", Label: "Lead Source",
			Fields: []Field{
				ref("i360__Prospect__c", "Prospect", "i360__Prospect__c", "i360__Prospect__r", "i360__Lead_Sources__r"),
				day("i360__Taken_On__c", "Taken On"),
				text("i360__Source_Name__c", "Source Name", 80),
				text("i360__Source_Type__c", "Source Type", 80),
			},
		},
		{
			Name: "i360__Prospect__c", Label: "Prospect",
			Fields: slices.Concat([]Field{
				text("i360__Primary_First_Name__c", "Primary First Name", 40),
				text("i360__Primary_Last_Name__c", "Primary Last Name", 80),
				email("i360__Primary_Email__c", "Primary Email"),
				text("i360__Secondary_First_Name__c", "Secondary First Name", 40),
				text("i360__Secondary_Last_Name__c", "Secondary Last Name", 80),
				text("i360__Correspondence_Name__c", "Correspondence Name", 255),
			}, times(3, func(n int) []Field {
				return []Field{
					phone(fmt.Sprintf("i360__Phone_%d__c", n), fmt.Sprintf("Phone %d", n)),
					pick(fmt.Sprintf("i360__Phone_%d_Type__c", n), fmt.Sprintf("Phone %d Type", n), "Home; Mobile; Work; Other"),
				}
			}), []Field{
				text("i360__Home_Address__c", "Home Address", 255),
				text("i360__Home_City__c", "Home City", 80),
				text("i360__Home_State__c", "Home State", 80),
				text("i360__Home_Zip_Postal_Code__c", "Home Zip/Postal Code", 20),
				number("i360__Latitude__c", "Latitude", 8),
				number("i360__Longitude__c", "Longitude", 8),
				area("i360__Comments__c", "Comments", 32768),
				money("i360__Home_Value__c", "Home Value"),
				text("i360__Not_Qualified_Reason__c", "Not Qualified Reason", 255),
				text("i360__Year_Home_Purchased__c", "Year Home Purchased", 4),
			}),
		},
		{
			Name: "i360__Appointment__c", Label: "Appointment",
			Fields: slices.Concat([]Field{
				ref("i360__Prospect__c", "Prospect", "i360__Prospect__c", "i360__Prospect__r", "i360__Appointments__r"),
				text("i360__Prospect_Id__c", "Prospect Id", 18),
				ref("i360__Lead_Source__c", "Lead Source", "i360__Lead_Source__c", "i360__Lead_Source__r", "i360__Appointments__r"),
				text("i360__Lead_Source_Id__c", "Lead Source Id", 18),
				text("i360__Source__c", "Source", 255),
				text("i360__Source_Type__c", "Source Type", 255),

				text("i360__Address__c", "Address", 255),
				text("i360__City__c", "City", 80),
				text("i360__County__c", "County", 80),
				text("i360__State__c", "State", 80),
				text("i360__Zip__c", "Zip", 20),
				number("i360__Latitude__c", "Latitude", 8),
				number("i360__Longitude__c", "Longitude", 8),
				text("i360__Geocode_Source__c", "Geocode Source", 80),

				day("i360__Start__c", "Start"),
				text("i360__Start_Time__c", "Start Time", 10),
				text("i360__End__c", "End", 10),
				day("i360__End_Date__c", "End Date"),
				number("i360__Duration__c", "Duration", 2),
				text("i360__Time_Block__c", "Time Block", 80),
				moment("i360__Computed_Start_DateTime__c", "Computed Start DateTime"),
				moment("i360__Computed_End_DateTime__c", "Computed End DateTime"),

				ref("i360__Sales_Rep_1__c", "Sales Rep 1", "i360__Staff__c", "i360__Sales_Rep_1__r", "i360__Appointments__r"),
				ref("i360__Sales_Rep_2__c", "Sales Rep 2", "i360__Staff__c", "i360__Sales_Rep_2__r", "i360__Appointments_2__r"),
				ref("i360__Appt_Set_By__c", "Appt Set By", "i360__Staff__c", "i360__Appt_Set_By__r", ""),
				day("i360__Appt_Set_On__c", "Appt Set On"),
				ref("i360__Issued_By__c", "Issued By", "i360__Staff__c", "i360__Issued_By__r", ""),
				day("i360__Issued_On__c", "Issued On"),
				check("i360__Confirmed__c", "Confirmed"),
				ref("i360__Confirmed_By__c", "Confirmed By", "i360__Staff__c", "i360__Confirmed_By__r", ""),
				day("i360__Confirmed_On__c", "Confirmed On"),
				text("i360__Talked_To__c", "Talked To", 80),

				area("i360__Comments__c", "Comments", 32768),
				text("i360__Interests_Summary__c", "Interests Summary", 255),
				text("i360__Components__c", "Components", 255),
				text("i360__Type__c", "Type", 80),
				text("i360__Status__c", "Status", 80),
				text("i360__Year_Home_Built__c", "Year Home Built", 4),
				email("i360__Email_Address__c", "Email Address"),
				text("i360__Market_Segment2__c", "Market Segment", 80),
				text("i360__Vendor__c", "Vendor", 80),

				pick("i360__Result__c", "Result", appointmentResults, restricted),
				pick("i360__Result_Detail__c", "Result Detail", resultDetails, restricted),
				money("i360__Quoted_Amount__c", "Quoted Amount"),
				check("i360__Multi_Component_Sale__c", "Multi Component Sale"),
				check("i360__Disregard_In_Statistics__c", "Disregard In Statistics"),
				number("i360__Revision_Number__c", "Revision Number", 0),
				text("i360__Pending_Action__c", "Pending Action", 255),

				text("i360__External_System_Id__c", "External System Id", 255, externalID),
				text("i360__Legacy_ID__c", "Legacy ID", 255, externalID),
				text("i360__Data_Migration_ID__c", "Data Migration ID", 255, externalID),
				ref("i360__Previous_Appointment__c", "Previous Appointment", "i360__Appointment__c", "i360__Previous_Appointment__r", ""),
				text("i360__Google_Calendar_Event_ID__c", "Google Calendar Event ID", 255),
				text("i360__Calendar_Custom_Text__c", "Calendar Custom Text", 255),
				check("i360__Renovate_Right_Pamphlet_Given__c", "Renovate Right Pamphlet Given"),
				check("i360__Send_Email_On_Setup__c", "Send Email On Setup"),
			}, times(3, func(n int) []Field {
				return []Field{
					percent(fmt.Sprintf("i360__Rep_Split_%d__c", n), fmt.Sprintf("Rep Split %d", n), 2),
					text(fmt.Sprintf("i360__Components_%d__c", n), fmt.Sprintf("Components %d", n), 255),
					pick(fmt.Sprintf("i360__Result_%d__c", n), fmt.Sprintf("Result %d", n), appointmentResults),
					pick(fmt.Sprintf("i360__Result_Detail_%d__c", n), fmt.Sprintf("Result Detail %d", n), resultDetails),
					money(fmt.Sprintf("i360__Price_Given_%d__c", n), fmt.Sprintf("Price Given %d", n)),
				}
			})),
		},
		{
			Name: "i360__Sale__c", Label: "Sale",
			Fields: []Field{
				ref("i360__Prospect__c", "Prospect", "i360__Prospect__c", "i360__Prospect__r", "i360__Sales__r"),
				ref("i360__Appointment__c", "Appointment", "i360__Appointment__c", "i360__Appointment__r", "i360__Sales__r"),
				day("i360__Sold_On__c", "Sold On"),
				money("i360__Sold_Price__c", "Sold Price"),
				day("i360__Canceled_Date__c", "Canceled Date"),
			},
		},
		{
			Name: "i360__Project__c", Label: "Project",
			Fields: []Field{
				ref("i360__Sale__c", "Sale", "i360__Sale__c", "i360__Sale__r", "i360__Projects__r"),
				ref("i360__Prospect__c", "Prospect", "i360__Prospect__c", "i360__Prospect__r", "i360__Projects__r"),
				text("i360__Project_Number__c", "Project Number", 30),
				text("i360__Customer_Name__c", "Customer Name", 255),
				text("i360__Status__c", "Status", 80),
				text("i360__Job_Type__c", "Job Type", 80),
				text("i360__Job_Type_formatted__c", "Job Type", 255),
				day("i360__Completed_On__c", "Completed On"),
				text("i360__Appointment_Address__c", "Appointment Address", 255),
				text("i360__Appointment_City__c", "Appointment City", 80),
				text("i360__Appointment_State__c", "Appointment State", 80),
				text("i360__Appointment_Zip__c", "Appointment Zip", 20),
				number("i360__Appointment_Latitude__c", "Appointment Latitude", 8),
				number("i360__Appointment_Longitude__c", "Appointment Longitude", 8),
				text("i360__Market_Segment__c", "Market Segment", 80),
				ref("i360__Sale_Rep__c", "Sale Rep", "i360__Staff__c", "i360__Sale_Rep__r", "i360__Projects__r"),
			},
		},
	}
}

// times joins the fields that exist once for each number from 1 to n.
func times(n int, fields func(int) []Field) []Field {
	var all []Field
	for i := 1; i <= n; i++ {
		all = append(all, fields(i)...)
	}
	return all
}
