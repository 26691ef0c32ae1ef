// Package salesforcetest is a Salesforce org in memory.
package salesforcetest
