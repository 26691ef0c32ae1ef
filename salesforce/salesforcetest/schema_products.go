package salesforcetest

var productObjects = Schema{
	{
		Name: "Product2", Label: "Product", KeyPrefix: "01t", parent: true,
		Fields: []Field{
			text("Name", "Product Name", 255, required, nameField, idLookup),
			text("ProductCode", "Product Code", 255),
			area("Description", "Product Description", 4000),
			check("IsActive", "Active"),
			pick("Family", "Product Family", "None"),
			text("StockKeepingUnit", "Product SKU", 180),
			text("QuantityUnitOfMeasure", "Quantity Unit Of Measure", 40),
			link("DisplayUrl", "Display URL", func(f *Field) { f.Length = 1000 }),
			text("ExternalId", "External ID", 255),
		},
	},
	{
		Name: "Pricebook2", Label: "Price Book", KeyPrefix: "01s",
		Fields: []Field{
			text("Name", "Price Book Name", 255, required, nameField, idLookup),
			check("IsActive", "Active"),
			check("IsStandard", "Is Standard Price Book", readOnly),
			text("Description", "Description", 255),
		},
	},
	{
		Name: "PricebookEntry", Label: "Price Book Entry", LabelPlural: "Price Book Entries", KeyPrefix: "01u",
		Fields: []Field{
			text("Name", "Product Name", 255, readOnly, defaulted, nameField),
			ref("Pricebook2Id", "Price Book ID", "Pricebook2", "Pricebook2", "PricebookEntries", required, createOnly, cascade),
			ref("Product2Id", "Product ID", "Product2", "Product2", "PricebookEntries", required, createOnly, cascade),
			money("UnitPrice", "List Price", required),
			check("IsActive", "Active"),
			check("UseStandardPrice", "Use Standard Price"),
			text("ProductCode", "Product Code", 255, readOnly),
		},
	},
	{
		Name: "OpportunityLineItem", Label: "Opportunity Product", KeyPrefix: "00k",
		Fields: []Field{
			ref("OpportunityId", "Opportunity ID", "Opportunity", "Opportunity", "OpportunityLineItems",
				required, createOnly, cascade),
			integer("SortOrder", "Sort Order", readOnly),
			ref("PricebookEntryId", "Price Book Entry ID", "PricebookEntry", "PricebookEntry", "OpportunityLineItems", createOnly),
			ref("Product2Id", "Product ID", "Product2", "Product2", "OpportunityLineItems", createOnly),
			text("ProductCode", "Product Code", 255, readOnly),
			text("Name", "Opportunity Product Name", 376, readOnly, nameField),
			number("Quantity", "Quantity", 2, required),
			money("TotalPrice", "Total Price"),
			money("UnitPrice", "Sales Price"),
			money("ListPrice", "List Price", readOnly),
			percent("Discount", "Discount", 2),
			day("ServiceDate", "Date"),
			text("Description", "Line Description", 255),
		},
	},
}
