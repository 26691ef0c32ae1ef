package salesforcetest

// allowance is one of the org's limits.
type allowance struct {
	name         string
	max          int
	since, until int // the versions that tell of it; until 0 is up to now
}

// allowances are what a Developer Edition has, as far as nothing else is said.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
var allowances = []allowance{
	{name: "ActiveScratchOrgs", max: 3},
	{name: "AnalyticsExternalDataSizeMB", max: 40960},
	{name: "ConcurrentAsyncGetReportInstances", max: 200},
	{name: "ConcurrentEinsteinDataInsightsStoryCreation", max: 5},
	{name: "ConcurrentEinsteinDiscoveryStoryCreation", max: 2},
	{name: "ConcurrentSyncReportRuns", max: 20},
	{name: "ContentDistBandwidthLimitMB", max: 10240},
	{name: "ContentDistViewLimit", max: 50000},
	{name: "ContentPublicationLimit", max: 200000},
	{name: "DailyAnalyticsDataflowJobExecutions", max: 60},
	{name: "DailyAnalyticsUploadedFilesSizeMB", max: 51200},
	{name: "DailyAsyncApexExecutions", max: 250000},
	{name: "DailyAsyncApexTests", max: 500, since: 56},
	{name: "DailyBulkApiBatches", max: dailyBatches, since: 49},
	{name: "DailyBulkApiRequests", max: dailyBatches, until: 48},
	{name: "DailyBulkV2QueryFileStorageMB", max: 976562, since: 47},
	{name: "DailyBulkV2QueryJobs", max: dailyQueryJobs, since: 47},
	{name: "DailyDeliveredPlatformEvents", max: 10000},
	{name: "DailyDurableGenericStreamingApiEvents", max: 10000, since: 37},
	{name: "DailyDurableStreamingApiEvents", max: 10000, since: 37},
	{name: "DailyEinsteinDataInsightsStoryCreation", max: 1000},
	{name: "DailyEinsteinDiscoveryOptimizationJobRuns", max: 25},
	{name: "DailyEinsteinDiscoveryPredictAPICalls", max: 50000},
	{name: "DailyEinsteinDiscoveryPredictionsByCDC", max: 500000},
	{name: "DailyEinsteinDiscoveryStoryCreation", max: 100},
	{name: "DailyFunctionsApiCallLimit", max: 235000, since: 53},
	{name: "DailyGenericStreamingApiEvents", max: 10000},
	{name: "DailyMetadataRetrievesWithDependencies", max: 100, since: 64},
	{name: "DailyScratchOrgs", max: 6},
	{name: "DailyStandardVolumePlatformEvents", max: 10000},
	{name: "DailyStreamingApiEvents", max: 10000},
	{name: "DailyWorkflowEmails", max: 100000},
	{name: "DataStorageMB", max: 1024},
	{name: "DurableStreamingApiConcurrentClients", max: 20, since: 37},
	{name: "ExternalServicesActiveObjects", max: 1000},
	{name: "ExternalServicesActiveOperations", max: 300},
	{name: "ExternalServicesObjectProperties", max: 10000},
	{name: "ExternalServicesObjects", max: 2000},
	{name: "ExternalServicesOperations", max: 1200},
	{name: "ExternalServicesRegistrations", max: 150},
	{name: "FileStorageMB", max: 10240},
	{name: "HourlyAsyncReportRuns", max: 1200},
	{name: "HourlyDashboardRefreshes", max: 200},
	{name: "HourlyDashboardResults", max: 5000},
	{name: "HourlyDashboardStatuses", max: 999999999},
	{name: "HourlyLongTermIdMapping", max: 100000},
	{name: "HourlyODataCallout", max: 1000},
	{name: "HourlyPublishedPlatformEvents", max: 50000},
	{name: "HourlyPublishedStandardVolumePlatformEvents", max: 1000},
	{name: "HourlyShortTermIdMapping", max: 100000},
	{name: "HourlySyncReportRuns", max: 500},
	{name: "HourlyTimeBasedWorkflow", max: 50},
	{name: "MassEmail", max: 10},
	{name: "MaxContentDocumentsLimit", max: 30000000},
	{name: "MonthlyEinsteinDiscoveryStoryCreation", max: 500},
	{name: "MonthlyPlatformEvents", max: 0, until: 47},
	{name: "MonthlyPlatformEventsUsageEntitlement", max: 0, since: 48},
	{name: "Package2VersionCreates", max: 6},
	{name: "Package2VersionCreatesWithoutValidation", max: 500},
	{name: "PlatformEventTriggersWithParallelProcessing", max: 5},
	{name: "PrivateConnectOutboundCalloutHourlyLimitMB", max: 0},
	{name: "ScheduledFlowRunLimit", max: 250000},
	{name: "ScheduledPathRunLimit", max: 250000},
	{name: "SingleEmail", max: 15},
	{name: "StreamingApiConcurrentClients", max: 20},
}

// limit is what the client gets of an allowance.
type limit struct{ Max, Remaining int }

// limits answers what is left of the org's allowances.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
func (c *call) limits() error {
	return c.reply(func() (any, error) {
		list := map[string]any{"PermissionSets": struct {
			limit
			CreateCustom limit
		}{limit{1500, 1500}, limit{1000, 1000}}}
		used := c.org.used()
		for _, a := range allowances {
			if c.version >= a.since && (a.until == 0 || c.version <= a.until) {
				list[a.name] = limit{a.max, a.max - used[a.name]}
			}
		}
		_, calls := c.org.usage.count(0, c.org.opt.APILimit, c.org.Now())
		list["DailyApiRequests"] = limit{c.org.opt.APILimit, c.org.opt.APILimit - calls}
		return list, nil
	})
}

// Sizes by which storage is counted, in bytes: a record counts the same,
// whatever it holds.
// https://help.salesforce.com/s/articleView?id=xcloud.admin_monitorresources.htm
const (
	recordSize = 2 << 10
	megabyte   = 1 << 20
)

// used tells how much of the org's allowances is gone, as far as it is counted.
// The caller reads.
func (o *Org) used() map[string]int {
	batches, queries := o.jobs.left(o.Now())
	used := map[string]int{
		"DailyBulkApiBatches":  dailyBatches - batches,
		"DailyBulkApiRequests": dailyBatches - batches,
		"DailyBulkV2QueryJobs": dailyQueryJobs - queries,
	}
	var files int64
	records := 0
	for _, ob := range o.objects {
		if ob.parent {
			records += len(ob.rows)
		}
		for _, f := range ob.fields {
			if f.typ.kind == kindBlob && ob.Name != "ContentNote" { // whose content is that of its file
				files += ob.contentSize(f)
			}
		}
	}
	used["DataStorageMB"] = records * recordSize / megabyte
	used["FileStorageMB"] = int(files / megabyte)
	return used
}

// contentSize is the size of all content of a binary field, in bytes.
func (ob *object) contentSize(f *field) (size int64) {
	for _, w := range ob.rows {
		if w.seen == nil {
			continue
		}
		if b, ok := w.seen.get(f).(*blob); ok {
			size += b.size
		}
	}
	return size
}
