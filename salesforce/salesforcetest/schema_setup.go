package salesforcetest

import "slices"

// standardObjects are the objects of every org. Set-up data comes first, so
// that what refers to it is loaded after it.
var standardObjects = slices.Concat(setupObjects, salesObjects, activityObjects, fileObjects, productObjects)

var setupObjects = Schema{
	{
		Name: "Organization", Label: "Organization", KeyPrefix: "00D", NoCreate: true, NoDelete: true, setup: true,
		Fields: slices.Concat([]Field{
			text("Name", "Name", 80, required, nameField),
			text("Division", "Division", 80),
		}, postal(""), []Field{
			phone("Phone", "Phone"),
			phone("Fax", "Fax"),
			text("PrimaryContact", "Primary Contact", 80),
			text("DefaultLocaleSidKey", "Locale", 40, def("en_US")),
			text("TimeZoneSidKey", "Time Zone", 40, def("GMT")),
			text("LanguageLocaleKey", "Language", 40, def("en_US")),
			integer("FiscalYearStartMonth", "Fiscal Year Starts In", def(1), readOnly),
			check("UsesStartDateAsFiscalYearName", "Fiscal Year Name by Start", readOnly),
			text("OrganizationType", "Edition", 40, def("Developer Edition"), readOnly),
			text("InstanceName", "Instance Name", 5, def("XX1"), readOnly),
			check("IsSandbox", "Is Sandbox", readOnly),
			text("NamespacePrefix", "Namespace Prefix", 15, readOnly),
			text("TrialExpirationDate", "Trial Expiration Date", 40, readOnly),
		}),
	},
	{
		Name: "Profile", Label: "Profile", KeyPrefix: "00e", NoCreate: true, NoDelete: true, setup: true,
		Fields: []Field{
			text("Name", "Name", 255, required, nameField, unique),
			text("UserType", "User Type", 40, def("Standard")),
			text("Description", "Description", 255),
			check("PermissionsViewAllData", "View All Data"),
			check("PermissionsModifyAllData", "Modify All Data"),
		},
	},
	{
		Name: "UserRole", Label: "Role", KeyPrefix: "00E", setup: true,
		Fields: []Field{
			text("Name", "Name", 80, required, nameField),
			ref("ParentRoleId", "Parent Role ID", "UserRole", "ParentRole", ""),
			text("DeveloperName", "Developer Name", 80, defaulted),
			text("RollupDescription", "Description", 80),
		},
	},
	{
		Name: "User", Label: "User", LabelPlural: "Users", KeyPrefix: "005", NoDelete: true, setup: true,
		Fields: slices.Concat([]Field{
			text("Username", "Username", 80, required, unique),
			text("LastName", "Last Name", 80, required, partOf("Name")),
			text("FirstName", "First Name", 40, partOf("Name")),
			text("Name", "Full Name", 121, readOnly, defaulted, nameField),
			text("CompanyName", "Company Name", 80),
			text("Division", "Division", 80),
			text("Department", "Department", 80),
			text("Title", "Title", 80),
		}, postal(""), []Field{
			email("Email", "Email", required, idLookup),
			phone("Phone", "Phone"),
			phone("Fax", "Fax"),
			phone("MobilePhone", "Mobile"),
			text("Alias", "Alias", 8, required),
			text("CommunityNickname", "Nickname", 40, defaulted),
			check("IsActive", "Active", def(true)),
			text("TimeZoneSidKey", "Time Zone", 40, required),
			text("LocaleSidKey", "Locale", 40, required),
			text("EmailEncodingKey", "Email Encoding", 40, required),
			text("LanguageLocaleKey", "Language", 40, required),
			ref("ProfileId", "Profile ID", "Profile", "Profile", "Users", required),
			ref("UserRoleId", "Role ID", "UserRole", "UserRole", "Users"),
			pick("UserType", "User Type", "Standard*; PowerPartner; CSPLitePortal; Guest", readOnly),
			text("EmployeeNumber", "Employee Number", 20),
			text("FederationIdentifier", "SAML Federation ID", 512, unique),
			ref("ManagerId", "Manager ID", "User", "Manager", "ManagedUsers"),
			moment("LastLoginDate", "Last Login", readOnly),
		}),
	},
	{
		Name: "Group", Label: "Group", KeyPrefix: "00G", setup: true,
		Fields: []Field{
			text("Name", "Name", 40, required, nameField),
			text("DeveloperName", "Developer Name", 80, defaulted),
			pick("Type", "Type", "Regular*; Queue; Role; RoleAndSubordinates; Organization", restricted, createOnly),
			email("Email", "Email"),
			check("DoesSendEmailToMembers", "Send Email to Members"),
			check("DoesIncludeBosses", "Include Bosses", def(true)),
		},
	},
	{
		Name: "GroupMember", Label: "Group Member", KeyPrefix: "011", setup: true,
		Fields: []Field{
			ref("GroupId", "Group ID", "Group", "Group", "GroupMembers", required, createOnly, cascade),
			ref("UserOrGroupId", "User/Group ID", "Group,User", "UserOrGroup", "", required, createOnly),
		},
	},
	{
		Name: "QueueSobject", Label: "Queue Sobject", KeyPrefix: "03g", NoUpdate: true, setup: true,
		Fields: []Field{
			ref("QueueId", "Queue ID", "Group", "Queue", "QueueSobjects", required, createOnly, cascade),
			text("SobjectType", "Sobject Type", 40, required),
		},
	},
	{
		Name: "RecordType", Label: "Record Type", KeyPrefix: "012", NoDelete: true, setup: true,
		Fields: []Field{
			text("Name", "Name", 80, required, nameField, idLookup),
			text("DeveloperName", "Record Type Name", 80, required),
			text("SobjectType", "SObject Type Name", 40, required),
			text("Description", "Description", 255),
			check("IsActive", "Active", def(true)),
		},
	},
	{
		Name: "OpportunityStage", Label: "Opportunity Stage", KeyPrefix: "01J",
		NoCreate: true, NoUpdate: true, NoDelete: true, setup: true,
		Fields: []Field{
			text("MasterLabel", "Master Label", 255, required, nameField),
			text("ApiName", "API Name", 255, defaulted),
			check("IsActive", "Active", def(true)),
			integer("SortOrder", "Sort Order"),
			check("IsClosed", "Closed"),
			check("IsWon", "Won"),
			pick("ForecastCategory", "Forecast Category", "Omitted; Pipeline*; BestCase; Forecast; Closed", restricted),
			text("ForecastCategoryName", "Forecast Category Name", 40, def("Pipeline")),
			percent("DefaultProbability", "Probability (%)", 0),
			text("Description", "Description", 255),
		},
	},
}

// stage is one of the ten stages that an org starts with.
type stage struct {
	name            string
	probability     int
	forecast        string
	forecastName    string
	isClosed, isWon bool
}

var standardStages = []stage{
	{"Prospecting", 10, "Pipeline", "Pipeline", false, false},
	{"Qualification", 10, "Pipeline", "Pipeline", false, false},
	{"Needs Analysis", 20, "Pipeline", "Pipeline", false, false},
	{"Value Proposition", 50, "Pipeline", "Pipeline", false, false},
	{"Id. Decision Makers", 60, "Pipeline", "Pipeline", false, false},
	{"Perception Analysis", 70, "Pipeline", "Pipeline", false, false},
	{"Proposal/Price Quote", 75, "Pipeline", "Pipeline", false, false},
	{"Negotiation/Review", 90, "Pipeline", "Pipeline", false, false},
	{"Closed Won", 100, "Closed", "Closed", true, true},
	{"Closed Lost", 0, "Omitted", "Omitted", true, false},
}
