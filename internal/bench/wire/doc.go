// Package wire is the org that the clients are measured against: answers as
// Salesforce writes them, rendered beforehand and served from memory, so that
// the server costs as little as a server can.
package wire
